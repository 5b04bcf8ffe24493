/** Elements without innerHTML: what comes from people or the service is text. */

import { PATHS } from "./icons.js";

/** @typedef {Node | string | number | null | undefined | false} Child */

const PROPERTIES = new Set(["value", "checked", "disabled", "indeterminate", "selected", "hidden", "open"]);

/**
 * Make an element: `on…` are listeners, `style` is an object of CSS properties, null and false are left out.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  element.append(...children.flat().filter(isShown).map(asNode));
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  return element;
}

/**
 * Change attributes of an element as `h` sets them; null and false take them away.
 *
 * @param {HTMLElement} element
 * @param {string} name
 * @param {any} value
 */
export function setAttribute(element, name, value) {
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "style") for (const [each, text] of Object.entries(value)) element.style.setProperty(each, text);
  else if (PROPERTIES.has(name)) Object.assign(element, { [name]: value ?? "" });
  else if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}

/**
 * Replace what an element contains.
 *
 * @template {Element} E
 * @param {E} element
 * @param {...(Child | Child[])} children
 * @returns {E}
 */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter(isShown).map(asNode));
  return element;
}

/**
 * An icon; without a label it is decoration.
 *
 * @param {keyof typeof PATHS} name
 * @param {string} [label]
 */
export function icon(name, label) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/**
 * A button: `kind` is "primary", "danger", "quiet" or "" for the ordinary one.
 *
 * @param {string} text
 * @param {{ kind?: string, icon?: keyof typeof PATHS, onclick?: (event: MouseEvent) => void } & Record<string, any>} options
 */
export function button(text, { kind = "", icon: name, ...attributes } = {}) {
  return h("button", { type: "button", class: `button ${kind}`, ...attributes }, name && icon(name), h("span", {}, text));
}

/**
 * A button that shows only an icon; the label is its name and its tooltip.
 *
 * @param {keyof typeof PATHS} name
 * @param {string} label
 * @param {Record<string, any>} [attributes]
 */
export function iconButton(name, label, attributes = {}) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, ...attributes }, icon(name));
}

let lastId = 0;

/** An id for `aria-labelledby` and the like. */
export const newId = () => `e${(lastId += 1)}`;

/** @param {Child} child @returns {child is Node | string | number} */
const isShown = (child) => child !== null && child !== undefined && child !== false;

/** @param {Node | string | number} child */
const asNode = (child) => (child instanceof Node ? child : String(child));
