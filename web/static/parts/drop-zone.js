/** Where photographs come in: dropped, pasted or chosen. */

import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";

/**
 * A zone that takes files. `take` gets those that were dropped on the page while the zone is shown, pasted or chosen.
 *
 * @param {object} options
 * @param {(files: File[]) => void} options.take
 * @param {string} options.text what to drop here
 * @param {boolean} [options.multiple]
 * @param {string} [options.accept]
 * @param {HTMLElement[]} [options.actions] further buttons
 */
export function dropZone({ take, text, multiple = true, accept = "image/*,.heic,.heif,.avif,.tif,.tiff", actions = [] }) {
  const input = h("input", { type: "file", class: "hidden-text", tabindex: "-1", "aria-label": t("drop.choose"), multiple, accept, onchange: chosen });
  const choose = button(t("drop.choose"), { kind: "primary", icon: "upload", onclick: () => input.click() });
  const element = h(
    "div",
    { class: "drop-zone" },
    h("span", { class: "drop-mark" }, icon("image")),
    h("p", { class: "drop-text" }, text),
    h("div", { class: "row" }, choose, ...actions),
    input,
  );
  const ending = new AbortController();
  addEventListener("dragover", over, ending);
  addEventListener("dragleave", (event) => !event.relatedTarget && element.classList.remove("is-over"), ending);
  addEventListener("drop", dropped, ending);
  addEventListener("paste", pasted, ending);
  return { element, choose: () => input.click(), dispose: () => ending.abort() };

  function chosen() {
    give(input.files);
    input.value = "";
  }
  /** @param {DragEvent} event */
  function over(event) {
    if (!element.isConnected || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    element.classList.add("is-over");
  }
  /** @param {DragEvent} event */
  function dropped(event) {
    element.classList.remove("is-over");
    if (!element.isConnected || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    give(event.dataTransfer.files);
  }
  /** @param {ClipboardEvent} event */
  function pasted(event) {
    if (element.isConnected && event.clipboardData?.files.length) give(event.clipboardData.files);
  }
  /** @param {FileList | null} list */
  function give(list) {
    const files = [...(list ?? [])].slice(0, multiple ? undefined : 1);
    if (files.length) take(files);
  }
}
