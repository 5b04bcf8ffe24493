/** Deletions wait ten seconds, in which they can be undone; then they are sent, because they erase at once. */

import { button, h } from "./dom.js";
import { t } from "./i18n.js";
import { announce, fail, succeed, toast } from "./toast.js";

const SECONDS = 10;

/** @type {Set<{ undo(): void }>} */
const waiting = new Set();

/**
 * Carry out `run` after ten seconds, unless somebody chooses Undo.
 *
 * @param {object} change
 * @param {string} change.text what is about to happen: "Ann will be deleted."
 * @param {() => Promise<string | null>} change.run sends it, and returns the sentence of success, unless it was said
 * @param {() => void} change.undo shows again what was hidden, also when the service refuses
 * @returns {() => boolean} takes it back; false if it is too late
 */
export function later({ text, run, undo }) {
  const entry = { undo: () => stop(undo) };
  const bar = h("span", { class: "toast-time" });
  const action = button(t("undo"), { kind: "quiet", icon: "undo", onclick: entry.undo });
  const shown = toast(text, { action, seconds: Infinity, kind: "pending", closable: false });
  const timer = setTimeout(() => void now(), SECONDS * 1000);
  shown.element.append(bar);
  announce(`${text} ${t("undo.hint")}`);
  waiting.add(entry);
  return () => waiting.has(entry) && (entry.undo(), true);

  /** @param {() => void} then */
  function stop(then) {
    clearTimeout(timer);
    waiting.delete(entry);
    shown.close();
    then();
  }
  async function now() {
    if (!waiting.has(entry)) return;
    stop(() => {});
    try {
      const text = await run();
      if (text) succeed(text);
    } catch (error) {
      undo();
      fail(error);
    }
  }
}

/** Ctrl+Z takes back the latest one; leaving the page asks, because nothing was sent. Called once. */
export function openUndo() {
  addEventListener("keydown", (event) => {
    const latest = [...waiting].at(-1);
    if (!latest || event.key !== "z" || !(event.ctrlKey || event.metaKey) || isTyping(event.target)) return;
    event.preventDefault();
    latest.undo();
  });
  addEventListener("beforeunload", (event) => {
    if (waiting.size) event.preventDefault();
  });
}

/** @param {EventTarget | null} target */
const isTyping = (target) => target instanceof HTMLElement && (target.matches("input, textarea, select") || target.isContentEditable);
