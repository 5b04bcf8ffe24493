/** Dialogs: Escape and the cross change nothing; focus goes back to where it was. */

import { button, fill, h, iconButton, newId } from "./dom.js";
import { t } from "./i18n.js";
import { placeToasts } from "./toast.js";

/**
 * Show a dialog until it is closed with a result, or with undefined.
 *
 * @template T
 * @param {string} title
 * @param {(close: (result?: T) => void, dialog: HTMLDialogElement) => import("./dom.js").Child[]} content
 * @param {{ wide?: boolean, kind?: string }} [options]
 * @returns {Promise<T | undefined>}
 */
export function openDialog(title, content, { wide = false, kind = "" } = {}) {
  const { promise, resolve } = withResolvers();
  const before = document.activeElement;
  const id = newId();
  const dialog = h("dialog", { class: `dialog ${wide ? "wide" : ""} ${kind}`, "aria-labelledby": id });
  /** @type {T | undefined} */
  let result;
  /** @param {T} [value] */
  const close = (value) => {
    result = value;
    dialog.close();
  };
  dialog.addEventListener("close", () => {
    placeToasts();
    dialog.remove();
    if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    resolve(result);
  });
  const head = h("header", {}, h("h2", { id }, title), iconButton("close", t("close"), { onclick: () => close() }));
  document.body.append(fill(dialog, head, ...content(close, dialog)));
  dialog.showModal();
  return promise;
}

/**
 * Ask before something that cannot be undone.
 *
 * @param {{ title: string, text: string, action: string, danger?: boolean }} question
 * @returns {Promise<boolean>}
 */
export async function confirm({ title, text, action, danger = false }) {
  const answer = await openDialog(title, (close) => [
    h("p", {}, text),
    h(
      "footer",
      {},
      button(t("cancel"), { onclick: () => close(false) }),
      button(action, { kind: danger ? "danger" : "primary", onclick: () => close(true) }),
    ),
  ]);
  return answer === true;
}

function withResolvers() {
  /** @type {(value: any) => void} */
  let resolve = () => {};
  const promise = new Promise((each) => (resolve = each));
  return { promise, resolve };
}
