/** Texts, numbers and times in the language of whoever reads. */

import { kept } from "./store.js";

/** @typedef {keyof typeof import("../strings/en.js").default} Key */
/** @typedef {Partial<Record<Intl.LDMLPluralRule, string>>} Plural */
/** @typedef {Record<Key, string | Plural>} Strings */

/** @type {Record<string, string>} */
export const LANGUAGES = { en: "English", de: "Deutsch", fr: "Français", es: "Español", zh: "中文" };

/** What was chosen here, or "" for the browser's language. */
export const chosenLanguage = kept("language", "");

let language = "en";
/** @type {Strings} */
let strings;

/** Load the texts; called once, before anything is shown. */
export async function loadLanguage() {
  const wishes = [chosenLanguage.get(), ...navigator.languages].map((tag) => tag.split("-")[0]);
  language = wishes.find((each) => each in LANGUAGES) ?? "en";
  document.documentElement.lang = language;
  strings = (await import(`../strings/${language}.js`)).default;
}

/** The language of the page, such as "de". */
export const currentLanguage = () => language;

/**
 * A text. `{name}` stands for a value of `values`; a text with plural forms is chosen by its value `n`.
 *
 * @param {Key} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const entry = strings[key];
  const text = typeof entry === "string" ? entry : (entry[plural(Number(values.n))] ?? entry.other ?? "");
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    return typeof value === "number" ? number(value) : (value ?? whole);
  });
}

/** A text as it is within a sentence: "one person". @param {string} text */
export const within = (text) => text.charAt(0).toLocaleLowerCase(language) + text.slice(1);

/** None is never one, as French counts: the texts of one have no number. @param {number} n */
const plural = (n) => (n === 0 ? "other" : new Intl.PluralRules(language).select(n));

/** @param {number} value @param {Intl.NumberFormatOptions} [options] */
export const number = (value, options) => new Intl.NumberFormat(language, options).format(value);

/** @param {number} share */
export const percent = (share) => number(share, { style: "percent" });

/** @param {string | Date} time @param {Intl.DateTimeFormatOptions} [options] */
export const dateTime = (time, options = { dateStyle: "medium", timeStyle: "short" }) =>
  new Intl.DateTimeFormat(language, options).format(new Date(time));

/** @param {string | Date} time */
export const date = (time) => dateTime(time, { dateStyle: "medium" });

/** Several names in a row. @param {string[]} names */
export const list = (names) => new Intl.ListFormat(language, { type: "conjunction" }).format(names);

/**
 * Where a face is among those of a photograph: "second from left".
 *
 * @param {number} position from 0
 * @param {number} count
 */
export function fromLeft(position, count) {
  const words = t("face.positions").split("|");
  if (count === 1) return t("face.only");
  return position < words.length ? words[position] : t("face.position", { n: position + 1 });
}
