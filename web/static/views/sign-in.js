/** Signing in with a key: instead of the page, or above it when a session has ended. */

import { button, fill, h, newId } from "../core/dom.js";
import { openDialog } from "../core/dialog.js";
import { t } from "../core/i18n.js";
import { signIn } from "../core/session.js";
import { sentence } from "../core/toast.js";

/** Ask for a key until one works, where the page would be. @param {HTMLElement} place */
export function signInPage(place) {
  return new Promise((resolve) => {
    const card = h("div", { class: "sign-in card" }, h("h1", {}, t("signin.title")), h("p", { class: "soft" }, t("signin.text")), form(resolve));
    fill(place, h("main", { class: "sign-in-page" }, h("div", { class: "brand" }, "faceserver"), card));
    card.querySelector("input")?.focus();
  });
}

/** @type {Promise<void> | null} */
let asking = null;

/** Ask for a key above the page; what was typed there stays. Raises AbortError if nobody signs in. */
export function signInAgain() {
  asking ??= ask().finally(() => (asking = null));
  return asking;
}

async function ask() {
  const signedIn = await openDialog(t("signin.ended"), (close) => [h("p", {}, t("signin.again")), form(() => close(true))]);
  if (!signedIn) throw new DOMException("cancelled", "AbortError");
}

/** @param {(value: any) => void} done */
function form(done) {
  const id = newId();
  const fault = h("p", { class: "fault", role: "alert", id: newId() });
  const input = h("input", { id, type: "password", name: "key", autocomplete: "current-password", required: true, "aria-describedby": fault.id });
  const send = button(t("signin.send"), { kind: "primary", type: "submit" });
  return h("form", { class: "stack", onsubmit: submit }, h("label", { for: id }, t("signin.key")), input, fault, send);

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    send.disabled = true;
    fault.textContent = "";
    try {
      await signIn(input.value.trim());
      done(true);
    } catch (error) {
      fault.textContent = sentence(error);
      input.focus();
    }
    send.disabled = false;
  }
}
