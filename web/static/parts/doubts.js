/** What somebody has to decide: pairs who may be one person, and samples that may show somebody else. */

import { dismissFace, dismissPair, getPerson, listLookalikes, listSamples, listWarnings, mergePersons, moveSamples, undoMerge } from "../core/api.js";
import { emit } from "../core/bus.js";
import { h } from "../core/dom.js";
import { date, percent, t } from "../core/i18n.js";
import { meet, nameOfPerson } from "../core/people.js";
import { personHref } from "../core/router.js";
import { can } from "../core/session.js";
import { sampleCrop } from "./crops.js";
import { removeSample } from "./wrong-sample.js";

const PAGE_SIZE = 50;
const MAX_SAMPLES = 6;

/**
 * @typedef {() => Promise<unknown>} Undo
 * @typedef {object} Answer
 * @property {"yes" | "no"} key
 * @property {string} text of its button
 * @property {() => Promise<Undo>} run Raises Problem.
 *
 * @typedef {object} Doubt
 * @property {string} id
 * @property {string[]} people whom it is about: it ends when one of them does
 * @property {() => Promise<{ question: string, body: HTMLElement, answers: Answer[] }>} prepare fetches all that is shown
 */

/** All doubts of a directory, in portions: look-alikes first. @param {string} directory */
export async function* doubtsOf(directory) {
  const pairs = new Set();
  for await (const { persons, similarity } of pagesOf((cursor) => listLookalikes(directory, { cursor, limit: PAGE_SIZE }))) {
    const [one, other] = persons;
    pairs.add(pairId(one.person, other.person));
    yield pairDoubt(directory, one.person, other.person, similarity);
  }
  for await (const warning of pagesOf((cursor) => listWarnings(directory, { cursor, limit: PAGE_SIZE }))) {
    if (warning.code !== "enrolled-as-another" || !warning.other) yield sampleDoubt(directory, warning);
    else if (!pairs.has(pairId(warning.face.person, warning.other.person))) {
      pairs.add(pairId(warning.face.person, warning.other.person));
      yield pairDoubt(directory, warning.face.person, warning.other.person, warning.value);
    }
  }
}

/**
 * @template T
 * @param {(cursor: string | null) => Promise<Page<T>>} list
 */
async function* pagesOf(list) {
  /** @type {string | null} */
  let cursor = null;
  do {
    const page = /** @type {Page<T>} */ (await list(cursor));
    yield* page.items;
    cursor = page.next;
  } while (cursor);
}

/** @param {string} one @param {string} other */
const pairId = (one, other) => JSON.stringify([one, other].sort());

/** @param {string} directory @param {string} one @param {string} other @param {number | null} similarity @returns {Doubt} */
function pairDoubt(directory, one, other, similarity) {
  return {
    id: pairId(one, other),
    people: [one, other],
    async prepare() {
      const sides = await Promise.all([one, other].map((person) => sideOf(directory, person)));
      const [stays, goes] = sides.map(({ person }) => person).sort((a, b) => b.faces - a.faces);
      const names = { one: nameOfPerson(sides[0].person), other: nameOfPerson(sides[1].person) };
      const hint = similarity === null ? "" : t("todo.similarity", { share: percent(similarity) });
      return {
        question: t("todo.same", names),
        body: h("div", { class: "doubt-sides" }, sides.map(({ element }) => element), h("p", { class: "soft small doubt-hint" }, hint)),
        answers: [
          { key: "yes", text: t("todo.merge", { name: nameOfPerson(stays) }), run: () => merge(directory, stays.person, goes.person) },
          { key: "no", text: t("todo.two"), run: () => keepApart(directory, one, other) },
        ],
      };
    },
  };
}

/** @param {string} directory @param {string} person @param {string} from @returns {Promise<Undo>} */
async function merge(directory, person, from) {
  const merged = await mergePersons(directory, person, [from]);
  emit("person-gone", { directory, person: from });
  emit("person-changed", { directory, person, now: merged });
  emit("samples-changed", { directory, person });
  return async () => {
    await undoMerge(directory, person, merged.merge);
    emit("samples-changed", { directory, person });
    emit("people-changed", { directory });
  };
}

/** @param {string} directory @param {string} one @param {string} other @returns {Promise<Undo>} */
async function keepApart(directory, one, other) {
  await dismissPair(directory, [one, other]);
  return () => dismissPair(directory, [one, other], false);
}

/** @param {string} directory @param {Warning} warning @returns {Doubt} */
function sampleDoubt(directory, { face: sample, code, other }) {
  const people = [sample.person, ...(other ? [other.person] : [])];
  return {
    id: JSON.stringify([sample.face]),
    people,
    async prepare() {
      const sides = await Promise.all(people.map((person) => sideOf(directory, person, sample.face)));
      const name = nameOfPerson(sides[0].person);
      const when = date(sample.created_at);
      const figure = h("figure", { class: "doubt-face" }, sampleCrop(sample, t("samples.of", { when })), h("figcaption", { class: "soft small" }, t("samples.of", { when })));
      await picturesOf(figure);
      return {
        question: t("todo.face", { name }),
        body: h("div", { class: "doubt-sample" }, figure, h("p", { class: "soft" }, t(/** @type {any} */ (`samples.${code}`), { name, other: other ? nameOfPerson(other) : "" })), h("div", { class: "doubt-sides" }, sides.map(({ element }) => element))),
        answers: [
          { key: "yes", text: t("todo.right", { name }), run: () => confirm(directory, sample) },
          ...(other ? [{ key: /** @type {const} */ ("no"), text: t("todo.give", { name: nameOfPerson(other) }), run: () => give(directory, sample, other.person) }] : []),
          ...(!other && can("delete") ? [{ key: /** @type {const} */ ("no"), text: t("todo.remove"), run: () => remove(sides[0].person, sample) }] : []),
        ],
      };
    },
  };
}

/** @param {string} directory @param {Sample} sample @returns {Promise<Undo>} */
async function confirm(directory, { face, person }) {
  await dismissFace(directory, face);
  emit("samples-changed", { directory, person });
  return async () => {
    await dismissFace(directory, face, false);
    emit("samples-changed", { directory, person });
  };
}

/** @param {string} directory @param {Sample} sample @param {string} to @returns {Promise<Undo>} */
async function give(directory, { face, person }, to) {
  const told = () => [person, to].forEach((each) => emit("samples-changed", { directory, person: each }));
  await moveSamples(directory, person, [face], to);
  told();
  return async () => {
    await moveSamples(directory, to, [face], person);
    told();
  };
}

/** Ten seconds later, as all deletions. @param {Person} person @param {Sample} sample @returns {Promise<Undo>} */
async function remove(person, sample) {
  const undo = removeSample(person, sample);
  return async () => {
    if (!undo()) throw new Error(t("todo.late"));
  };
}

/** A person with some samples, whose pictures are there. @param {string} directory @param {string} id @param {string} [without] a sample */
async function sideOf(directory, id, without) {
  const [person, { items }] = await Promise.all([getPerson(directory, id), listSamples(directory, id, { limit: MAX_SAMPLES + 1 })]);
  const samples = items.filter(({ face }) => face !== without).slice(0, MAX_SAMPLES);
  const element = h(
    "section",
    { class: "doubt-side" },
    h("h3", { class: "cut" }, h("a", { href: personHref(directory, id) }, nameOfPerson(person))),
    h("p", { class: "soft small" }, [person.display_name ? id : null, t("people.samples", { n: person.faces })].filter(Boolean).join(" · ")),
    h("div", { class: "doubt-crops" }, samples.map((sample) => sampleCrop(sample))),
  );
  await picturesOf(element);
  return { person: meet(person), element };
}

/** Have the pictures before they are shown. @param {HTMLElement} element */
async function picturesOf(element) {
  const pictures = [...element.querySelectorAll("img")];
  for (const each of pictures) each.loading = "eager";
  await Promise.allSettled(pictures.map((each) => each.decode()));
}
