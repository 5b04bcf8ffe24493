/** More samples of a person: dropped, chosen, or by the camera; where there are several faces, it asks which one. */

import { deleteSample, detect, preview } from "../core/api.js";
import { emit } from "../core/bus.js";
import { button, fill, h, icon } from "../core/dom.js";
import { openDialog } from "../core/dialog.js";
import { Problem } from "../core/http.js";
import { fromLeft, t } from "../core/i18n.js";
import { nameOfPerson, noteRecent } from "../core/people.js";
import { can } from "../core/session.js";
import { fail, isCancelled, sentence, succeed, toast } from "../core/toast.js";
import { takePhotograph } from "./camera.js";
import { dropZone } from "./drop-zone.js";
import { addSample } from "./enrolling.js";
import { showBoxes } from "./face-boxes.js";
import { progressLine } from "./progress.js";
import { faultsOf, limitsOf } from "./quality.js";

/** @param {() => Person} present the person as it is now */
export function sampleAdder(present) {
  const { directory } = present();
  const camera = button(t("recognize.camera"), { icon: "camera", onclick: () => void useCamera() });
  const zone = dropZone({ take: (files) => void take(files), text: t("adding.drop"), actions: [camera] });
  const rows = h("ul", { class: "adding-list" });
  let before = Promise.resolve();
  return { element: h("div", { class: "stack adding" }, zone.element, rows), dispose: zone.dispose };

  async function useCamera() {
    const file = await takePhotograph(t("adding.camera", { name: nameOfPerson(present()) }), can("recognize") ? hintsOf(directory) : undefined);
    if (file) await take([file]);
  }

  /** One after the other, and one message for all. @param {File[]} files */
  function take(files) {
    const all = files.map((file) => ({ file, row: h("li", {}, h("span", { class: "soft small" }, file.name)) }));
    rows.append(...all.map(({ row }) => row));
    before = before.then(async () => {
      const added = [];
      for (const { file, row } of all) added.push(await add(file, row));
      said(added.filter((each) => each !== null));
    });
    return before;
  }

  /** @param {File} file @param {HTMLLIElement} row @returns {Promise<Enrolment["items"][number] | null>} */
  async function add(file, row) {
    const ending = new AbortController();
    const line = progressLine(file.name, { cancel: () => ending.abort() });
    fill(row, line.element);
    try {
      const box = can("recognize") ? await faceOf(file, ending.signal) : undefined;
      const item = await addSample(directory, present().person, file, { box, signal: ending.signal, onProgress: (share) => line.progress(share < 1 ? share : null) });
      if (item.outcome === "created") row.remove();
      else fill(row, h("p", { class: "note small" }, icon("check"), t("adding.known", { file: file.name })));
      return item;
    } catch (error) {
      const again = button(t("retry"), { kind: "small", onclick: () => void take([file]).then(() => {}, fail) });
      again.addEventListener("click", () => row.remove());
      const text = isCancelled(error) ? t("recognize.cancelled") : sentence(error);
      fill(row, h("div", { class: "note small bad", role: "alert" }, icon("alert"), h("div", { class: "grow" }, h("strong", { class: "cut" }, file.name), h("p", {}, text)), again));
      return null;
    }
  }

  /** @param {Enrolment["items"]} items */
  function said(items) {
    const { person } = present();
    const created = items.filter(({ outcome }) => outcome === "created");
    if (!created.length) return;
    noteRecent(directory, person);
    emit("samples-changed", { directory, person });
    const undo = can("delete") ? button(t("undo"), { kind: "quiet", icon: "undo", onclick: () => void takeAway(created).catch(fail) }) : undefined;
    const shown = toast(t("adding.added", { n: created.length, name: nameOfPerson(present()) }), { kind: "good", action: undo, seconds: 10 });
    undo?.addEventListener("click", shown.close);
  }

  /** @param {Enrolment["items"]} items */
  async function takeAway(items) {
    const { person } = present();
    for (const { face } of items) if (face) await deleteSample(directory, person, face.face);
    emit("samples-changed", { directory, person });
    succeed(t("enrolling.undone"));
  }
}

/** Which face of a photograph is meant; undefined if there is one. @param {File} file @param {AbortSignal} signal */
async function faceOf(file, signal) {
  const { faces } = await detect(file, { signal });
  if (faces.length === 0) throw new Problem({ code: "no-face", detail: "" });
  if (faces.length === 1) return undefined;
  const sorted = faces.map(({ box }) => box).sort((a, b) => a[0] + a[2] - b[0] - b[2]);
  const box = await chooseFace(file, sorted);
  if (!box) throw new DOMException("cancelled", "AbortError");
  return box;
}

/** @param {File} file @param {Box[]} faces from left to right @returns {Promise<Box | undefined>} */
function chooseFace(file, faces) {
  return openDialog(t("adding.which"), (/** @type {(box?: Box) => void} */ close) => {
    const place = h("div", {});
    const choices = h("ul", { class: "face-choices" });
    void open();
    return [h("p", { class: "soft" }, t("adding.several", { file: file.name, n: faces.length })), choices, place];

    async function open() {
      const src = URL.createObjectURL(file);
      const labels = faces.map((_, index) => fromLeft(index, faces.length));
      const pick = (/** @type {number} */ index) => close(faces[index]);
      const boxes = await showBoxes(place, { src, alt: file.name, preview: () => preview(file), onselect: pick }).catch(() => null);
      URL.revokeObjectURL(src);
      boxes?.setFaces(faces.map((box, index) => ({ box, text: labels[index], label: labels[index], kind: "unknown" })));
      fill(choices, faces.map((box, index) => h("li", {}, h("button", { type: "button", class: "face-choice", onclick: () => pick(index) }, boxes ? boxes.cut(box) : icon("person"), h("span", { class: "small" }, labels[index])))));
      choices.querySelector("button")?.focus();
    }
  }, { wide: true });
}

/** What to do better before the photograph is taken. @param {string} directory @returns {import("./camera.js").Hint} */
function hintsOf(directory) {
  return async (picture, width) => {
    const [{ faces, ...found }, limits] = await Promise.all([detect(picture), limitsOf(directory)]);
    if (faces.length !== 1) return { text: t(faces.length ? "adding.hint.several" : "adding.hint.none"), isGood: false };
    const [{ quality, pose }] = faces;
    const size = quality.size * (width ? width / found.width : 1); // the photograph has more pixels than what is looked at
    const [fault] = faultsOf({ quality: { ...quality, size }, pose }, limits);
    return fault ? { text: t(`quality.${fault}`), isGood: false } : { text: t("adding.hint.good"), isGood: true };
  };
}
