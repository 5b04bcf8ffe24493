/** Keys: who may do what, until when, how much of it, and taking it back. */

import { changeKey, createKey, getUsage, listKeys, revokeKey, rotateKey } from "../core/api.js";
import { button, fill, h, icon, newId } from "../core/dom.js";
import { confirm, openDialog } from "../core/dialog.js";
import { date, dateTime, list as listed, t } from "../core/i18n.js";
import { nameOf } from "../core/router.js";
import { session } from "../core/session.js";
import { fail, succeed } from "../core/toast.js";
import { keyForm, roleOf, scopeNames } from "../parts/key-form.js";
import { usageOf } from "../parts/usage.js";

/** @typedef {import("../core/i18n.js").Key} Text */

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
      h("p", {}, t(/** @type {Text} */ (`keys.role.${roleOf(key.scopes)}`)), roleOf(key.scopes) === "other" && ` ${listed(scopeNames(key.scopes))}`),
      h("p", { class: "soft small" }, t("keys.for", { directories: key.directories.includes("*") ? t("keys.all") : listed(key.directories.map(directoriesOf)) }), " ", key.last_used_at ? t("keys.used", { when: dateTime(key.last_used_at) }) : t("keys.unused"), " ", key.expires_at && t("keys.expires", { when: date(key.expires_at) })),
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

/** @param {string} pattern */
const directoriesOf = (pattern) => (pattern.endsWith("*") ? t("keys.beginning", { name: pattern.slice(0, -1) }) : pattern);

/** @param {Key} key */
const isOver = (key) => key.revoked_at !== null || (key.expires_at !== null && new Date(key.expires_at) < new Date());

/** @param {Key} key */
const state = (key) => [
  session().subject === `key:${key.id}` && h("span", { class: "badge call" }, t("keys.own")),
  key.revoked_at ? h("span", { class: "badge bad" }, t("keys.isRevoked")) : isOver(key) && h("span", { class: "badge review" }, t("keys.isExpired")),
];

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
