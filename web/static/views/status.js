/** How the service is: ready or not, its models and what they may be used for, its version, and what one's key has left. */

import { getModels, getReadiness, getUsage, getVersion } from "../core/api.js";
import { button, fill, h, icon } from "../core/dom.js";
import { API, Problem } from "../core/http.js";
import { dateTime, number, t } from "../core/i18n.js";
import { nameOf } from "../core/router.js";
import { session } from "../core/session.js";
import { fail, sentence } from "../core/toast.js";

/** @typedef {import("../core/i18n.js").Key} Key */

const EVERY_MS = 15_000;

/** @type {ViewModule["view"]} */
export function view() {
  const parts = { ready: section("ready"), models: section("models"), usage: section("usage") };
  const version = h("p", { class: "soft" });
  const links = h("section", { class: "card stack" }, h("h2", {}, t("status.links")), h("ul", { class: "stack" }, h("li", {}, h("a", { href: new URL("docs", API).href, target: "_blank" }, t("status.documentation"))), h("li", {}, h("a", { href: new URL("openapi.json", API).href, target: "_blank" }, t("status.openapi")))), h("p", { class: "soft small" }, t("status.metrics")));
  const element = h("div", {}, h("div", { class: "view-head" }, h("div", { class: "stack" }, h("h1", {}, nameOf("status")), version), button(t("status.refresh"), { onclick: () => void load() })), h("div", { class: "status-columns" }, parts.ready.element, parts.usage.element, parts.models.element, links));
  let timer = 0;
  void load();
  resume();
  return { element, title: nameOf("status"), pause, resume, dispose: pause };

  function resume() {
    timer = window.setInterval(() => void readiness().catch(fail), EVERY_MS);
  }
  function pause() {
    clearInterval(timer);
  }
  async function load() {
    parts.usage.element.hidden = !session().subject.startsWith("key:");
    await Promise.all([readiness(), about(), models(), !parts.usage.element.hidden && usage()].map((each) => Promise.resolve(each).catch(fail)));
  }
  async function about() {
    version.textContent = t("status.version", { version: (await getVersion()).version });
  }
  async function readiness() {
    const before = performance.now();
    const { isReady, sentences } = await asked();
    const milliseconds = Math.round(performance.now() - before);
    fill(parts.ready.place, h("p", { class: `badge ${isReady ? (sentences.length ? "review" : "match") : "bad"}` }, icon(isReady && !sentences.length ? "check" : "alert"), t(isReady ? (sentences.length ? "status.limited" : "status.isReady") : "status.notReady")), sentences.map((each) => h("p", { class: "note review" }, icon("alert"), each)), isReady && h("p", { class: "soft small" }, t("status.answers", { milliseconds })));
  }
  async function models() {
    const { active, models } = await getModels();
    fill(parts.models.place, /** @type {const} */ (["detector", "embedder"]).map((kind) => modelOf(kind, active[kind], models)));
  }
  async function usage() {
    fill(parts.usage.place, usageOf(await getUsage()));
  }
}

/** Readiness; a service that is not ready is no fault of the page. */
async function asked() {
  try {
    return { isReady: true, sentences: (await getReadiness()).warnings };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { isReady: false, sentences: [sentence(error)] };
  }
}

/** @param {string} name */
function section(name) {
  const place = h("div", { class: "stack" });
  return { place, element: h("section", { class: "card stack" }, h("h2", {}, t(/** @type {Key} */ (`status.${name}`))), place) };
}

/** @param {"detector" | "embedder"} kind @param {string} id @param {Models["models"]} models */
function modelOf(kind, id, models) {
  const model = models.find(({ name, sha256 }) => id.startsWith(`${name}@`) && sha256.some((each) => each.startsWith(id.slice(name.length + 1))));
  return h("div", { class: "stack" }, h("h3", {}, t(`status.${kind}`)), facts([["status.model", id], ["status.licence", model?.licence], ["status.use", model?.allowed_use]]));
}

/** @param {[Key, string | undefined][]} rows */
const facts = (rows) => h("dl", { class: "facts" }, rows.map(([key, value]) => h("div", {}, h("dt", {}, t(key)), h("dd", {}, value ?? t("status.unknown")))));

/** What a key has spent today, of what. @param {Usage} usage */
export function usageOf({ quotas, limits, resets_at }) {
  return [
    h("ul", { class: "stack" }, quotas.map(({ kind, spent, limit }) => h("li", {}, h("div", { class: "row spread" }, h("span", {}, limitName(`${kind}_per_day`)), h("span", { class: "numbers" }, limit === null ? number(spent) : t("status.of", { spent: number(spent), limit: number(limit) }))), limit !== null && h("progress", { max: limit, value: Math.min(spent, limit), "aria-label": limitName(`${kind}_per_day`) })))),
    h("ul", { class: "small soft" }, limits.filter(({ limit }) => limit !== null).map(({ name, limit }) => h("li", {}, limitName(name), ": ", number(Number(limit))))),
    h("p", { class: "soft small" }, t("status.resets", { when: dateTime(resets_at) })),
  ];
}

/** @param {string} name */
export const limitName = (name) => t(/** @type {Key} */ (`status.limit.${name}`));
