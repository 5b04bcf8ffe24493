/** What a deletion has removed, and whether the photographs are gone from the store, too. */

import { getReceipt } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { openDialog } from "../core/dialog.js";
import { dateTime, number, t } from "../core/i18n.js";

const PAUSE_MS = 2000;
const MAX_ASKED = 100;

/** @param {Receipt} receipt */
export function receiptCard(receipt) {
  const element = h("dl", { class: "facts receipt" });
  draw(receipt);
  if (!receipt.finished_at) void follow();
  return element;

  /** @param {Receipt} now */
  function draw(now) {
    const rows = {
      number: h("code", {}, now.deletion),
      at: dateTime(now.requested_at),
      faces: number(now.faces),
      images: number(now.images),
      store: now.finished_at ? t("receipt.finished", { when: dateTime(now.finished_at) }) : t("receipt.open"),
    };
    fill(element, Object.entries(rows).map(([key, value]) => h("div", {}, h("dt", {}, t(/** @type {any} */ (`receipt.${key}`))), h("dd", {}, value))));
  }

  async function follow() {
    for (let asked = 0; asked < MAX_ASKED; asked += 1) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      if (!element.isConnected) return;
      const now = await getReceipt(receipt.deletion).catch(() => null); // it can be asked for again
      if (now) draw(now);
      if (now?.finished_at) return;
    }
  }
}

/** @param {Receipt} receipt */
export const showReceipt = (receipt) => openDialog(t("receipt.title"), () => [receiptCard(receipt), h("p", { class: "soft small" }, t("receipt.keep"))]);
