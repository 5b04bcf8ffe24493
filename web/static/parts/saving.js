/** Files that the browser saves. */

import { h } from "../core/dom.js";

/** @param {Blob} content @param {string} name */
export function saveFile(content, name) {
  const url = URL.createObjectURL(content);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/**
 * Save a table as CSV: UTF-8 with a mark, as spreadsheets expect it, and without formulas.
 *
 * @param {string} name without a suffix; the day is added
 * @param {string[][]} rows the first one has the names of the columns
 */
export function saveCsv(name, rows) {
  const lines = rows.map((row) => row.map(cell).join(","));
  saveFile(new Blob([`\ufeff${lines.join("\r\n")}\r\n`], { type: "text/csv" }), `${name}-${new Date().toISOString().slice(0, 10)}.csv`);
}

/** @param {string} text */
const cell = (text) => `"${text.replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`;
