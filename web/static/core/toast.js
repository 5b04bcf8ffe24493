/** Short messages: on the screen, and read out. */

import { h, iconButton } from "./dom.js";
import { Problem } from "./http.js";
import { t } from "./i18n.js";

const SECONDS = 6;

const polite = h("div", { class: "hidden-text", "aria-live": "polite" });
const stack = h("div", { class: "toasts", role: "region" });

/** Show the regions; called once. */
export function openToasts() {
  stack.setAttribute("aria-label", t("toast.region"));
  document.body.append(polite, stack);
}

/** Have toasts in the topmost dialog, which covers everything else, or in the page. */
export function placeToasts() {
  const parent = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
  if (stack.parentElement !== parent) parent.append(polite, stack);
}

/**
 * Have a sentence read out without showing it.
 *
 * @param {string} text
 */
export function announce(text) {
  placeToasts();
  polite.textContent = "";
  setTimeout(() => (polite.textContent = text), 50); // a region that is filled at once is not read
}

/**
 * Show a message: `kind` is "good", "bad" or "".
 *
 * @param {string} text
 * @param {{ kind?: string, action?: HTMLElement, seconds?: number, closable?: boolean }} [options]
 * @returns {{ element: HTMLElement, close(): void }}
 */
export function toast(text, { kind = "", action, seconds = SECONDS, closable = true } = {}) {
  placeToasts();
  const close = () => {
    clearTimeout(timer);
    if (element.isConnected) element.remove();
  };
  const dismiss = closable && iconButton("close", t("close"), { onclick: close });
  const element = h("div", { class: `toast ${kind}`, role: kind === "bad" ? "alert" : "status" }, h("p", {}, text), action, dismiss);
  const timer = Number.isFinite(seconds) ? setTimeout(close, seconds * 1000) : undefined;
  element.addEventListener("pointerenter", () => clearTimeout(timer)); // whoever still reads it closes it
  stack.append(element);
  return { element, close };
}

/** Success, after the service has confirmed it. @param {string} text */
export const succeed = (text) => toast(text, { kind: "good" });

/**
 * Show what went wrong, unless somebody cancelled it.
 *
 * @param {unknown} error
 */
export function fail(error) {
  if (isCancelled(error)) return;
  if (!(error instanceof Problem)) console.error(error);
  toast(sentence(error), { kind: "bad", seconds: Infinity });
}

/** @param {unknown} error */
export const isCancelled = (error) => error instanceof DOMException && error.name === "AbortError";

/**
 * What a person can do about an error.
 *
 * @param {unknown} error
 */
export function sentence(error) {
  if (!(error instanceof Problem)) return t("error.unexpected");
  const key = /** @type {import("./i18n.js").Key} */ (`problem.${error.code}`);
  const known = KNOWN.has(error.code) ? t(key) : "";
  return known || error.message || t("error.unexpected");
}

/** Problems that the page words itself, in its language; others come with a sentence of the service. */
const KNOWN = new Set([
  "unreachable",
  "no-face",
  "no-face-in-box",
  "unrecognizable",
  "poor-quality",
  "person-exists",
  "person-not-found",
  "precondition-failed",
  "consent-missing",
  "key-invalid",
  "scope-missing",
  "image-too-large",
  "invalid-file-format",
  "image-unreadable",
  "too-many-requests",
]);
