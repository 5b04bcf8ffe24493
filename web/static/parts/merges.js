/** Merges that took place, and taking them back: also after a reload, and from another browser. */

import { listMerges, undoMerge } from "../core/api.js";
import { emit } from "../core/bus.js";
import { isThere } from "../core/directories.js";
import { button, fill, h } from "../core/dom.js";
import { dateTime, list, t } from "../core/i18n.js";
import { nameOfPerson } from "../core/people.js";
import { can } from "../core/session.js";
import { fail, succeed } from "../core/toast.js";
import { personCrop } from "./crops.js";

const PAGE_SIZE = 20;

/**
 * The merges of a directory, or into one person, the latest first.
 *
 * @param {{ directory: string, person?: string, onload?: (count: number) => void }} options
 */
export function mergeList({ directory, person, onload = () => {} }) {
  const rows = h("ul", { class: "merge-list" });
  const more = h("div", {});
  const element = h("div", { class: "stack" }, rows, more);
  /** @type {string | null} */
  let next = null;
  void load();
  return element;

  async function load() {
    try {
      const page = (await isThere(directory)) ? await listMerges(directory, { person, cursor: next, limit: PAGE_SIZE }) : { items: [], next: null };
      next = page.next;
      rows.append(...page.items.map(row));
      fill(more, next && button(t("merges.more"), { kind: "small", onclick: () => void load() }));
      if (!rows.children.length) fill(rows, h("li", { class: "soft" }, t("merges.none")));
      onload(page.items.length);
    } catch (error) {
      fail(error);
    }
  }

  /** @param {Merge} merge */
  function row(merge) {
    const names = merge.persons.length ? list(merge.persons.map(nameOfPerson)) : t("merges.others");
    const name = nameOfPerson(merge);
    const end = h("span", { class: "row" });
    const isPossible = merge.undoable || merge.obstacle === "person-exists";
    const undo = button(t("merges.undo"), { kind: "small", icon: "undo", "aria-label": t("merges.undoOf", { names, name }), onclick: () => void take() });
    fill(end, isPossible && can("edit") ? undo : h("span", { class: "badge" }, t(merge.undone_at ? "merges.undone" : "merges.blocked")));
    const text = h("span", { class: "grow" }, h("span", {}, t("merges.into", { names, name })), h("span", { class: "soft small" }, dateTime(merge.merged_at)), !merge.undoable && merge.obstacle && merge.obstacle !== "merge-undone" && h("span", { class: "small" }, t(`merges.${merge.obstacle}`)));
    return h("li", { class: "row" }, personCrop(merge.persons[0] ?? null), text, end);

    async function take() {
      undo.disabled = true;
      try {
        await takeBack(directory, merge.person, merge.merge, merge.obstacle === "person-exists");
        fill(end, h("span", { class: "badge" }, t("merges.undone")));
      } catch (error) {
        undo.disabled = false;
        fail(error);
      }
    }
  }
}

/** @param {string} directory @param {string} person @param {string} merge @param {boolean} [intoExisting] */
export async function takeBack(directory, person, merge, intoExisting) {
  await undoMerge(directory, person, merge, intoExisting);
  emit("samples-changed", { directory, person });
  emit("people-changed", { directory });
  succeed(t("people.unmerged"));
}
