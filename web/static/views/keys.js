/** Keys: who may do what, until when, how much of it, and taking it back. */

import { changeKey, createKey, getUsage, listKeys, revokeKey, rotateKey } from "../core/api.js";
import { button, fill, h, icon, newId } from "../core/dom.js";
import { confirm, openDialog } from "../core/dialog.js";
import { date, dateTime, list as listed, t } from "../core/i18n.js";
import { nameOf } from "../core/router.js";
import { session } from "../core/session.js";
import { fail, sentence, succeed } from "../core/toast.js";
import { limitName, usageOf } from "./status.js";

/** @typedef {import("../core/i18n.js").Key} Text */
/** @typedef {import("../core/api.js").KeyWish} KeyWish */

const LIMITS = ["requests_per_minute", "requests_per_day", "faces_per_day", "stored_faces_per_day"];
/** What keys are usually for. @type {Record<string, Scope[]>} */
const ROLES = {
  door: ["recognize"],
  desk: ["recognize", "read", "images", "enrol"],
  office: ["recognize", "read", "images", "enrol", "edit", "delete", "import", "export"],
  admin: ["recognize", "read", "images", "enrol", "edit", "delete", "import", "import:trusted", "export", "admin", "operate"],
};

/** @type {ViewModule["view"]} */
export function view({ directory }) {
  const rows = h("ul", { class: "stack" });
  const element = h(
    "div",
    {},
    h("div", { class: "view-head" }, h("div", { class: "stack" }, h("h1", {}, nameOf("keys")), h("p", { class: "soft" }, t("keys.lead"))), button(t("keys.new"), { kind: "primary", icon: "plus", onclick: () => void create() })),
    !session().keysRequired && h("p", { class: "note keys-open" }, icon("alert"), t("keys.open")),
    rows,
  );
  void load().catch(fail);
  return { element, title: nameOf("keys") };

  async function load() {
    /** @type {Key[]} */
    const keys = [];
    for (let cursor = /** @type {string | null} */ (null); ; ) {
      const found = await listKeys({ cursor, limit: 500 });
      keys.push(...found.items);
      cursor = found.next;
      if (cursor === null) break;
    }
    keys.sort((a, b) => Number(isOver(a)) - Number(isOver(b)) || a.name.localeCompare(b.name));
    fill(rows, keys.length ? keys.map(row) : h("li", { class: "soft" }, t("keys.none")));
  }

  async function create() {
    const made = await openDialog(t("keys.new"), (/** @type {(key?: Key & { key: string }) => void} */ close) => [keyForm(null, directory, createKey, close)]);
    if (made) await shown(made);
  }

  /** @param {Key & { key: string }} made */
  async function shown(made) {
    await load().catch(fail);
    await showText(made);
  }

  /** @param {Key} key */
  function row(key) {
    const usage = h("details", { ontoggle: () => usage.open && void getUsage(key.id).then((found) => fill(usage, summary, h("div", { class: "stack" }, ...usageOf(found))), fail) }, h("summary", {}, t("keys.usage")));
    const summary = /** @type {HTMLElement} */ (usage.firstElementChild);
    return h(
      "li",
      { class: "card stack" },
      h("div", { class: "row spread" }, h("h2", {}, key.name), h("div", { class: "row" }, ...state(key))),
      h("p", {}, t(/** @type {Text} */ (`keys.role.${roleOf(key.scopes)}`)), roleOf(key.scopes) === "other" && ` ${listed(key.scopes)}`),
      h("p", { class: "soft small" }, t("keys.for", { directories: key.directories.includes("*") ? t("keys.all") : listed(key.directories) }), " ", key.last_used_at ? t("keys.used", { when: dateTime(key.last_used_at) }) : t("keys.unused"), " ", key.expires_at && t("keys.expires", { when: date(key.expires_at) })),
      !isOver(key) && usage,
      !isOver(key) && h("div", { class: "row" }, button(t("keys.edit"), { kind: "small", icon: "edit", onclick: () => void edit(key) }), button(t("keys.rotate"), { kind: "small", onclick: () => void rotate(key).catch(fail) }), button(t("keys.revoke"), { kind: "danger small", icon: "trash", onclick: () => void revoke(key).catch(fail) })),
    );
  }

  /** @param {Key} key */
  async function edit(key) {
    const changed = await openDialog(t("keys.edit"), (/** @type {(key?: Key) => void} */ close) => [keyForm(key, directory, (wish) => changeKey(key.id, wish), close)]);
    if (!changed) return;
    succeed(t("keys.changed", { name: changed.name }));
    await load().catch(fail);
  }

  /** @param {Key} key */
  async function rotate(key) {
    if (await confirm({ title: t("keys.rotate"), text: t("keys.rotateText", { name: key.name }), action: t("keys.rotate") })) await shown(await rotateKey(key.id));
  }

  /** @param {Key} key */
  async function revoke(key) {
    const isOwn = session().subject === `key:${key.id}`;
    if (!(await confirm({ title: t("keys.revoke"), text: t(isOwn ? "keys.revokeOwn" : "keys.revokeText", { name: key.name }), action: t("keys.revoke"), danger: true }))) return;
    await revokeKey(key.id);
    succeed(t("keys.revoked", { name: key.name }));
    await load();
  }
}

/** @param {Key} key */
const isOver = (key) => key.revoked_at !== null || (key.expires_at !== null && new Date(key.expires_at) < new Date());

/** @param {Key} key */
const state = (key) => [
  session().subject === `key:${key.id}` && h("span", { class: "badge call" }, t("keys.own")),
  key.revoked_at ? h("span", { class: "badge bad" }, t("keys.isRevoked")) : isOver(key) && h("span", { class: "badge review" }, t("keys.isExpired")),
];

/** @param {Scope[]} scopes */
const roleOf = (scopes) => Object.keys(ROLES).find((role) => ROLES[role].length === scopes.length && ROLES[role].every((each) => scopes.includes(each))) ?? "other";

/** The text of a key, once. @param {Key & { key: string }} made */
async function showText({ name, key }) {
  const id = newId();
  const input = h("input", { id, readonly: true, value: key, spellcheck: "false", onfocus: () => input.select() });
  const copy = async () => {
    input.select();
    await navigator.clipboard?.writeText(key); // over plain HTTP there is none; the text is selected
    succeed(t("keys.copied"));
  };
  await openDialog(t("keys.text", { name }), (close) => [h("p", {}, t("keys.once")), h("label", { for: id }, t("signin.key")), input, h("footer", {}, !!navigator.clipboard && button(t("keys.copy"), { onclick: () => void copy().catch(fail) }), button(t("keys.kept"), { kind: "primary", onclick: () => close() }))]);
}

/**
 * @template {Key} K
 * @param {Key | null} key the one to change
 * @param {string} directory
 * @param {(wish: KeyWish) => Promise<K>} send
 * @param {(key?: K) => void} close
 */
function keyForm(key, directory, send, close) {
  const name = h("input", { required: true, maxlength: 256, value: key?.name, autocomplete: "off" });
  const role = key ? roleOf(key.scopes) : "desk";
  const roles = h("select", {}, [...Object.keys(ROLES), ...(role === "other" ? ["other"] : [])].filter((each) => each === "other" || ROLES[each].every((scope) => session().scopes.has(scope))).map((each) => h("option", { value: each, selected: each === role }, t(/** @type {Text} */ (`keys.role.${each}`)))));
  const where = h("input", { required: true, value: key ? key.directories.join(", ") : directory, autocomplete: "off" });
  const until = h("input", { type: "date", value: key?.expires_at?.slice(0, 10) });
  const limits = LIMITS.map((each) => /** @type {const} */ ([each, h("input", { type: "number", min: 1, step: 1, value: key?.limits[each], placeholder: t("directories.asService") })]));
  const fault = h("p", { class: "fault", role: "alert" });
  return h(
    "form",
    { class: "stack", onsubmit: submit },
    field(t("keys.name"), name),
    field(t("keys.role"), roles),
    field(t("keys.directories"), where, t("keys.directoriesHint")),
    field(t("keys.until"), until),
    h("details", {}, h("summary", {}, t("keys.limits")), h("div", { class: "stack" }, limits.map(([each, input]) => field(limitName(each), input)))),
    fault,
    h("footer", {}, button(t("cancel"), { onclick: () => close() }), button(t(key ? "save" : "keys.create"), { kind: "primary", type: "submit" })),
  );

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    fault.textContent = "";
    try {
      close(await send(wish()));
    } catch (error) {
      fault.textContent = sentence(error);
    }
  }

  /** @returns {KeyWish} */
  function wish() {
    const isSameDay = until.value === (key?.expires_at?.slice(0, 10) ?? "");
    return {
      name: name.value.trim(),
      scopes: ROLES[roles.value] ?? key?.scopes ?? [],
      directories: where.value.split(",").map((each) => each.trim()).filter(Boolean),
      expires_at: isSameDay ? (key?.expires_at ?? null) : until.value ? new Date(`${until.value}T23:59:59`).toISOString() : null,
      limits: Object.fromEntries(limits.filter(([each, input]) => input.value || key?.limits[each]).map(([each, input]) => [each, input.value ? Number(input.value) : null])),
    };
  }
}

/** @param {string} label @param {HTMLInputElement | HTMLSelectElement} control @param {string} [hint] */
function field(label, control, hint) {
  control.id = newId();
  return h("div", {}, h("label", { for: control.id }, label), control, hint && h("p", { class: "soft small" }, hint));
}
