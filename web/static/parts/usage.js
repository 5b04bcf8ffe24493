/** What a key has spent today, of what. */

import { h } from "../core/dom.js";
import { dateTime, number, t } from "../core/i18n.js";

/** @param {Usage} usage */
export function usageOf({ quotas, limits, resets_at }) {
  return [
    h("ul", { class: "stack" }, quotas.map(({ kind, spent, limit }) => h("li", {}, h("div", { class: "row spread usage" }, h("span", {}, limitName(`${kind}_per_day`)), h("span", { class: "numbers" }, limit === null ? amount(kind, spent) : t("status.of", { spent: amount(kind, spent), limit: amount(kind, limit) }))), limit !== null && h("progress", { class: "usage-bar", max: limit, value: Math.min(spent, limit), "aria-label": limitName(`${kind}_per_day`) })))),
    h("ul", { class: "small soft" }, limits.filter(({ limit }) => limit !== null).map(({ name, limit }) => h("li", {}, limitName(name), ": ", number(Number(limit))))),
    h("p", { class: "soft small" }, t("status.resets", { when: dateTime(resets_at) })),
  ];
}

/** @param {string} kind @param {number} value */
const amount = (kind, value) => (kind.endsWith("bytes") ? number(value / 1e6, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 }) : number(value, { maximumFractionDigits: 1 }));

/** @param {string} name */
export const limitName = (name) => t(/** @type {import("../core/i18n.js").Key} */ (`status.limit.${name}`));
