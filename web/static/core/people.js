/** What the page knows of people: each is asked for once, until it changes. */

import { getPerson } from "./api.js";
import { on } from "./bus.js";
import { resource } from "./http.js";
import { can, session } from "./session.js";
import { kept } from "./store.js";

const MAX_KNOWN = 2000;
const MAX_RECENT = 8;

/** @type {Map<string, Promise<Person>>} */
const known = new Map();

/** @param {string} directory @param {string} person */
const keyOf = (directory, person) => JSON.stringify([directory, person]);

/** What to call a person. @param {Pick<Person, "person" | "display_name">} person */
export const nameOfPerson = ({ person, display_name }) => display_name || person;

/** A person by its id; kept. A key that may not read knows no more than the id. @param {string} directory @param {string} person */
export function personOf(directory, person) {
  if (!can("read")) return Promise.resolve(/** @type {Person} */ ({ directory, person, display_name: null, crop: null }));
  const key = keyOf(directory, person);
  const there = known.get(key);
  if (there) return there;
  if (known.size >= MAX_KNOWN) known.clear();
  const asked = getPerson(directory, person);
  known.set(key, asked);
  asked.catch(() => known.delete(key));
  return asked;
}

/** Keep a person that an answer has shown. @param {Person} person */
export function meet(person) {
  known.set(keyOf(person.directory, person.person), Promise.resolve(person));
  return person;
}

/** The URL of a person's picture, or null. @param {Pick<Person, "crop">} person */
export const cropOf = ({ crop }) => resource(crop);

/** @param {{ directory: string, person: string }} changed */
function forget({ directory, person }) {
  known.delete(keyOf(directory, person));
}

on("person-changed", forget);
on("person-gone", (gone) => {
  forget(gone);
  keepRecent(others(gone));
});
on("samples-changed", forget);

/** Names given last, in this tab only: they are people's. */
const recent = kept("recent", "[]", () => sessionStorage);

/** The people of a directory that were named last, the latest first. @param {string} directory @returns {string[]} */
export const recentPeople = (directory) => recents().filter(([where]) => where === directory).map(([, person]) => person);

/** @param {string} directory @param {string} person */
export function noteRecent(directory, person) {
  keepRecent([[directory, person], ...others({ directory, person })]);
}

/** @param {{ directory: string, person: string }} gone @returns {[string, string][]} */
const others = ({ directory, person }) => recents().filter((each) => each[0] !== directory || each[1] !== person);

/** @param {[string, string][]} people */
const keepRecent = (people) => recent.set(JSON.stringify(people.slice(0, MAX_RECENT)));

/** @returns {[string, string][]} */
const recents = () => JSON.parse(recent.get());

/** Whether crops can be seen at all. */
export const seesCrops = () => session().scopes.has("images") && session().scopes.has("read");
