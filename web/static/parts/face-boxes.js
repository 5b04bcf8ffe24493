/** A photograph with its faces: boxes that stay where the faces are, whatever the size, zoom or orientation. */

import { fill, h, iconButton, setAttribute } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { cutCrop } from "./crops.js";

const MAX_ZOOM = 8;
/** So many tags would cover each other; those of people who are named stay. */
const CROWD = 12;

/**
 * @typedef {object} BoxedFace
 * @property {Box} box in pixels of the upright photograph
 * @property {string} text what stands at the box: "maybe Ann?"
 * @property {string} label what is read out: "second from left: Ann, match"
 * @property {"match" | "review" | "unknown" | "unusable"} kind
 */

/**
 * Show a photograph in `place`; one that the browser cannot show as the service shows it. Raises what `preview` raises.
 *
 * @param {HTMLElement} place
 * @param {{ src: string, alt: string, preview: () => Promise<import("../core/http.js").Picture>, onselect?: (index: number) => void }} options
 */
export async function showBoxes(place, { preview, ...options }) {
  const boxes = faceBoxes(options);
  fill(place, boxes.element);
  if (await boxes.loaded.then(() => true, () => false)) return boxes;
  const { blob, ...size } = await preview();
  const src = URL.createObjectURL(blob);
  const shown = faceBoxes({ ...options, src, size });
  fill(place, shown.element);
  await shown.loaded.finally(() => URL.revokeObjectURL(src));
  return shown;
}

/**
 * Show a photograph. Boxes are placed in percent of the picture, so that only the browser scales them.
 *
 * @param {object} options
 * @param {string} options.src
 * @param {string} options.alt
 * @param {{ width: number, height: number }} [options.size] of the photograph, if the picture is a smaller one
 * @param {(index: number) => void} [options.onselect] of a face, by its place in `setFaces`
 */
export function faceBoxes({ src, alt, size, onselect }) {
  const image = h("img", { class: "boxes-picture", src, alt, draggable: "false" });
  const layer = h("ul", { class: "boxes-layer" });
  const sheet = h("div", { class: "boxes-sheet" }, image, layer);
  const scroller = h("div", { class: "boxes-scroller", role: "group", "aria-label": alt }, sheet);
  const tools = h(
    "div",
    { class: "boxes-tools" },
    iconButton("minus", t("boxes.smaller"), { onclick: () => setZoom(zoom / 1.5) }),
    iconButton("plus", t("boxes.larger"), { onclick: () => setZoom(zoom * 1.5) }),
  );
  const element = h("figure", { class: "boxes" }, scroller, tools);
  const loaded = image.decode().then(() => {
    sheet.style.setProperty("--ratio", String(image.naturalWidth / image.naturalHeight));
    element.classList.add("is-loaded");
  });
  let zoom = 1;
  /** @type {HTMLButtonElement[]} */
  let buttons = [];
  scroller.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return; // of a mouse with Ctrl, and of two fingers
    event.preventDefault();
    setZoom(zoom * Math.exp(-event.deltaY / 200), event);
  });
  scroller.addEventListener("pointerdown", drag);

  return { element, image, loaded, setFaces, select, setZoom, cut };

  /** @param {BoxedFace[]} faces */
  function setFaces(faces) {
    const { width, height } = size ?? { width: image.naturalWidth, height: image.naturalHeight };
    layer.classList.toggle("is-crowd", faces.length > CROWD);
    buttons = faces.map((face, index) => faceButton(face, index, width, height));
    fill(layer, buttons.map((each) => h("li", {}, each)));
  }

  /** A face, once the picture is loaded. @param {Box} box @param {Parameters<typeof cutCrop>[2]} [options] */
  function cut(box, options) {
    const scale = size ? image.naturalWidth / size.width : 1;
    return cutCrop(image, /** @type {Box} */ (box.map((each) => each * scale)), options);
  }

  /** @param {BoxedFace} face @param {number} index @param {number} width @param {number} height */
  function faceButton({ box: [left, top, right, bottom], text, label, kind }, index, width, height) {
    const place = {
      left: `${(100 * left) / width}%`,
      top: `${(100 * top) / height}%`,
      width: `${(100 * (right - left)) / width}%`,
      height: `${(100 * (bottom - top)) / height}%`,
    };
    const tag = h("span", { class: `face-tag ${top / height < 0.08 ? "below" : ""} ${left / width > 0.7 ? "end" : ""}` }, text);
    return h(
      "button",
      { type: "button", class: `face-box ${kind}`, style: place, "aria-label": label, "aria-pressed": "false", onclick: () => onselect?.(index) },
      tag,
    );
  }

  /** Mark a face as the one that is spoken of. @param {number | null} index */
  function select(index) {
    for (const [each, control] of buttons.entries()) setAttribute(control, "aria-pressed", String(each === index));
    if (index !== null && zoom > 1) buttons[index]?.scrollIntoView({ block: "center", inline: "center" });
  }

  /** Enlarge around a point, or the middle. @param {number} wanted @param {{ clientX: number, clientY: number }} [around] */
  function setZoom(wanted, around) {
    const before = sheet.getBoundingClientRect();
    const view = scroller.getBoundingClientRect();
    const x = around?.clientX ?? view.left + view.width / 2;
    const y = around?.clientY ?? view.top + view.height / 2;
    const [across, down] = [(x - before.left) / before.width, (y - before.top) / before.height];
    zoom = Math.min(MAX_ZOOM, Math.max(1, wanted));
    sheet.style.setProperty("--zoom", String(zoom));
    element.classList.toggle("is-zoomed", zoom > 1);
    const after = sheet.getBoundingClientRect();
    scroller.scrollLeft += after.left + across * after.width - x;
    scroller.scrollTop += after.top + down * after.height - y;
  }

  /** @param {PointerEvent} start */
  function drag(start) {
    if (zoom === 1 || start.pointerType === "touch" || (start.target instanceof Element && start.target.closest("button"))) return;
    start.preventDefault();
    const { scrollLeft, scrollTop } = scroller;
    const ending = new AbortController();
    const move = (/** @type {PointerEvent} */ event) => {
      scroller.scrollLeft = scrollLeft - (event.clientX - start.clientX);
      scroller.scrollTop = scrollTop - (event.clientY - start.clientY);
    };
    addEventListener("pointermove", move, ending);
    addEventListener("pointerup", () => ending.abort(), ending);
  }
}
