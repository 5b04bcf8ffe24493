/** The people of a directory. */

import { h } from "../core/dom.js";
import { nameOf } from "../core/router.js";

/** @type {ViewModule["view"]} */
export function view() {
  return { element: h("div", {}, h("h1", {}, nameOf("people"))), title: nameOf("people") };
}
