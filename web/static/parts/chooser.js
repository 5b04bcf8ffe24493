/** Choosing a person: suggestions with pictures, the likeliest first, then those named last, then a search. */

import { listPersons } from "../core/api.js";
import { isThere } from "../core/directories.js";
import { fill, h, icon, newId, setAttribute } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { meet, nameOfPerson, personOf, recentPeople } from "../core/people.js";
import { fail, isCancelled } from "../core/toast.js";
import { personCrop } from "./crops.js";

const MAX_FOUND = 20;
const PAUSE_MS = 120;

/**
 * @typedef {{ person: string, isNew: boolean }} Choice
 * @typedef {{ choice: Choice, person: Promise<Person> | null, hint: string }} Option
 */

/**
 * A combobox of the people of a directory. `choose` is called with an id of a person, who may have to be made.
 *
 * @param {object} options
 * @param {string} options.directory
 * @param {string} options.label
 * @param {{ person: string, hint: string }[]} [options.suggestions] the likeliest first
 * @param {string[]} [options.without] ids that are not offered
 * @param {boolean} [options.allowNew]
 * @param {(choice: Choice) => void} options.choose
 */
export function personChooser({ directory, label, suggestions = [], without = [], allowNew = true, choose }) {
  const [listId, labelId] = [newId(), newId()];
  const input = h("input", {
    type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", placeholder: t("chooser.placeholder"), maxlength: "255",
    "aria-expanded": "true", "aria-controls": listId, "aria-autocomplete": "list", "aria-labelledby": labelId, oninput: later, onkeydown: press,
  });
  const listbox = h("ul", { id: listId, role: "listbox", class: "chooser-list", "aria-labelledby": labelId });
  const element = h("div", { class: "chooser" }, h("label", { id: labelId }, label), input, listbox);
  /** @type {Option[]} */
  let options = [];
  let active = -1;
  let timer = 0;
  let searching = new AbortController();
  let searched = Promise.resolve();
  offerFirst();
  return { element, focus: () => input.focus() };

  function later() {
    clearTimeout(timer);
    mark(-1);
    timer = window.setTimeout(() => (searched = search(input.value.trim()).catch(fail)), PAUSE_MS);
  }

  /** @param {string} text */
  async function search(text) {
    clearTimeout(timer);
    timer = 0;
    searching.abort();
    if (!text) return offerFirst();
    searching = new AbortController();
    try {
      const items = (await isThere(directory)) ? (await listPersons(directory, { search: text, limit: MAX_FOUND }, searching.signal)).items : [];
      const found = items.filter(({ person }) => !without.includes(person)).map((person) => optionOf(person.person, personHint(person), Promise.resolve(meet(person))));
      const isKnown = items.some(({ person }) => person === text) || without.includes(text);
      offer(allowNew && !isKnown ? [...found, { choice: { person: text, isNew: true }, person: null, hint: t("chooser.new") }] : found);
    } catch (error) {
      if (!isCancelled(error)) throw error;
    }
  }

  function offerFirst() {
    const likely = suggestions.map(({ person, hint }) => optionOf(person, hint));
    const named = recentPeople(directory).map((person) => optionOf(person, t("chooser.recent")));
    const seen = new Set(without);
    offer([...likely, ...named].filter(({ choice: { person } }) => !seen.has(person) && seen.add(person)));
  }

  /** @param {string} person @param {string} hint @param {Promise<Person>} [known] @returns {Option} */
  function optionOf(person, hint, known) {
    return { choice: { person, isNew: false }, person: known ?? personOf(directory, person), hint };
  }

  /** @param {Option[]} offered */
  function offer(offered) {
    options = offered;
    fill(listbox, options.map(optionElement));
    mark(options.length && input.value ? 0 : -1);
  }

  /** @param {Option} option @param {number} index */
  function optionElement({ choice, person, hint }, index) {
    const name = h("span", { class: "cut" }, choice.person);
    person?.then((known) => (name.textContent = nameOfPerson(known)), () => {});
    const picture = choice.isNew ? h("span", { class: "crop" }, icon("plus")) : personCrop(person);
    return h("li", { role: "option", id: `${listId}-${index}`, "aria-selected": "false", class: "chooser-option", onclick: () => choose(choice) }, picture, h("span", { class: "grow" }, name, h("span", { class: "soft small cut" }, hint)));
  }

  /** @param {number} index */
  function mark(index) {
    active = index;
    for (const [each, option] of [...listbox.children].entries()) option.setAttribute("aria-selected", String(each === active));
    setAttribute(input, "aria-activedescendant", active < 0 ? null : `${listId}-${active}`);
    listbox.children[active]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  function press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length) {
      event.preventDefault();
      mark((active + step + options.length) % options.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      void pick();
    }
  }

  async function pick() {
    if (timer) searched = search(input.value.trim()).catch(fail);
    await searched; // what was typed last counts
    if (active >= 0) choose(options[active].choice);
  }
}

/** @param {Person} person */
const personHint = (person) => [person.display_name && person.person, t("people.samples", { n: person.faces })].filter(Boolean).join(" · ");
