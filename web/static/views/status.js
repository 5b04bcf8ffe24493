/** How the service is: ready or not, how fast and busy, its models and what they may be used for, its version, and what one's key has left. */

import { getModels, getReadiness, getStatus, getUsage, getVersion } from "../core/api.js";
import { button, fill, h, icon } from "../core/dom.js";
import { API, Problem } from "../core/http.js";
import { list as listed, number, percent, t } from "../core/i18n.js";
import { nameOf } from "../core/router.js";
import { can, session } from "../core/session.js";
import { fail, sentence } from "../core/toast.js";
import { usageOf } from "../parts/usage.js";

/** @typedef {import("../core/i18n.js").Key} Key */
/** @typedef {import("../core/dom.js").Child} Child */

const EVERY_MS = 5_000;
const BADGES = { ready: "match", "set-aside": "review", unavailable: "bad" };

/** @type {ViewModule["view"]} */
export function view() {
  const parts = { ready: section("ready"), load: section("load"), vectorizers: section("vectorizers"), models: section("models"), usage: section("usage") };
  const version = h("p", { class: "soft" });
  const links = h("section", { class: "card stack" }, h("h2", {}, t("status.links")), h("ul", { class: "stack" }, h("li", {}, h("a", { href: new URL("docs", API).href, target: "_blank" }, t("status.documentation"))), h("li", {}, h("a", { href: new URL("openapi.json", API).href, target: "_blank" }, t("status.openapi")))), h("p", { class: "soft small" }, t("status.metrics")));
  const isOperator = can("operate");
  const sections = [parts.ready, isOperator && parts.load, isOperator && parts.vectorizers, session().subject.startsWith("key:") && parts.usage, parts.models];
  const element = h("div", {}, h("div", { class: "view-head" }, h("div", { class: "stack" }, h("h1", {}, nameOf("status")), version), button(t("status.refresh"), { onclick: () => void load() })), h("div", { class: "status-columns" }, sections.map((each) => each && each.element), links));
  let timer = 0;
  let isAsking = false;
  document.addEventListener("visibilitychange", again);
  resume();
  void load();
  return { element, title: nameOf("status"), pause, resume, dispose };

  function resume() {
    timer = window.setInterval(again, EVERY_MS);
    void again();
  }
  function pause() {
    clearInterval(timer);
    timer = 0;
  }
  function dispose() {
    pause();
    document.removeEventListener("visibilitychange", again);
  }
  /** Nobody looks at a hidden tab; an answer that takes long is waited for. */
  async function again() {
    if (document.hidden || isAsking || !timer) return;
    isAsking = true;
    await Promise.all([readiness(), isOperator && operation()].map((each) => Promise.resolve(each).catch(fail)));
    isAsking = false;
  }
  async function load() {
    await Promise.all([again(), about(), models(), session().subject.startsWith("key:") && usage()].map((each) => Promise.resolve(each).catch(fail)));
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
  async function operation() {
    const found = await getStatus();
    fill(parts.load.place, loadOf(found));
    fill(parts.vectorizers.place, found.vectorizers.map(vectorizerOf));
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

/** @param {Status} status @returns {Child[]} */
function loadOf({ recognize, learn, photographs, vectorizers, search, jobs }) {
  const sum = (/** @type {"busy" | "waiting"} */ name) => vectorizers.reduce((all, each) => all + (each[name] ?? 0), 0);
  return [
    facts([
      ["status.recognizing", recentOf(recognize)],
      ["status.learning", recentOf(learn)],
      ["status.analyses", t("status.queue", { running: sum("busy"), waiting: sum("waiting") })],
      ["status.photographs", t("status.of", { spent: number(photographs.in_progress), limit: number(photographs.limit) })],
      ["status.recall", search.recall === null ? t("status.notChecked") : t("status.checked", { share: number(search.recall, { style: "percent", maximumFractionDigits: 1 }), n: search.checked })],
      ["status.jobs", jobs === null ? t("status.unknown") : jobs.length ? jobs.map((each) => h("div", {}, h("code", {}, each.kind), " ", t(each.postponed ? "status.queueLater" : "status.queue", { running: each.running, waiting: each.waiting, postponed: each.postponed }))) : t("status.noJobs")],
    ]),
    h("p", { class: "soft small" }, t("status.ofGateway")),
  ];
}

/** @param {RecentRequests} recent @returns {string} */
function recentOf({ requests, refused, served_per_second: rate, p50_seconds: median, p99_seconds: slow }) {
  if (!requests) return t("status.noRequests");
  const words = [t("bulk.rate", { rate: number(rate, { maximumSignificantDigits: 2 }) }), median !== null && slow !== null && t("status.latency", { median: time(median), slow: time(slow) }), refused > 0 && t("status.refused", { share: percent(refused / requests) })];
  return words.filter(Boolean).join(" · ");
}

/** @param {number} seconds */
const time = (seconds) => (seconds < 1 ? number(Math.round(1000 * seconds), { style: "unit", unit: "millisecond" }) : number(seconds, { style: "unit", unit: "second", maximumFractionDigits: 1 }));

/** @param {Status["vectorizers"][number]} vectorizer */
function vectorizerOf({ url, state, detail, lanes, busy, waiting, detector, embedder }) {
  const load = lanes === null ? "" : t("status.lanes", { busy: busy ?? 0, lanes, waiting: waiting ?? 0 });
  const models = listed([detector, embedder].filter((each) => each !== null));
  return h("div", { class: "stack status-vectorizer" }, h("div", { class: "row spread" }, h("h3", { class: "cut" }, url), h("span", { class: `badge ${BADGES[state]}` }, t(`status.state.${state}`))), detail && h("p", { class: "note bad" }, icon("alert"), detail), load && h("p", { class: "numbers" }, load), models && h("p", { class: "soft small" }, models));
}

/** @param {"detector" | "embedder"} kind @param {string} id @param {Models["models"]} models */
function modelOf(kind, id, models) {
  const model = models.find(({ name, sha256 }) => id.startsWith(`${name}@`) && sha256.some((each) => each.startsWith(id.slice(name.length + 1))));
  return h("div", { class: "stack" }, h("h3", {}, t(`status.${kind}`)), facts([["status.model", id], ["status.licence", model?.licence], ["status.use", model?.allowed_use]]));
}

/** @param {[Key, Child | Child[]][]} rows */
const facts = (rows) => h("dl", { class: "facts" }, rows.map(([key, value]) => h("div", {}, h("dt", {}, t(key)), h("dd", {}, value ?? t("status.unknown")))));
