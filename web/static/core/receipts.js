/** Receipts of deletions, kept by their ids until this tab is closed: whoever deleted something can show that it is gone. */

import { kept } from "./store.js";

const MAX_KEPT = 50;

const ids = kept("receipts", "[]", () => sessionStorage);

/** Ids of the deletions of this tab, the latest first. @returns {string[]} */
export const receiptIds = () => JSON.parse(ids.get());

/** @param {Receipt} receipt */
export function noteReceipt(receipt) {
  ids.set(JSON.stringify([receipt.deletion, ...receiptIds()].slice(0, MAX_KEPT)));
  return receipt;
}
