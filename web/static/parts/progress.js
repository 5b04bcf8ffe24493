/** Long things: how far each is, and a way to cancel it. */

import { button, h } from "../core/dom.js";
import { t } from "../core/i18n.js";

/**
 * A line for something that takes long: `progress(share)` with 0 to 1, or null while it is unknown.
 *
 * @param {string} text
 * @param {{ cancel?: () => void }} [options]
 */
export function progressLine(text, { cancel } = {}) {
  const bar = h("progress", { max: "1", "aria-label": text });
  const note = h("span", { class: "grow cut" }, text);
  const element = h("div", { class: "progress-line" }, note, bar, cancel && button(t("cancel"), { kind: "small", onclick: cancel }));
  return {
    element,
    /** @param {number | null} share @param {string} [words] */
    progress(share, words) {
      if (share === null) bar.removeAttribute("value");
      else bar.value = share;
      if (words) note.textContent = words;
    },
  };
}
