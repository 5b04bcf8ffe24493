/** The people of a directory: find them, select many, and move, merge or delete those at once. */

import { deletePerson, listPersons, listSamples, mergePersons, moveSamples } from "../core/api.js";
import { emit, on } from "../core/bus.js";
import { isThere } from "../core/directories.js";
import { button, fill, h, icon, newId } from "../core/dom.js";
import { openDialog } from "../core/dialog.js";
import { date, list, t } from "../core/i18n.js";
import { meet, nameOfPerson, personOf } from "../core/people.js";
import { href, nameOf, personHref, setParams } from "../core/router.js";
import { can } from "../core/session.js";
import { announce, fail, isCancelled, succeed, toast } from "../core/toast.js";
import { later } from "../core/undo.js";
import { personChooser } from "../parts/chooser.js";
import { cropGrid } from "../parts/crop-grid.js";
import { mergeList, takeBack } from "../parts/merges.js";
import { personCrop, withoutPictures } from "../parts/crops.js";
import { progressLine } from "../parts/progress.js";

const PAGE_SIZE = 100;
const PAUSE_MS = 80;
const SORTS = ["name", "-faces", "-created_at", "-last_seen_at", "person"];
const SHOWN = { all: {}, unnamed: { named: false }, warned: { warned: true } };

/** @type {ViewModule["view"]} */
export function view({ directory, params }) {
  /** @type {Person[]} */
  let people = [];
  /** @type {string | null} */
  let next = null;
  let isLoading = false;
  let loading = new AbortController();
  /** @type {Set<string>} people whose deletion waits for its ten seconds */
  const leaving = new Set();
  let timer = 0;

  const searchId = newId();
  const search = h("input", { id: searchId, type: "search", placeholder: t("people.search"), value: params.get("q") ?? "", autocomplete: "off", spellcheck: "false", oninput: () => (clearTimeout(timer), (timer = window.setTimeout(filter, PAUSE_MS))) });
  const sort = h("select", { "aria-label": t("people.sort"), onchange: filter }, SORTS.map((each) => h("option", { value: each, selected: each === params.get("sort") }, t(/** @type {any} */ (`people.sort.${each}`)))));
  const shown = h("select", { "aria-label": t("people.show"), onchange: filter }, Object.keys(SHOWN).map((each) => h("option", { value: each, selected: each === params.get("show") }, t(/** @type {any} */ (`people.show.${each}`)))));
  const merges = button(t("merges.title"), { kind: "quiet", icon: "merge", onclick: () => void showMerges() });
  const count = h("p", { class: "soft small", role: "status" });
  const grid = cropGrid({ label: nameOf("people"), key: ({ person }) => person, name: nameOfPerson, link: ({ person }) => personHref(directory, person), tile, onneed: () => void more(), onselect: showBar, ondrop: can("edit") ? (dragged, onto) => void merge([...dragged, onto], onto) : undefined, isSelectable: can("edit") || can("delete") });
  const bar = h("div", { class: "selection-bar", role: "toolbar", "aria-label": t("people.selection"), hidden: true });
  const nothing = h("div", { class: "people-empty", hidden: true });
  const element = h(
    "div",
    { class: "people" },
    h("div", { class: "view-head" }, h("h1", {}, nameOf("people")), count, can("edit") && h("div", { class: "row end people-merges" }, merges)),
    h("div", { class: "people-tools", role: "search" }, h("label", { class: "search-box", for: searchId }, icon("search"), h("span", { class: "hidden-text" }, t("people.search")), search), shown, sort),
    withoutPictures(),
    nothing,
    grid.element,
    bar,
  );
  const unlisten = [
    on("person-changed", (changed) => changed.directory === directory && replace(changed.person, changed.now)),
    on("samples-changed", (changed) => changed.directory === directory && void recount(changed.person)),
    on("person-gone", (gone) => gone.directory === directory && remove([gone.person])),
    on("people-changed", (changed) => changed.directory === directory && void load()),
  ];
  void load();
  if (params.has("merges") && can("edit")) queueMicrotask(showMerges);
  return { element, title: nameOf("people"), dispose };

  function filter() {
    setParams({ q: search.value.trim(), sort: sort.value === SORTS[0] ? "" : sort.value, show: shown.value === "all" ? "" : shown.value });
    grid.select([...grid.selected], false);
    void load();
  }

  async function load() {
    loading.abort();
    loading = new AbortController();
    isLoading = false;
    next = null;
    await fetchPage([], loading.signal);
  }

  async function more() {
    if (next && !isLoading) await fetchPage(people, loading.signal);
  }

  /** @param {Person[]} before @param {AbortSignal} signal */
  async function fetchPage(before, signal) {
    isLoading = true;
    try {
      const found = !(await isThere(directory)) ? { items: [], next: null } : await listPersons(directory, { ...wish(), cursor: next, limit: PAGE_SIZE }, signal);
      next = found.next;
      people = [...before, ...found.items.map(meet)];
      isLoading = false;
      show();
    } catch (error) {
      if (isCancelled(error)) return;
      isLoading = false;
      fail(error);
    }
  }

  /** What is asked for. */
  function wish() {
    return { search: search.value.trim(), sort: sort.value, ...SHOWN[/** @type {keyof typeof SHOWN} */ (shown.value)] };
  }

  async function showMerges() {
    setParams({ merges: 1 });
    await openDialog(t("merges.title"), () => [h("p", { class: "soft" }, t("merges.text")), mergeList({ directory })]);
    setParams({ merges: "" });
  }

  function show() {
    const those = people.filter(({ person }) => !leaving.has(person));
    grid.setItems(those, next === null);
    count.textContent = next === null ? t("people.count", { n: those.length }) : t("people.more", { n: those.length });
    nothing.hidden = those.length > 0;
    const isFiltered = search.value.trim() !== "" || shown.value !== "all";
    fill(nothing, those.length === 0 && [icon("people"), h("p", {}, t(isFiltered ? "people.none" : "people.empty")), !isFiltered && can("recognize") && h("a", { class: "button primary", href: href("recognize", {}, directory) }, t("people.start"))]);
  }

  /** @param {Person} person */
  function tile(person) {
    return [
      personCrop(person),
      h("strong", { class: "cut" }, nameOfPerson(person)),
      h("span", { class: "soft small cut" }, t("people.samples", { n: person.faces })),
      person.warnings ? h("span", { class: "badge review tile-badge" }, icon("alert"), h("span", { class: "hidden-text" }, t("people.warnings", { n: person.warnings })), person.warnings) : null,
    ];
  }

  /** @param {Set<string>} selected */
  function showBar(selected) {
    bar.hidden = selected.size === 0;
    const n = selected.size;
    if (!n) return;
    const had = bar.contains(document.activeElement);
    fill(
      bar,
      h("strong", { class: "grow cut", role: "status" }, t("people.selected", { n })),
      can("edit") && n > 1 && button(t("people.merge"), { icon: "merge", onclick: () => void merge(chosen()) }),
      can("edit") && button(t("people.move"), { icon: "move", onclick: () => void move() }),
      can("delete") && button(t("people.delete"), { kind: "danger", icon: "trash", onclick: erase }),
      button(t("people.unselect"), { kind: "quiet", onclick: () => grid.select([...grid.selected], false) }),
    );
    if (had) bar.querySelector("button")?.focus();
  }

  /** @returns {Person[]} in the order of the list */
  function chosen() {
    return people.filter(({ person }) => grid.selected.has(person));
  }

  /** @param {string[]} gone */
  function remove(gone) {
    people = people.filter(({ person }) => !gone.includes(person));
    grid.select(gone, false);
    show();
  }

  /** An edit never moves the list. @param {string} person @param {Person} now */
  function replace(person, now) {
    people = people.map((each) => (each.person === person ? meet({ ...each, ...now }) : each));
    show();
  }

  /** @param {string} person */
  async function recount(person) {
    if (!people.some((each) => each.person === person)) return;
    const now = await personOf(directory, person).catch(() => null); // the list tells what became of them
    if (now) replace(person, now);
  }

  function erase() {
    const those = chosen();
    const names = those.map(({ person }) => person);
    const place = people.indexOf(those[0]);
    names.forEach((name) => leaving.add(name));
    grid.select(names, false);
    show();
    const after = people.slice(place).find(({ person }) => !leaving.has(person)) ?? people.findLast(({ person }) => !leaving.has(person));
    if (after) grid.focus(after.person);
    const values = { n: names.length, name: nameOfPerson(those[0]) };
    later({
      text: t("people.deleting", values),
      undo: () => {
        names.forEach((name) => leaving.delete(name));
        show();
      },
      run: async () => {
        await each(names, t("people.deletingNow"), (name) => deletePerson(directory, name), (name) => {
          leaving.delete(name);
          emit("person-gone", { directory, person: name });
        });
        return t("people.deleted", values);
      },
    });
  }

  /** @param {Person[]} those @param {Person} [into] who stays, unless somebody swaps them */
  async function merge(those, into) {
    const target = await mergeDialog(those, into);
    if (!target) return;
    const from = those.filter((each) => each !== target);
    try {
      const merged = await mergePersons(directory, target.person, from.map(({ person }) => person));
      from.forEach(({ person }) => emit("person-gone", { directory, person }));
      emit("person-changed", { directory, person: target.person, now: merged });
      grid.select([target.person], false);
      grid.focus(target.person);
      const undo = button(t("undo"), { kind: "quiet", icon: "undo", onclick: () => void takeBack(directory, target.person, merged.merge).catch(fail) });
      const shown = toast(t("people.merged", { n: those.length, name: nameOfPerson(target) }), { kind: "good", action: undo, seconds: 20 });
      undo.addEventListener("click", shown.close);
    } catch (error) {
      fail(error);
    }
  }

  /** Give all samples of the selected people to another one; they stay, without samples. */
  async function move() {
    const those = chosen();
    const choice = await openDialog(t("people.moveTitle", { n: those.length }), (/** @type {(choice?: import("../parts/chooser.js").Choice) => void} */ close) => [
      h("p", { class: "soft" }, t("people.moveText", { names: list(those.slice(0, 5).map(nameOfPerson)) })),
      personChooser({ directory, label: t("people.moveTo"), without: those.map(({ person }) => person), choose: close }).element,
    ]);
    if (!choice) return;
    try {
      await each(those, t("people.moving"), ({ person }) => moveAll(person, choice.person), ({ person }) => emit("samples-changed", { directory, person }));
      emit("samples-changed", { directory, person: choice.person });
      grid.select([...grid.selected], false);
      await load();
      succeed(t("people.moved", { n: those.length, name: choice.person }));
    } catch (error) {
      fail(error);
    }
  }

  /** @param {string} person @param {string} to */
  async function moveAll(person, to) {
    for (;;) {
      const { items } = await listSamples(directory, person, { limit: 1000 });
      if (!items.length) return;
      await moveSamples(directory, person, items.map(({ face }) => face), to);
    }
  }

  function dispose() {
    loading.abort();
    clearTimeout(timer);
    grid.dispose();
    unlisten.forEach((end) => end());
  }
}

/**
 * Do something for each of many, with progress that can be cancelled; what was done stays done.
 *
 * @template T
 * @param {T[]} items
 * @param {string} text
 * @param {(item: T) => Promise<unknown>} act
 * @param {(item: T) => void} done
 */
async function each(items, text, act, done) {
  let isCancelled = false;
  const line = progressLine(text, { cancel: () => (isCancelled = true) });
  const shown = items.length > 1 ? toast("", { action: line.element, seconds: Infinity }) : null;
  try {
    for (const [index, item] of items.entries()) {
      if (isCancelled) throw new DOMException("cancelled", "AbortError");
      line.progress(index / items.length);
      await act(item);
      done(item);
    }
  } finally {
    shown?.close();
  }
}

/**
 * Whose name, details and picture stay. Escape changes nothing.
 *
 * @param {Person[]} people
 * @param {Person} [into] who stays at first; or else who has most samples
 * @returns {Promise<Person | undefined>}
 */
function mergeDialog(people, into = people.reduce((best, each) => (each.faces > best.faces ? each : best))) {
  let target = into;
  return openDialog(t("people.mergeTitle", { n: people.length }), (/** @type {(target?: Person) => void} */ close) => {
    const body = h("div", { class: "merge-sides" });
    const save = button("", { kind: "primary", icon: "merge", onclick: () => close(target) });
    draw();
    return [h("p", { class: "soft" }, t("people.mergeText")), body, h("footer", {}, button(t("cancel"), { onclick: () => close() }), save)];

    /** @param {boolean} [isFocused] */
    function draw(isFocused = false) {
      const others = people.filter((each) => each !== target);
      const swap = button(t("people.swap"), { icon: "swap", onclick: () => ((target = others[0]), draw(true)) });
      const choice = people.length === 2 ? swap : h("label", { class: "stack" }, t("people.keep"), h("select", { onchange: (/** @type {any} */ event) => ((target = people[event.target.selectedIndex]), draw(true)) }, people.map((each) => h("option", { selected: each === target }, nameOfPerson(each)))));
      fill(body, side(target, t("people.stays"), true), h("div", { class: "merge-middle" }, choice), h("ul", { class: "merge-others" }, others.map((each) => h("li", {}, side(each, t("people.goes"), false)))));
      const text = save.querySelector("span");
      if (text) text.textContent = t("people.mergeInto", { name: nameOfPerson(target) });
      if (isFocused) {
        body.querySelector(".merge-middle")?.querySelector(people.length === 2 ? "button" : "select")?.focus();
        announce(t("people.mergeInto", { name: nameOfPerson(target) }));
      }
    }
  }, { wide: true });
}

/** @param {Person} person @param {string} heading @param {boolean} stays */
function side(person, heading, stays) {
  const metadata = Object.entries(person.metadata).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { class: "cut" }, typeof value === "string" ? value : JSON.stringify(value))));
  return h(
    "div",
    { class: `merge-side ${stays ? "stays" : ""}` },
    h("span", { class: `badge ${stays ? "match" : ""}` }, heading),
    h("div", { class: "row" }, personCrop(person), h("div", { class: "grow" }, h("strong", { class: "cut" }, nameOfPerson(person)), h("div", { class: "soft small" }, t("people.samples", { n: person.faces })), h("div", { class: "soft small" }, t("people.since", { when: date(person.created_at) })))),
    metadata.length > 0 && h("dl", { class: "small" }, metadata),
  );
}
