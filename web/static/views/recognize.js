/** Photographs in, names out: who is on them, and what to do where the answer is wrong. */

import { detect, preview, recognize } from "../core/api.js";
import { on } from "../core/bus.js";
import { button, fill, h, icon, setAttribute } from "../core/dom.js";
import { fromLeft, t } from "../core/i18n.js";
import { nameOfPerson, personOf } from "../core/people.js";
import { nameOf } from "../core/router.js";
import { can } from "../core/session.js";
import { announce, isCancelled, sentence } from "../core/toast.js";
import { cameraFault, takePhotograph } from "../parts/camera.js";
import { dropZone } from "../parts/drop-zone.js";
import { faceBoxes } from "../parts/face-boxes.js";
import { facePanel } from "../parts/face-panel.js";
import { progressLine } from "../parts/progress.js";
import { limitsOf } from "../parts/quality.js";

const MAX_AT_ONCE = 2;

/**
 * @typedef {object} Face
 * @property {RecognizedFace} found
 * @property {"match" | "review" | "unknown" | "unusable"} kind
 * @property {string | null} person
 * @property {string} name
 * @property {string} position
 *
 * @typedef {object} Photograph
 * @property {File} file
 * @property {AbortController} ending
 * @property {Recognition | null} answer
 * @property {Face[]} faces from left to right
 * @property {number | null} selected
 * @property {Promise<Detection> | null} detection
 * @property {HTMLElement} stage
 * @property {HTMLElement} panel
 * @property {HTMLButtonElement} thumb
 * @property {ReturnType<typeof faceBoxes> | null} boxes
 * @property {string[]} urls
 */

/** @type {ViewModule["view"]} */
export function view({ directory }) {
  /** @type {Photograph[]} */
  const photographs = [];
  /** @type {Photograph | null} */
  let current = null;
  let running = 0;
  /** @type {Photograph[]} */
  const waiting = [];

  const camera = button(t("recognize.camera"), { icon: "camera", onclick: () => void useCamera() });
  const zone = dropZone({ take, text: t("recognize.drop"), actions: [camera] });
  const fault = cameraFault();
  const strip = h("div", { class: "photo-strip", role: "group", "aria-label": t("recognize.photographs"), hidden: true });
  const stage = h("div", { class: "photo-stage" });
  const side = h("div", { class: "photo-side" });
  const work = h("div", { class: "photo-work", hidden: true }, stage, side);
  const clear = button(t("recognize.clear"), { kind: "quiet", hidden: true, onclick: empty });
  const element = h(
    "div",
    { class: "recognize" },
    h("div", { class: "view-head" }, h("div", { class: "stack" }, h("h1", {}, nameOf("recognize")), h("p", { class: "soft" }, t("recognize.lead"))), clear),
    zone.element,
    fault && h("p", { class: "soft small recognize-hint" }, fault),
    strip,
    work,
  );
  const unlisten = [on("person-changed", rename), on("person-gone", rename)];
  return { element, title: nameOf("recognize"), dispose };

  /** @param {File[]} files */
  function take(files) {
    const added = files.map(open);
    photographs.push(...added);
    waiting.push(...added);
    show(added[0]);
    next();
  }

  async function useCamera() {
    const file = await takePhotograph(t("recognize.camera"));
    if (file) take([file]);
  }

  /** @param {File} file @returns {Photograph} */
  function open(file) {
    const thumb = h("button", { type: "button", class: "photo-thumb", title: file.name, "aria-label": file.name, onclick: () => show(photograph) });
    /** @type {Photograph} */
    const photograph = { file, ending: new AbortController(), answer: null, faces: [], selected: null, detection: null, stage: h("div"), panel: h("div", { class: "stack" }), thumb, boxes: null, urls: [] };
    openPicture(photograph, file);
    return photograph;
  }

  /** @param {Photograph} photograph @param {Blob} content @param {{ width: number, height: number }} [size] of a preview's photograph */
  function openPicture(photograph, content, size) {
    const src = URL.createObjectURL(content);
    photograph.urls.push(src);
    const boxes = faceBoxes({ src, alt: t("recognize.picture", { name: photograph.file.name }), size, onselect: (index) => select(photograph, index) });
    photograph.boxes = boxes;
    fill(photograph.stage, boxes.element);
    boxes.loaded.then(
      () => {
        fill(photograph.thumb, h("img", { src, alt: "" }));
        draw(photograph);
      },
      () => (size ? unshowable(photograph) : openPreview(photograph)),
    );
  }

  /** HEIC and TIFF: the service makes a picture of it. @param {Photograph} photograph */
  async function openPreview(photograph) {
    try {
      const { blob, ...size } = await preview(photograph.file);
      openPicture(photograph, blob, size);
    } catch {
      unshowable(photograph); // recognition says why
    }
  }

  /** @param {Photograph} photograph */
  function unshowable({ stage, thumb, file }) {
    fill(stage, h("div", { class: "photo-blank" }, icon("image"), h("p", {}, file.name), h("p", { class: "soft small" }, t("recognize.unshowable"))));
    fill(thumb, icon("image"));
  }

  function next() {
    while (running < MAX_AT_ONCE && waiting.length) {
      running += 1;
      void run(/** @type {Photograph} */ (waiting.shift())).finally(() => {
        running -= 1;
        next();
      });
    }
  }

  /** @param {Photograph} photograph */
  async function run(photograph) {
    const line = progressLine(t("recognize.running"), { cancel: () => photograph.ending.abort() });
    fill(photograph.panel, line.element);
    try {
      const answer = await recognize(photograph.file, { directory, signal: photograph.ending.signal, onProgress: (share) => line.progress(share < 1 ? share : null) });
      photograph.answer = answer;
      photograph.faces = facesOf(answer);
      draw(photograph);
      if (photograph === current) announceFaces(photograph);
      await Promise.all(photograph.faces.map(nameFace));
      draw(photograph);
    } catch (error) {
      refused(photograph, error);
    }
  }

  /** @param {Photograph} photograph @param {unknown} error */
  function refused(photograph, error) {
    const again = () => {
      photograph.ending = new AbortController();
      waiting.push(photograph);
      next();
    };
    const text = isCancelled(error) ? t("recognize.cancelled") : sentence(error);
    photograph.thumb.classList.add("is-refused");
    fill(photograph.panel, h("div", { class: "note bad", role: "alert" }, icon("alert"), h("p", {}, text)), button(t("retry"), { onclick: again }));
  }

  /** @param {Face} face */
  async function nameFace(face) {
    if (!face.person) return;
    face.name = face.person;
    if (can("read")) await personOf(directory, face.person).then((person) => (face.name = nameOfPerson(person)), () => {});
  }

  /** @param {{ directory: string, person: string, now?: Person }} changed */
  function rename({ person, now }) {
    for (const photograph of photographs) {
      for (const face of photograph.faces.filter((each) => each.person === person)) {
        if (now) Object.assign(face, { person: now.person, name: nameOfPerson(now) });
        else Object.assign(face, { person: null, kind: "unknown", name: "" });
      }
      draw(photograph);
    }
  }

  /** Show faces and their list as they are now. @param {Photograph} photograph */
  function draw(photograph) {
    if (!photograph.answer) return;
    photograph.thumb.classList.remove("is-refused");
    if (photograph.boxes?.image.naturalWidth)
      photograph.boxes.setFaces(photograph.faces.map((face) => ({ box: face.found.box, kind: face.kind, text: wording(face), label: spoken(face) })));
    const rows = photograph.faces.map((face, index) => faceRow(photograph, face, index));
    const warnings = photograph.answer.warnings.map(({ code, detail }) => h("div", { class: "note review small" }, icon("alert"), h("p", {}, WARNINGS.has(code) ? t(/** @type {any} */ (`recognize.${code}`)) : detail)));
    fill(photograph.panel, h("h2", {}, t("recognize.count", { n: photograph.faces.length })), warnings, h("ol", { class: "face-list" }, rows));
    photograph.boxes?.select(photograph.selected);
  }

  /** @param {Photograph} photograph @param {Face} face @param {number} index */
  function faceRow(photograph, face, index) {
    const isOpen = photograph.selected === index;
    const { boxes } = photograph;
    const cut = () => (boxes?.image.naturalWidth ? boxes.cut(face.found.box) : h("span", { class: "crop" }, icon("person")));
    const head = h(
      "button",
      { type: "button", class: "face-row", "aria-expanded": String(isOpen), "aria-label": spoken(face), onclick: () => select(photograph, isOpen ? null : index) },
      cut(),
      h("span", { class: "grow" }, h("strong", { class: "cut" }, wording(face)), h("span", { class: "soft small cut" }, face.position)),
      face.kind === "unknown" && can("enrol") ? h("span", { class: "badge call" }, t("recognize.name")) : face.kind !== "unusable" && h("span", { class: `badge ${face.kind}` }, t(`decision.${face.kind}`)),
    );
    if (!isOpen) return h("li", {}, head);
    const panel = facePanel(
      {
        directory, box: face.found.box, kind: face.kind, person: face.person, position: face.position, candidates: face.found.candidates, crop: cut,
        photograph: async () => photograph.file,
        quality: async () => {
          photograph.detection ??= detect(photograph.file);
          const [{ faces }, limits] = await Promise.all([photograph.detection, limitsOf(directory)]);
          return { face: faces.find(({ box }) => String(box) === String(face.found.box)) ?? null, limits, floor: photograph.answer?.thresholds.recognizability_floor ?? null };
        },
      },
      (person) => void decide(photograph, face, person),
    );
    return h("li", { class: "is-open" }, head, panel);
  }

  /** @param {Photograph} photograph @param {Face} face @param {string | null} person */
  async function decide(photograph, face, person) {
    Object.assign(face, { person, kind: person ? "match" : "unknown", name: "" });
    await nameFace(face);
    draw(photograph);
    focusRow(photograph, photograph.faces.indexOf(face));
  }

  /** @param {Photograph} photograph @param {number | null} index */
  function select(photograph, index) {
    photograph.selected = index;
    draw(photograph);
    if (index !== null) focusRow(photograph, index);
  }

  /** @param {Photograph} photograph @param {number} index */
  function focusRow({ panel }, index) {
    const row = panel.querySelectorAll("button.face-row")[index];
    if (row instanceof HTMLElement) row.focus({ preventScroll: true });
    row?.closest("li")?.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  /** @param {Photograph | null} photograph */
  function show(photograph) {
    current = photograph;
    fill(stage, photograph?.stage);
    fill(side, photograph?.panel);
    fill(strip, photographs.map(({ thumb }) => thumb));
    for (const each of photographs) setAttribute(each.thumb, "aria-pressed", String(each === photograph));
    strip.hidden = photographs.length < 2;
    work.hidden = clear.hidden = !photograph;
    zone.element.classList.toggle("is-small", Boolean(photograph));
  }

  function empty() {
    for (const { ending, urls } of photographs) {
      ending.abort();
      urls.forEach((url) => URL.revokeObjectURL(url));
    }
    photographs.length = waiting.length = 0;
    show(null);
  }

  function dispose() {
    empty();
    zone.dispose();
    unlisten.forEach((end) => end());
  }
}

const WARNINGS = new Set(["directory-unknown", "directory-empty", "photograph-not-kept"]);

/** @param {Recognition} answer @returns {Face[]} */
function facesOf({ persons }) {
  const middle = (/** @type {RecognizedFace} */ { box }) => box[0] + box[2];
  const sorted = [...persons].sort((a, b) => middle(a) - middle(b));
  return sorted.map((found, index) => ({
    found,
    kind: found.reason ? "unusable" : found.decision,
    person: found.id ?? null,
    name: found.id ?? "",
    position: fromLeft(index, sorted.length),
  }));
}

/** What stands at a face. @param {Face} face */
function wording({ kind, name }) {
  if (kind === "match") return name;
  return kind === "review" ? t("face.maybe", { name }) : t(`face.${kind}`);
}

/** What is read out: "second from left: Ann, match". @param {Face} face */
const spoken = (face) => t("face.spoken", { position: face.position, name: face.name || wording(face), decision: t(`decision.${face.kind}`) });

/** @param {Photograph} photograph */
const announceFaces = ({ faces }) => announce([t("recognize.count", { n: faces.length }), ...faces.map(spoken)].join(". "));
