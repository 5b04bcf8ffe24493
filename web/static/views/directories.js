/** The directories: which there are, and what holds in this one. */

import { changeDirectory, createDirectory, deleteDirectory, getDirectory, listDirectories, scoreDistributions } from "../core/api.js";
import { emit, on } from "../core/bus.js";
import { isThere } from "../core/directories.js";
import { button, fill, h, icon, newId } from "../core/dom.js";
import { openDialog } from "../core/dialog.js";
import { Problem } from "../core/http.js";
import { number, t, within } from "../core/i18n.js";
import { address, go, href, nameOf } from "../core/router.js";
import { can, session } from "../core/session.js";
import { fail, sentence, succeed } from "../core/toast.js";
import { later } from "../core/undo.js";
import { forgetLimits } from "../parts/quality.js";
import { strictness } from "../parts/strictness.js";

/** @typedef {import("../core/i18n.js").Key} Key */

const PAGE_SIZE = 100;
const [HOUR, DAY] = [3600, 86_400];
const RETENTIONS = [0, HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY];
const LIMITS = /** @type {const} */ ({ min_face_pixels: [1, 1], min_sharpness: [1, 0.01], min_brightness: [1, 0.01], max_brightness: [1, 0.01], max_yaw_degrees: [90, 1] });

/** Directories whose deletion waits for its ten seconds. @type {Set<string>} */
const leaving = new Set();

/** @type {ViewModule["view"]} */
export function view({ directory }) {
  /** @type {DirectoryItem[]} */
  let items = [];
  /** @type {string | null} */
  let next = null;
  const list = h("ul", { class: "directory-list" });
  const more = button(t("directories.more"), { kind: "quiet", hidden: true, onclick: () => void load(next).catch(fail) });
  const settings = h("div", { class: "stack directory-settings" });
  const element = h(
    "div",
    {},
    h("div", { class: "view-head" }, h("h1", {}, nameOf("directories")), h("div", { class: "row" }, can("admin") && h("a", { class: "button", href: href("keys", {}, directory) }, icon("person"), nameOf("keys")), can("admin") && button(t("directories.new"), { kind: "primary", icon: "plus", onclick: () => void create() }))),
    h("div", { class: "directories-columns" }, h("div", { class: "stack" }, list, more), settings),
  );
  let isAbsent = false;
  const unlisten = on("directories-changed", () => {
    void load(null).catch(fail);
    if (isAbsent) void showSettings().catch(fail); // what somebody types there stays otherwise
  });
  void load(null).catch(fail);
  void showSettings().catch(fail);
  return { element, title: nameOf("directories"), dispose: unlisten };

  /** @param {string | null} cursor */
  async function load(cursor) {
    const found = await listDirectories({ limit: PAGE_SIZE, cursor });
    items = cursor ? [...items, ...found.items] : found.items;
    next = found.next;
    more.hidden = next === null;
    showList();
  }

  function showList() {
    const shown = items.filter((each) => !leaving.has(each.directory));
    fill(list, shown.map((each) => h("li", {}, h("a", { class: "directory-link", href: href("directories", {}, each.directory), "aria-current": each.directory === directory ? "true" : null }, h("strong", { class: "cut" }, each.directory), h("span", { class: "soft small" }, t("people.count", { n: each.persons }), " · ", t("people.samples", { n: each.faces }))))));
  }

  async function showSettings() {
    const absence = leaving.has(directory) ? t("directories.deleting", { name: directory }) : !(await isThere(directory)) && t("recognize.directory-unknown");
    isAbsent = Boolean(absence);
    if (absence) return void fill(settings, h("p", { class: "note" }, absence));
    const [present, found, { items: counted }] = await Promise.all([getDirectory(directory), scoreDistributions(directory), listDirectories({ prefix: directory, limit: 1 })]);
    fill(settings, h("h2", {}, t("directories.settings", { name: directory })), !can("admin") && h("p", { class: "note" }, t("directories.seeOnly", { right: t("keys.scope.admin") })), settingsForm(present, found, () => void showSettings().catch(fail)), can("delete") && can("admin") && erasing(counted[0] ?? present));
  }

  async function create() {
    const name = await openDialog(t("directories.new"), (/** @type {(name?: string) => void} */ close) => [creation(close)]);
    if (!name) return;
    emit("directories-changed", {});
    succeed(t("directories.created", { name }));
    go(href("directories", {}, name));
  }

  /** @param {{ persons: number, faces: number }} counts of everybody, with samples or without */
  function erasing({ persons, faces }) {
    return h("section", { class: "card stack" }, h("h3", {}, t("directories.delete")), h("p", { class: "soft" }, t("directories.deleteText", { people: within(t("people.count", { n: persons })), samples: within(t("people.samples", { n: faces })) })), h("div", {}, button(t("directories.delete"), { kind: "danger", icon: "trash", onclick: erase })));
  }

  function erase() {
    leaving.add(directory);
    const undo = () => {
      leaving.delete(directory);
      emit("directories-changed", {}); // in whatever view of the directories is shown by now
    };
    showList();
    void showSettings().catch(fail);
    later({ text: t("directories.deleting", { name: directory }), undo, run });
  }

  async function run() {
    const receipt = await deleteDirectory(directory);
    leaving.delete(directory);
    emit("directories-changed", {});
    const here = address();
    if (here.directory === directory) go(href("activity", { what: "receipts" }, session().directory));
    return t("directories.deleted", { name: directory, people: within(t("people.count", { n: receipt.persons })), samples: within(t("people.samples", { n: receipt.faces })) });
  }
}

/** @param {(name?: string) => void} close */
function creation(close) {
  const id = newId();
  const input = h("input", { id, required: true, maxlength: 256, autocomplete: "off", spellcheck: "false" });
  const fault = h("p", { class: "fault", role: "alert" });
  return h("form", { class: "stack", onsubmit: submit }, h("label", { for: id }, t("directories.name")), input, fault, h("footer", {}, button(t("cancel"), { onclick: () => close() }), button(t("directories.create"), { kind: "primary", type: "submit" })));

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    const name = input.value.trim();
    try {
      await createDirectory(name);
      close(name);
    } catch (error) {
      fault.textContent = error instanceof Problem && error.code === "already-exists" ? t("directories.exists") : sentence(error);
    }
  }
}

/**
 * All settings with one button; what nobody changed is not sent.
 *
 * @param {Directory} present
 * @param {ScoreDistributions} found
 * @param {() => void} saved
 */
function settingsForm(present, found, saved) {
  const disabled = !can("admin");
  const strict = strictness(found, { fpir: present.threshold === null ? present.thresholds.fpir : undefined, isFixed: present.threshold !== null, disabled });
  const send = button(t("save"), { kind: "primary", type: "submit" });
  const isDefault = h("input", { type: "checkbox", checked: present.fpir === null && present.threshold === null });
  strict.element.addEventListener("input", () => (isDefault.checked = false));
  const retention = select(retentions(present.recognized_retention_seconds), present.recognized_retention_seconds);
  const unseen = days(present.unseen_retention_days);
  const originals = truth(present.keep_originals);
  const consent = truth(present.require_consent);
  const without = days(present.delete_without_consent_days, 0);
  const action = select([[null, t("directories.asService")], .../** @type {const} */ (["off", "warn", "refuse"]).map((each) => /** @type {[string, string]} */ ([each, t(`directories.quality.${each}`)]))], present.quality?.action ?? null);
  const scoring = select([[null, t("directories.asService")], .../** @type {const} */ (["max", "mean"]).map((each) => /** @type {[string, string]} */ ([each, t(`directories.scoring.${each}`)]))], present.scoring);
  const floor = numeric(present.recognizability_floor, { min: 0, max: 1, step: 0.01 });
  if (present.recognizability_floor === null && present.thresholds.recognizability_floor !== null) floor.placeholder = t("directories.floorNow", { score: number(present.thresholds.recognizability_floor, { maximumFractionDigits: 2 }) });
  const limits = Object.entries(LIMITS).map(([name, [max, step]]) => /** @type {const} */ ([name, numeric(present.quality?.[/** @type {keyof typeof LIMITS} */ (name)] ?? null, { min: 0, max: name === "min_face_pixels" ? null : max, step })]));
  const form = h(
    "form",
    { class: "stack", onsubmit: submit },
    group("strictness", disabled, strict.element, h("label", { class: "check-row" }, isDefault, t("directories.strictnessDefault"))),
    group("faces", disabled, field("scoring", scoring, t("directories.scoringHint")), field("floor", floor, t("directories.floorHint"))),
    group("retention", disabled, field("recognized", retention), field("unseen", unseen), field("originals", originals)),
    group("consent", disabled, field("requireConsent", consent), field("withoutConsent", without)),
    group("quality", disabled, field("qualityAction", action), limits.map(([name, input]) => field(name, input))),
    !disabled && h("div", { class: "row" }, send),
  );
  return form;

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    send.disabled = true;
    try {
      await changeDirectory(present.directory, changed(), present.revision);
      forgetLimits(present.directory);
      succeed(t("directories.saved", { name: present.directory }));
      saved();
    } catch (error) {
      fail(error);
    }
    send.disabled = false;
  }

  /** @returns {Partial<Directory>} */
  function changed() {
    const chosen = strict.chosen();
    const quality = { action: action.value || null, ...Object.fromEntries(limits.map(([name, input]) => [name, numberOf(input)])) };
    const wanted = {
      scoring: scoring.value || null,
      recognizability_floor: numberOf(floor),
      recognized_retention_seconds: numberOf(retention),
      unseen_retention_days: numberOf(unseen),
      keep_originals: truthOf(originals),
      require_consent: truthOf(consent),
      delete_without_consent_days: numberOf(without),
      quality: Object.values(quality).some((each) => each !== null) ? quality : null,
      ...(isDefault.checked ? { fpir: null, threshold: null } : chosen !== null && { fpir: chosen, threshold: null }),
    };
    const before = /** @type {Record<string, unknown>} */ ({ ...present });
    return /** @type {Partial<Directory>} */ (Object.fromEntries(Object.entries(wanted).filter(([name, value]) => canonical(before[name]) !== canonical(value))));
  }
}

/** @param {unknown} value objects without what is null, in one order */
const canonical = (value) => JSON.stringify(value && typeof value === "object" ? Object.entries(value).filter(([, each]) => each !== null).sort() : value);

/** @param {string} name @param {boolean} disabled @param {...import("../core/dom.js").Child | import("../core/dom.js").Child[]} children */
const group = (name, disabled, ...children) => h("fieldset", { class: "card stack", disabled }, h("legend", {}, t(/** @type {Key} */ (`directories.group.${name}`))), ...children);

/** @param {string} name @param {HTMLInputElement | HTMLSelectElement} control @param {string} [hint] */
function field(name, control, hint) {
  control.id = newId();
  const words = hint && h("p", { class: "soft small", id: newId() }, hint);
  if (words) control.setAttribute("aria-describedby", words.id);
  return h("div", { class: "setting" }, h("label", { for: control.id }, t(/** @type {Key} */ (`directories.field.${name}`))), control, words);
}

/** @param {[string | number | null, string][]} options @param {string | number | null} value */
const select = (options, value) => h("select", {}, options.map(([each, text]) => h("option", { value: each === null ? "" : String(each), selected: each === value }, text)));

/** @param {number | null} present @returns {[number | null, string][]} */
function retentions(present) {
  const all = present === null || RETENTIONS.includes(present) ? RETENTIONS : [...RETENTIONS, present].sort((a, b) => a - b);
  return [[null, t("directories.asService")], ...all.map((each) => /** @type {[number, string]} */ ([each, each === 0 ? t("directories.notAtAll") : duration(each)]))];
}

/** @param {number} seconds */
function duration(seconds) {
  const [unit, size] = seconds % DAY === 0 ? ["day", DAY] : seconds % HOUR === 0 ? ["hour", HOUR] : ["second", 1];
  return number(seconds / Number(size), { style: "unit", unit: String(unit), unitDisplay: "long" });
}

/** @param {boolean | null} value */
const truth = (value) => select([[null, t("directories.asService")], ["true", t("directories.yes")], ["false", t("directories.no")]], value === null ? null : String(value));

/** @param {HTMLSelectElement} control */
const truthOf = ({ value }) => (value === "" ? null : value === "true");

/** @param {number | null} value @param {{ min: number, max: number | null, step: number }} limits */
const numeric = (value, { min, max, step }) => h("input", { type: "number", min, max, step: step < 1 ? "any" : step, value, placeholder: t("directories.asService") });

/** @param {number | null} value @param {number} [min] */
const days = (value, min = 1) => h("input", { type: "number", min, step: 1, value, placeholder: t("directories.never") });

/** @param {HTMLInputElement | HTMLSelectElement} control */
const numberOf = ({ value }) => (value === "" ? null : Number(value));
