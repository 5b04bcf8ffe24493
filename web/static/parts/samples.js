/** All samples of a person, with what is doubtful about each. */

import { dismissFace, getDirectory, listSamples, listWarnings } from "../core/api.js";
import { emit } from "../core/bus.js";
import { button, fill, h, icon, iconButton } from "../core/dom.js";
import { date, percent, t } from "../core/i18n.js";
import { nameOfPerson } from "../core/people.js";
import { can } from "../core/session.js";
import { fail, succeed } from "../core/toast.js";
import { sampleCrop, withoutPictures } from "./crops.js";
import { showPhotograph } from "./kept-photograph.js";
import { faultsOf, isUnusable, limitsOf } from "./quality.js";
import { giveSample, removeSample } from "./wrong-sample.js";

const PAGE_SIZE = 60;
const MAX_WARNINGS = 1000;

/**
 * A list of samples; `load` asks for them again.
 *
 * @param {() => Person} present the person as it is now
 * @param {(face: string | null) => void} opened which photograph is shown
 */
export function sampleList(present, opened) {
  const list = h("ul", { class: "samples" });
  const more = h("div", { class: "row" });
  const element = h("div", { class: "stack" }, withoutPictures(), list, more);
  /** @type {Set<string>} samples whose deletion waits */
  const leaving = new Set();
  /** @type {Sample[]} */
  let samples = [];
  /** @type {string | null} */
  let next = null;
  /** @type {Map<string, Warning[]>} */
  let doubts = new Map();
  /** @type {{ limits: QualityLimits, floor: number | null }} */
  let bounds;
  let loading = 0;
  return { element, load, open: openById };

  async function load() {
    const mine = (loading += 1);
    const { directory, person } = present();
    const wanted = Math.max(PAGE_SIZE, Math.min(1000, samples.length));
    const [page, warnings, limits, { thresholds }] = await Promise.all([
      listSamples(directory, person, { limit: wanted }), listWarnings(directory, { person, limit: MAX_WARNINGS }), limitsOf(directory), getDirectory(directory),
    ]);
    if (mine !== loading) return;
    bounds = { limits, floor: thresholds.recognizability_floor };
    doubts = new Map();
    for (const each of warnings.items) doubts.set(each.face.face, [...(doubts.get(each.face.face) ?? []), each]);
    samples = page.items;
    next = page.next;
    draw();
  }

  async function loadMore() {
    const { directory, person } = present();
    const page = await listSamples(directory, person, { limit: PAGE_SIZE, cursor: next });
    const first = samples.length;
    samples = [...samples, ...page.items];
    next = page.next;
    draw();
    list.children[first]?.querySelector("button")?.focus();
  }

  function draw() {
    const shown = samples.filter(({ face }) => !leaving.has(face));
    const focused = list.contains(document.activeElement) ? [...list.children].findIndex((each) => each.contains(document.activeElement)) : -1;
    fill(list, shown.length ? shown.map(tile) : h("li", { class: "soft samples-none" }, t("samples.none")));
    if (focused >= 0) list.children[Math.min(focused, list.children.length - 1)]?.querySelector("button")?.focus();
    fill(more, next && button(t("samples.more"), { onclick: () => void loadMore().catch(fail) }));
  }

  /** @param {Sample} sample */
  function tile(sample) {
    const when = date(sample.created_at);
    const actions = h(
      "div",
      { class: "sample-actions" },
      can("edit") && iconButton("move", t("samples.giveOf", { when }), { onclick: () => void giveSample(present(), sample) }),
      can("delete") && iconButton("trash", t("samples.removeOf", { when }), { onclick: () => remove(sample) }),
    );
    return h(
      "li",
      { class: "sample" },
      can("images") && h("button", { type: "button", class: "sample-open", "aria-label": t("samples.open", { when }), onclick: () => void open(sample) }, sampleCrop(sample), sample.image ? null : h("span", { class: "badge" }, t("samples.notKept"))),
      h("div", { class: "sample-line" }, h("span", { class: "small grow" }, h("span", { class: "cut" }, when), h("span", { class: "soft" }, sample.recognizability === null ? "" : t("samples.recognizable", { share: percent(sample.recognizability) }))), actions),
      faults(sample),
      (doubts.get(sample.face) ?? []).map((warning) => doubt(warning)),
    );
  }

  /** @param {Sample} sample */
  function faults({ quality, box: [left, top, right, bottom], recognizability }) {
    if (isUnusable(recognizability, bounds.floor)) return h("p", { class: "sample-fault small bad" }, icon("alert"), t("samples.unusable"));
    if (!quality) return null;
    const face = { quality: { ...quality, size: Math.min(right - left, bottom - top) }, pose: quality };
    return faultsOf(face, bounds.limits).map((code) => h("p", { class: "sample-fault small" }, icon("alert"), t(`samples.fault.${code}`)));
  }

  /** @param {Warning} warning */
  function doubt({ face, code, other }) {
    const right = button(t("samples.right"), { kind: "small", onclick: () => void confirm(face) });
    return h("div", { class: "sample-doubt small" }, h("p", {}, t(`samples.${code}`, { name: nameOfPerson(present()), other: other ? nameOfPerson(other) : "" })), can("edit") && right);
  }

  /** @param {Sample} sample */
  async function confirm({ face }) {
    try {
      const { directory, person } = present();
      await dismissFace(directory, face);
      emit("samples-changed", { directory, person });
      succeed(t("samples.confirmed"));
    } catch (error) {
      fail(error);
    }
  }

  /** @param {Sample} sample */
  function remove(sample) {
    leaving.add(sample.face);
    draw();
    removeSample(present(), sample, () => {
      leaving.delete(sample.face);
      draw();
    });
  }

  /** @param {Sample} sample */
  async function open(sample) {
    opened(sample.face);
    await showPhotograph(sample, nameOfPerson(present()));
    opened(null);
  }

  /** The address may name one. @param {string} face */
  function openById(face) {
    const sample = samples.find((each) => each.face === face);
    if (sample) void open(sample);
  }
}
