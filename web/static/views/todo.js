/** Look-alikes and doubtful samples, one after the other: one key each confirms, rejects, skips, and undoes. */

import { cancelJob, getComparison, getJob, startComparison } from "../core/api.js";
import { on } from "../core/bus.js";
import { isThere } from "../core/directories.js";
import { button, fill, h, icon } from "../core/dom.js";
import { Problem } from "../core/http.js";
import { dateTime, number, t } from "../core/i18n.js";
import { nameOf } from "../core/router.js";
import { announce, fail } from "../core/toast.js";
import { doubtsOf } from "../parts/doubts.js";
import { progressLine } from "../parts/progress.js";

const AHEAD = 3;
const PAUSE_MS = 1000;
const KEYS = { yes: "Y", no: "N", skip: "S", undo: "U" };

/** @typedef {import("../parts/doubts.js").Doubt} Doubt */
/** @typedef {Awaited<ReturnType<Doubt["prepare"]>>} Prepared */
/** @typedef {{ doubt: Doubt, ready: Promise<Prepared | null> }} Entry */
/** @typedef {{ entry: Entry, done: Promise<null | (() => Promise<unknown>)> }} Decision */

/** @type {ViewModule["view"]} */
export function view({ directory }) {
  /** @type {AsyncGenerator<Doubt>} */
  let source = doubtsOf(directory);
  /** @type {Entry[]} the first one is shown */
  let queue = [];
  /** @type {Decision[]} */
  const decisions = [];
  /** @type {Set<string>} decided here; the service may still be told of them */
  const decided = new Set();
  /** @type {Set<string>} */
  const skipped = new Set();
  /** @type {Promise<void> | null} */
  let filling = null;
  let isComplete = false;
  let hasFailed = false;
  let isShown = true;
  /** @type {string | null} */
  let job = null;
  let watched = 0;
  /** @type {Prepared | null} */
  let present = null;

  const count = h("p", { class: "soft small", role: "status" });
  const stage = h("div", { class: "todo-stage" });
  const answers = h("div", { class: "todo-answers" });
  const undo = control("undo", t("undo"), "quiet", () => void takeBack());
  const comparison = h("section", { class: "card todo-comparison" });
  const element = h(
    "div",
    { class: "todo" },
    h("div", { class: "view-head" }, h("h1", {}, nameOf("todo")), count),
    stage,
    answers,
    comparison,
  );
  addEventListener("keydown", press);
  const unlisten = [on("person-gone", ({ person, ...where }) => where.directory === directory && drop(person))];
  void restart();
  void showComparison().catch(fail);
  return { element, title: nameOf("todo"), pause, resume, dispose };

  /** A button with its key. @param {keyof typeof KEYS} key @param {string} text @param {string} kind @param {() => void} onclick */
  function control(key, text, kind, onclick) {
    const made = button(text, { kind, onclick, "aria-keyshortcuts": KEYS[key] });
    made.append(h("kbd", { "aria-hidden": "true" }, KEYS[key]));
    return made;
  }

  async function restart() {
    queue = [];
    isComplete = hasFailed = false;
    skipped.clear();
    source = (await isThere(directory)) ? doubtsOf(directory) : nothing();
    await refill();
    await show();
  }

  /** Have the next ones ready before they are asked for. */
  function refill() {
    filling ??= (async () => {
      while (!isComplete && queue.length <= AHEAD) {
        const { value, done } = await source.next();
        if (done) isComplete = true;
        else if (!decided.has(value.id) && !skipped.has(value.id) && !queue.some(({ doubt }) => doubt.id === value.id)) queue.push(entryOf(value));
      }
    })().catch((error) => {
      isComplete = hasFailed = true;
      fail(error);
    }).finally(() => (filling = null));
    return filling;
  }

  /** @param {Doubt} doubt @returns {Entry} */
  function entryOf(doubt) {
    const ready = doubt.prepare().catch((error) => {
      if (!(error instanceof Problem && error.status === 404)) fail(error);
      return null; // somebody has decided it meanwhile
    });
    return { doubt, ready };
  }

  async function show() {
    const first = queue[0];
    present = null;
    if (!first) return showEnd();
    const prepared = await first.ready;
    if (first !== queue[0]) return;
    if (!prepared) return next();
    present = prepared;
    const had = answers.contains(document.activeElement) || stage.contains(document.activeElement);
    const heading = h("h2", { tabindex: "-1" }, prepared.question);
    fill(stage, h("div", { class: "card stack" }, heading, prepared.body));
    const buttons = prepared.answers.map(({ key, text }) => control(key, text, key === "yes" ? "primary" : "", () => decide(key)));
    fill(answers, buttons, control("skip", t("todo.skip"), "", skip), undo);
    say();
    if (had) heading.focus({ preventScroll: true });
    announce(prepared.question);
  }

  function say() {
    undo.disabled = decisions.length === 0;
    count.textContent = decided.size ? t("todo.decided", { n: decided.size }) : "";
  }

  function showEnd() {
    if (!isComplete) return void refill().then(show);
    const text = hasFailed ? [] : [icon("check"), h("p", {}, t("todo.nothing"))];
    fill(stage, h("div", { class: "todo-end" }, text, hasFailed && button(t("retry"), { onclick: () => void restart() })));
    fill(answers, decisions.length > 0 && undo);
    say();
    if (!hasFailed) announce(t("todo.nothing"));
  }

  function next() {
    queue.shift();
    void refill();
    void show();
  }

  /** The next one is shown at once; the service is told meanwhile. @param {"yes" | "no"} key */
  function decide(key) {
    const answer = present?.answers.find((each) => each.key === key);
    const [entry] = queue;
    if (!answer || !entry) return;
    decided.add(entry.doubt.id);
    const done = answer.run().catch((error) => {
      fail(error);
      decisions.splice(decisions.findIndex((each) => each.entry === entry), 1);
      putBack(entry.doubt);
      return null;
    });
    decisions.push({ entry, done });
    next();
  }

  function skip() {
    const [entry] = queue;
    if (!entry || !present) return;
    skipped.add(entry.doubt.id);
    decisions.push({ entry, done: Promise.resolve(async () => {}) });
    next();
  }

  async function takeBack() {
    const last = decisions.pop();
    if (!last) return;
    say();
    try {
      const revert = await last.done;
      if (!revert) return;
      await revert();
      announce(t("todo.undone"));
      putBack(last.entry.doubt);
    } catch (error) {
      fail(error);
    }
  }

  /** @param {Doubt} doubt */
  function putBack(doubt) {
    decided.delete(doubt.id);
    skipped.delete(doubt.id);
    queue = [entryOf(doubt), ...queue.filter((each) => each.doubt.id !== doubt.id)];
    void show();
  }

  /** Merged or deleted: what is left about that person has no question. @param {string} person */
  function drop(person) {
    const first = queue[0];
    queue = queue.filter(({ doubt }) => !doubt.people.includes(person));
    if (first !== queue[0]) void refill().then(show);
  }

  /** @param {KeyboardEvent} event */
  function press(event) {
    if (!element.isConnected || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target instanceof HTMLElement && event.target.matches("input, textarea, select")) return;
    const key = event.key.toUpperCase();
    if (key === KEYS.undo) void takeBack();
    else if (event.repeat) return; // a key that is held decides once
    else if (key === KEYS.skip) skip();
    else if (key === KEYS.yes) decide("yes");
    else if (key === KEYS.no) decide("no");
    else return;
    event.preventDefault();
  }

  /** @returns {Promise<void>} */
  async function showComparison() {
    if (!(await isThere(directory))) return void fill(comparison, h("p", { class: "soft" }, t("people.empty")));
    const latest = await getComparison(directory);
    job ??= latest.finished_at ? null : latest.job;
    if (job && ["waiting", "running"].includes((await getJob(job).catch(() => null))?.state ?? "")) return watch(job);
    job = null;
    const text = latest.finished_at ? t("todo.compared", { when: dateTime(latest.finished_at), n: latest.compared }) : t("todo.neverCompared");
    fill(comparison, h("p", { class: "grow soft" }, text), button(t("todo.compare"), { icon: "search", onclick: () => void compare() }));
  }

  async function compare() {
    try {
      job = (await startComparison(directory)).job;
      await watch(job);
    } catch (error) {
      fail(error);
    }
  }

  /** @param {string} id @returns {Promise<void>} */
  async function watch(id) {
    const mine = (watched += 1);
    let isStopping = false;
    const line = progressLine(t("todo.comparing"), { cancel: () => void stop() });
    fill(comparison, line.element);
    while (mine === watched && isShown) {
      const { state, progress, problem } = await getJob(id);
      if (problem?.code === "job-cancelled") announce(t("todo.cancelled"));
      else if (state === "failed") fail(new Problem({ code: problem?.code ?? "", detail: problem?.detail ?? "" }));
      if (state === "failed" || state === "done") job = null;
      if (state === "failed" || state === "done") {
        if (state === "done") announce(t("todo.comparedNow"));
        await restart();
        return showComparison();
      }
      if (isStopping) line.progress(null, t("bulk.stopping"));
      else if (progress?.total) line.progress(progress.done / progress.total, t("todo.comparingOf", { done: number(progress.done), total: number(progress.total) }));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }

    async function stop() {
      isStopping = true;
      line.progress(null, t("bulk.stopping"));
      await cancelJob(id).catch(fail);
    }
  }

  function pause() {
    isShown = false;
  }

  function resume() {
    isShown = true;
    void showComparison().catch(fail);
    if (!queue.length) void restart();
  }

  function dispose() {
    isShown = false;
    removeEventListener("keydown", press);
    unlisten.forEach((end) => end());
  }
}

/** @returns {AsyncGenerator<Doubt>} */
async function* nothing() {}
