/** What happened in a directory, who did what, and the receipts of deletions. */

import { getReceipt, listActivity, listAudit, listKeys } from "../core/api.js";
import { isThere } from "../core/directories.js";
import { button, fill, h, icon, newId } from "../core/dom.js";
import { API, path, resource } from "../core/http.js";
import { dateTime, list as listed, number, t, within } from "../core/i18n.js";
import { nameOfPerson, personOf } from "../core/people.js";
import { receiptIds } from "../core/receipts.js";
import { go, href, nameOf, personHref } from "../core/router.js";
import { can } from "../core/session.js";
import { fail } from "../core/toast.js";

/** @typedef {import("../core/i18n.js").Key} Key */
/** @typedef {import("../core/dom.js").Child} Child */

const PAGE_SIZE = 50;
const KINDS = /** @type {const} */ (["photograph", "added", "merged", "deleted"]);

const PEOPLE = "/directories/{directory}/persons/{person}";
/** What an entry of the audit means; others show their route alone. @type {Record<string, string>} */
const ACTIONS = {
  "POST /learn": "learn",
  [`POST ${PEOPLE}/faces`]: "learn",
  "POST /recognize": "recognize",
  "POST /identify": "recognize",
  "POST /verify": "recognize",
  [`PUT ${PEOPLE}`]: "change",
  [`PATCH ${PEOPLE}`]: "change",
  [`DELETE ${PEOPLE}`]: "deletePerson",
  [`DELETE ${PEOPLE}/faces/{face}`]: "deleteSample",
  [`POST ${PEOPLE}/merge`]: "merge",
  [`POST ${PEOPLE}/split`]: "split",
  [`GET ${PEOPLE}/faces/{face}/crop`]: "look",
  [`GET ${PEOPLE}/faces/{face}/image`]: "look",
  "GET /files/{key}": "look",
  [`GET ${PEOPLE}/export`]: "export",
  "POST /directories/{directory}/exports": "export",
  "POST /directories/{directory}/imports": "import",
  "PUT /directories/{directory}": "settings",
  "PATCH /directories/{directory}": "settings",
  "DELETE /directories/{directory}": "deleteDirectory",
  "POST /keys": "key",
  "PATCH /keys/{id}": "key",
  "POST /keys/{id}/rotate": "key",
  "DELETE /keys/{id}": "revoke",
  "POST /session": "signIn",
  "DELETE /session": "signOut",
};

/** @type {ViewModule["view"]} */
export function view({ directory, params }) {
  const place = h("div", { class: "stack" });
  const tabs = h("nav", { class: "row", "aria-label": nameOf("activity") });
  const element = h("div", {}, h("div", { class: "view-head" }, h("h1", {}, nameOf("activity")), tabs), place);
  show(params);
  return { element, title: nameOf("activity"), update: ({ params }) => show(params) };

  /** @param {URLSearchParams} params */
  function show(params) {
    const what = params.get("what") ?? "";
    const focused = document.activeElement instanceof HTMLAnchorElement && element.contains(document.activeElement) ? document.activeElement.href : null;
    const those = ["", can("admin") && "audit", can("delete") && "receipts"].filter((each) => each !== false);
    fill(tabs, those.map((each) => h("a", { class: "button small", href: href("activity", { what: each }, directory), "aria-current": each === what ? "page" : null }, t(/** @type {Key} */ (`activity.tab.${each || "events"}`)))));
    if (what === "audit" && can("admin")) fill(place, audit(directory, params));
    else if (what === "receipts" && can("delete")) fill(place, receipts());
    else fill(place, events(directory, params));
    [...element.querySelectorAll("a")].find(({ href }) => href === focused)?.focus({ preventScroll: true });
  }
}

/**
 * A list that grows by pages.
 *
 * @template T
 * @param {(cursor: string | null) => Promise<Page<T>>} ask
 * @param {(item: T) => HTMLElement} row
 * @param {HTMLElement} rows
 * @param {string} nothing
 */
function growing(ask, row, rows, nothing) {
  /** @type {string | null} */
  let next = null;
  const note = h("p", { class: "soft", role: "status" });
  const more = button(t("activity.more"), { hidden: true, onclick: () => void load() });
  void load();
  return [note, more];

  async function load() {
    more.disabled = true;
    try {
      const found = await ask(next);
      next = found.next;
      rows.append(...found.items.map(row));
      note.textContent = rows.childElementCount ? "" : nothing;
      more.hidden = next === null;
    } catch (error) {
      fail(error);
    }
    more.disabled = false;
  }
}

/** @param {string} directory @param {URLSearchParams} params @returns {Child[]} */
function events(directory, params) {
  const kind = params.get("kind") ?? "";
  const rows = h("ol", { class: "event-list" });
  const filter = h("nav", { class: "row", "aria-label": t("activity.kinds") }, ["", ...KINDS].map((each) => h("a", { class: "button small quiet", href: href("activity", { kind: each }, directory), "aria-current": each === kind ? "true" : null }, t(/** @type {Key} */ (`activity.kind.${each || "all"}`)))));
  const ask = async (/** @type {string | null} */ cursor) => ((await isThere(directory)) ? listActivity(directory, { kind, cursor, limit: PAGE_SIZE }) : { items: [], next: null });
  return [h("p", { class: "soft" }, t("activity.lead")), filter, rows, ...growing(ask, (event) => eventRow(directory, event), rows, t("activity.nothing"))];
}

/** @param {string} directory @param {DirectoryEvent} event */
function eventRow(directory, { at, kind, photograph, added, merged, deleted }) {
  const crop = photograph?.learned[0]?.crop;
  const picture = crop ? h("img", { src: resource(crop), alt: "", loading: "lazy" }) : icon(/** @type {const} */ ({ photograph: "image", added: "plus", merged: "merge", deleted: "trash" })[kind]);
  /** @type {Child[]} */
  const text = photograph
    ? photographText(directory, photograph)
    : added
      ? [t("activity.added"), " ", personLink(directory, added.person)]
      : merged
        ? [t("activity.merged"), " ", personLink(directory, merged.person), merged.undone_at && h("span", { class: "badge" }, t("activity.undone"))]
        : [deleted && t("activity.deleted", counts(deleted)), " ", deleted && h("span", { class: "badge" }, t(deleted.finished_at ? "activity.finished" : "activity.unfinished"))];
  return h("li", { class: "event" }, h("span", { class: "crop" }, picture), h("div", { class: "grow" }, h("p", {}, ...text), h("time", { class: "soft small", datetime: at }, dateTime(at))), photograph?.image && h("a", { class: "button small", href: resource(photograph.image), target: "_blank" }, t("activity.photograph")));
}

/** @param {string} directory @param {NonNullable<DirectoryEvent["photograph"]>} photograph @returns {Child[]} */
function photographText(directory, { recognized, learned }) {
  const links = (/** @type {string[]} */ those) => those.flatMap((person, place) => [place ? ", " : " ", personLink(directory, person)]);
  return [
    ...(recognized.length ? [t("activity.recognized"), ...links(recognized)] : []),
    ...(learned.length ? [recognized.length ? " · " : "", t("activity.learned"), ...links([...new Set(learned.map(({ person }) => person))])] : []),
    !recognized.length && !learned.length && t("activity.nobody"),
  ];
}

/** @param {string} directory @param {string} person */
function personLink(directory, person) {
  const link = h("a", { href: personHref(directory, person) }, person);
  personOf(directory, person).then((known) => (link.textContent = nameOfPerson(known)), () => {});
  return link;
}

/** @param {{ persons: number, faces: number, images: number }} deleted */
const counts = ({ persons, faces, images }) => ({ people: within(t("people.count", { n: persons })), samples: within(t("people.samples", { n: faces })), photographs: t("activity.photographs", { n: images }) });

/** @param {string} directory @param {URLSearchParams} params @returns {Child[]} */
function audit(directory, params) {
  const rows = h("tbody");
  const names = keyNames();
  const ask = (/** @type {string | null} */ cursor) => listAudit({ directory, person: params.get("person") ?? "", subject: params.get("subject") ?? "", since: since(params.get("since")), cursor, limit: PAGE_SIZE });
  const heads = /** @type {const} */ (["when", "who", "what", "outcome", "counts", "address"]);
  return [
    h("p", { class: "soft" }, t("activity.auditLead")),
    auditFilter(directory, params),
    h("div", { class: "table-scroller", tabindex: 0, role: "region", "aria-label": t("activity.tab.audit") }, h("table", {}, h("thead", {}, h("tr", {}, heads.map((each) => h("th", { scope: "col" }, t(`activity.head.${each}`))))), rows)),
    ...growing(ask, (entry) => auditRow(directory, entry, names), rows, t("activity.nothing")),
    h("p", {}, h("a", { href: new URL(`audit/export?directory=${encodeURIComponent(directory)}`, API).href, download: "audit.jsonl" }, t("activity.export"))),
  ];
}

/** @param {string | null} day */
const since = (day) => (day ? new Date(`${day}T00:00`).toISOString() : "");

/** @param {string} directory @param {URLSearchParams} params */
function auditFilter(directory, params) {
  const person = h("input", { id: newId(), type: "search", value: params.get("person") ?? "" });
  const day = h("input", { id: newId(), type: "date", value: params.get("since") ?? "" });
  return h("form", { class: "audit-filter", role: "search", onsubmit: submit }, h("div", {}, h("label", { for: person.id }, t("activity.person")), person), h("div", {}, h("label", { for: day.id }, t("activity.since")), day), button(t("activity.filter"), { type: "submit" }));

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    go(href("activity", { what: "audit", person: person.value.trim(), since: day.value, subject: params.get("subject") }, directory));
  }
}

/** Names of keys by their subjects. @returns {Promise<Map<string, string>>} */
async function keyNames() {
  const { items } = await listKeys({ limit: 1000 });
  return new Map(items.map(({ id, name }) => [`key:${id}`, name]));
}

/** @param {string} directory @param {AuditEntry} entry @param {Promise<Map<string, string>>} names */
function auditRow(directory, { at, subject, action, outcome, counts, address }, names) {
  const who = h("a", { href: href("activity", { what: "audit", subject }, directory) }, subject);
  names.then((all) => (who.textContent = all.get(subject) ?? subject), () => {});
  const numbers = listed(Object.entries(counts).map(([name, count]) => `${number(count)} ${name.replaceAll("_", " ")}`));
  return h("tr", {}, h("td", { class: "numbers" }, dateTime(at, { dateStyle: "short", timeStyle: "medium" })), h("td", {}, who), h("td", {}, Object.hasOwn(ACTIONS, action) && h("div", {}, t(/** @type {Key} */ (`activity.action.${ACTIONS[action]}`))), h("code", { class: "soft small" }, action)), h("td", {}, outcome === "ok" ? t("activity.ok") : h("span", { class: "badge review" }, outcome)), h("td", { class: "soft" }, numbers), h("td", { class: "soft numbers" }, address));
}

/** @returns {Child[]} */
function receipts() {
  const rows = h("ul", { class: "stack" });
  const id = h("input", { id: newId(), required: true, pattern: "[0-9a-fA-F\\-]{36}", autocomplete: "off", spellcheck: "false" });
  const show = async (/** @type {string} */ deletion) => rows.prepend(receiptCard(await getReceipt(deletion)));
  const none = h("p", { class: "soft" }, receiptIds().length ? "" : t("activity.noReceipts"));
  void (async () => {
    for (const deletion of receiptIds().reverse()) await show(deletion).catch(fail);
  })();
  const search = h("form", { class: "audit-filter", role: "search", onsubmit: (/** @type {Event} */ event) => (event.preventDefault(), void show(id.value.trim()).catch(fail)) }, h("div", { class: "grow" }, h("label", { for: id.id }, t("activity.receiptId")), id), button(t("activity.show"), { type: "submit" }));
  return [h("p", { class: "soft" }, t("activity.receiptsLead")), search, none, rows];
}

/** @param {Receipt} receipt */
function receiptCard(receipt) {
  const { deletion, directory, person, requested_at, finished_at } = receipt;
  return h("li", { class: "card stack" }, h("h2", {}, t("activity.receiptOf", { name: person ?? directory })), h("p", {}, t("activity.deleted", counts(receipt))), h("p", { class: "soft" }, t("activity.requested", { when: dateTime(requested_at) }), " ", finished_at ? t("activity.gone", { when: dateTime(finished_at) }) : t("activity.going")), h("p", { class: "soft small" }, h("a", { href: new URL(path`deletions/${deletion}`, API).href, download: `${deletion}.json` }, deletion)));
}
