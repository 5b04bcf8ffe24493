/** What a key has spent today, of what. */

import { h } from "../core/dom.js";
import { dateTime, number, t } from "../core/i18n.js";

/** @param {Usage} usage */
export function usageOf({ quotas, limits, resets_at }) {
  return [
    h("ul", { class: "stack" }, quotas.map(({ kind, spent, limit }) => h("li", {}, h("div", { class: "row spread" }, h("span", {}, limitName(`${kind}_per_day`)), h("span", { class: "numbers" }, limit === null ? number(spent) : t("status.of", { spent: number(spent), limit: number(limit) }))), limit !== null && h("progress", { class: "usage-bar", max: limit, value: Math.min(spent, limit), "aria-label": limitName(`${kind}_per_day`) })))),
    h("ul", { class: "small soft" }, limits.filter(({ limit }) => limit !== null).map(({ name, limit }) => h("li", {}, limitName(name), ": ", number(Number(limit))))),
    h("p", { class: "soft small" }, t("status.resets", { when: dateTime(resets_at) })),
  ];
}

/** @param {string} name */
export const limitName = (name) => t(/** @type {import("../core/i18n.js").Key} */ (`status.limit.${name}`));
