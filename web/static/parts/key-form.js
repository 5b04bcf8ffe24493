/** The form of a key: its rights, by what it is for or one by one, its directories, its end, and its limits. */

import { directoryNames } from "../core/directories.js";
import { button, fill, h, iconButton, newId } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { fail, sentence } from "../core/toast.js";
import { limitName } from "./usage.js";

/** @typedef {import("../core/i18n.js").Key} Text */
/** @typedef {import("../core/api.js").KeyWish} KeyWish */

const LIMITS = ["requests_per_minute", "requests_in_progress", "requests_per_day", "faces_per_day", "stored_faces_per_day", "stored_bytes_per_day", "lane_seconds_per_day", "database_seconds_per_day", "waiting_jobs", "directories"];

/** @type {Scope[]} */
const SCOPES = ["recognize", "read", "images", "enrol", "edit", "delete", "import", "import:trusted", "export", "admin", "operate"];

/** What keys are usually for. @type {Record<string, Scope[]>} */
const ROLES = {
  door: ["recognize"],
  desk: ["recognize", "read", "images", "enrol"],
  office: ["recognize", "read", "images", "enrol", "edit", "delete", "import", "export"],
  admin: SCOPES,
};

/** @param {Scope[]} scopes */
export const roleOf = (scopes) => Object.keys(ROLES).find((role) => ROLES[role].length === scopes.length && ROLES[role].every((each) => scopes.includes(each))) ?? "other";

/** @param {Scope[]} scopes in whatever order */
export const scopeNames = (scopes) => SCOPES.filter((each) => scopes.includes(each)).map(scopeName);

/** @param {Scope} scope */
const scopeName = (scope) => t(/** @type {Text} */ (`keys.scope.${scope}`));

/**
 * @template {Key} K
 * @param {Key | null} key the one to change
 * @param {string} directory
 * @param {(wish: KeyWish) => Promise<K>} send
 * @param {(key?: K) => void} close
 */
export function keyForm(key, directory, send, close) {
  const name = h("input", { required: true, maxlength: 256, value: key?.name, autocomplete: "off" });
  const rights = rightsOf(key?.scopes ?? ROLES.desk);
  const where = reachOf(key?.directories ?? [directory]);
  const until = h("input", { type: "date", value: key?.expires_at?.slice(0, 10) });
  const limits = LIMITS.map((each) => /** @type {const} */ ([each, h("input", { type: "number", min: 0, step: each.includes("seconds") ? "any" : 1, value: key?.limits[each], placeholder: t("directories.asService") })]));
  const fault = h("p", { class: "fault", role: "alert" });
  return h(
    "form",
    { class: "stack key-form", onsubmit: submit },
    field(t("keys.name"), name),
    rights.element,
    where.element,
    field(t("keys.until"), until),
    h("details", { open: Object.keys(key?.limits ?? {}).length > 0 }, h("summary", {}, t("keys.limits")), h("div", { class: "key-limits" }, limits.map(([each, input]) => field(limitName(each), input)))),
    fault,
    h("footer", {}, button(t("cancel"), { onclick: () => close() }), button(t(key ? "save" : "keys.create"), { kind: "primary", type: "submit" })),
  );

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    fault.textContent = rights.chosen().length ? "" : t("keys.noRight");
    if (fault.textContent) return;
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
      scopes: rights.chosen(),
      directories: where.chosen(),
      expires_at: isSameDay ? (key?.expires_at ?? null) : until.value ? new Date(`${until.value}T23:59:59`).toISOString() : null,
      limits: Object.fromEntries(limits.filter(([each, input]) => input.value || each in (key?.limits ?? {})).map(([each, input]) => [each, input.value ? Number(input.value) : null])),
    };
  }
}

/** Rights by what the key is for, and below that one by one: each follows the other. @param {Scope[]} present */
function rightsOf(present) {
  const mine = SCOPES.filter((each) => session().scopes.has(each) || present.includes(each));
  const boxes = mine.map((scope) => /** @type {const} */ ([scope, h("input", { type: "checkbox", checked: present.includes(scope), onchange: follow })]));
  const those = [...Object.keys(ROLES).filter((each) => ROLES[each].every((scope) => mine.includes(scope))), "other"];
  const roles = h("select", { onchange: choose }, those.map((each) => h("option", { value: each, selected: each === roleOf(present) }, t(/** @type {Text} */ (`keys.role.${each}`)))));
  const single = h("details", { open: roles.value === "other" }, h("summary", {}, t("keys.single")), h("div", { class: "key-rights" }, boxes.map(([scope, box]) => h("label", { class: "check-row" }, box, scopeName(scope)))));
  return { element: h("div", { class: "stack" }, field(t("keys.role"), roles), single), chosen };

  function chosen() {
    return boxes.filter(([, box]) => box.checked).map(([scope]) => scope);
  }
  function choose() {
    if (roles.value === "other") return void (single.open = true);
    for (const [scope, box] of boxes) box.checked = ROLES[roles.value].includes(scope);
  }
  function follow() {
    const role = roleOf(chosen());
    roles.value = those.includes(role) ? role : "other";
  }
}

/** All directories, or a list of names and of beginnings of names. @param {string[]} present */
function reachOf(present) {
  const name = newId();
  const isAll = present.includes("*");
  const mayAll = isAll || session().directories.includes("*");
  const all = h("input", { type: "radio", name, checked: isAll, onchange: show });
  const some = h("input", { type: "radio", name, checked: !isAll, onchange: show });
  const known = h("datalist", { id: newId() });
  const rows = h("ul", { class: "stack" });
  const list = h("div", { class: "stack key-directories" }, rows, h("p", { class: "soft small" }, t("keys.directoriesHint")), h("div", {}, button(t("keys.addDirectory"), { kind: "small", icon: "plus", onclick: () => add("").focus() })), known);
  for (const each of isAll ? [""] : present) add(each);
  directoryNames().then((names) => fill(known, names.map((value) => h("option", { value }))), fail);
  show();
  return {
    element: h("fieldset", { class: "stack" }, h("legend", {}, t("keys.directories")), mayAll && h("label", { class: "check-row" }, all, t("keys.all")), mayAll && h("label", { class: "check-row" }, some, t("keys.some")), list),
    chosen: () => (all.checked ? ["*"] : [...rows.children].map(patternOf).filter(Boolean)),
  };

  function show() {
    list.hidden = all.checked;
    for (const each of rows.querySelectorAll("input")) each.disabled = all.checked;
  }

  /** @param {string} pattern */
  function add(pattern) {
    const isPrefix = pattern.endsWith("*");
    const input = h("input", { required: true, value: isPrefix ? pattern.slice(0, -1) : pattern, "aria-label": t("directories.name"), autocomplete: "off", spellcheck: "false" });
    input.setAttribute("list", known.id);
    const kind = h("input", { type: "checkbox", checked: isPrefix });
    const row = h("li", {}, h("div", { class: "row key-directory" }, input, iconButton("close", t("keys.removeDirectory"), { onclick: remove })), h("label", { class: "check-row small" }, kind, t("keys.prefix")));
    rows.append(row);
    return input;

    function remove() {
      if (rows.childElementCount > 1) row.remove();
      else input.value = "";
      (rows.querySelector("input") ?? input).focus();
    }
  }
}

/** @param {Element} row */
function patternOf(row) {
  const [name, kind] = /** @type {HTMLInputElement[]} */ ([...row.querySelectorAll("input")]);
  return name.value.trim() && name.value.trim() + (kind.checked ? "*" : "");
}

/** @param {string} label @param {HTMLInputElement | HTMLSelectElement} control */
function field(label, control) {
  control.id = newId();
  return h("div", {}, h("label", { for: control.id }, label), control);
}
