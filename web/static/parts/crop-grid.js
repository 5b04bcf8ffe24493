/** A grid of tiles of which only the visible ones exist, however many there are; select by mouse or keyboard. */

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";

const SPARE_ROWS = 3;

/**
 * @template Item
 * @typedef {object} GridOptions
 * @property {string} label
 * @property {(item: Item) => string} key
 * @property {(item: Item) => string} name read out, and of the checkbox
 * @property {(item: Item) => string} link where a tile leads
 * @property {(item: Item) => import("../core/dom.js").Child[]} tile what a tile shows
 * @property {() => void} onneed called when the end comes near: append more items
 * @property {(selected: Set<string>) => void} onselect
 * @property {boolean} [isSelectable]
 * @property {(dragged: Item[], onto: Item) => void} [ondrop] a tile, or all that are selected, was dragged upon another
 * @property {number} [minWidth] of a tile, in pixels
 * @property {number} [textHeight] of what stands below a tile's square picture, in rem
 */

/**
 * Arrow keys move, Space selects, Shift extends, Ctrl+A selects all that are loaded, Escape none.
 *
 * @template Item
 * @param {GridOptions<Item>} options
 */
export function cropGrid({ label, key, name, link, tile, onneed, onselect, ondrop, isSelectable = true, minWidth = 148, textHeight = 3.5 }) {
  const gap = 12;
  const list = h("ul", { class: "crop-grid", "aria-label": label });
  /** @type {Item[]} */
  let items = [];
  /** @type {Map<number, HTMLElement>} */
  const shown = new Map();
  /** @type {Set<string>} */
  const selected = new Set();
  let columns = 1;
  let width = minWidth;
  let height = minWidth;
  let isComplete = false;
  let focused = 0;
  let anchor = 0;
  /** @type {Item[]} */
  let dragged = [];
  const sizes = new ResizeObserver(() => layOut());
  sizes.observe(list);
  const ending = new AbortController();
  addEventListener("scroll", layOut, { passive: true, signal: ending.signal });
  list.addEventListener("keydown", press);
  list.addEventListener("click", click);
  if (ondrop) {
    list.addEventListener("dragstart", beginDrag);
    list.addEventListener("dragover", (event) => markTarget(event, true));
    list.addEventListener("dragleave", (event) => markTarget(event, false));
    list.addEventListener("dragend", () => (dragged = []));
    list.addEventListener("drop", endDrag);
  }
  list.addEventListener("focusin", (event) => {
    const index = indexOf(event.target);
    if (index >= 0) focusable(index);
  });

  return {
    element: list,
    selected,
    items: () => items,
    select,
    dispose: () => (ending.abort(), sizes.disconnect()),
    /** Tiles of the same objects stay, with their pictures. @param {Item[]} all @param {boolean} complete whether there are no more */
    setItems(all, complete) {
      const hadFocus = list.contains(document.activeElement);
      const where = items[focused] && all.findIndex((item) => key(item) === key(items[focused]));
      if (where >= 0) focused = where;
      for (const [index, element] of shown) if (all[index] !== items[index]) drop(index, element);
      items = all;
      isComplete = complete;
      for (const element of shown.values()) element.setAttribute("aria-setsize", setSize());
      focused = Math.max(0, Math.min(focused, items.length - 1));
      layOut();
      focusable(focused);
      if (hadFocus && !list.contains(document.activeElement)) shown.get(focused)?.querySelector("a")?.focus({ preventScroll: true });
    },
    /** @param {string} wanted */
    focus: (wanted) => moveTo(Math.max(0, items.findIndex((item) => key(item) === wanted))),
  };

  function layOut() {
    if (!list.isConnected || !list.clientWidth) return;
    columns = Math.max(2, Math.floor((list.clientWidth + gap) / (minWidth + gap)));
    width = (list.clientWidth - gap * (columns - 1)) / columns;
    height = Math.round(width + textHeight * parseFloat(getComputedStyle(document.documentElement).fontSize));
    const rows = Math.ceil(items.length / columns);
    list.style.height = `${Math.max(0, rows * (height + gap) - gap)}px`;
    const top = list.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(-top / (height + gap)) - SPARE_ROWS) * columns;
    const last = Math.min(items.length, (Math.ceil((innerHeight - top) / (height + gap)) + SPARE_ROWS) * columns);
    for (const [index, element] of shown) if ((index < first || index >= last) && index !== focused) drop(index, element);
    for (let index = first; index < last; index += 1) place(index);
    if (items[focused]) place(focused);
    if (!isComplete && last >= items.length - columns * SPARE_ROWS) onneed();
  }

  /** @param {number} index @param {HTMLElement} element */
  function drop(index, element) {
    element.remove();
    shown.delete(index);
  }

  /** @param {number} index */
  function place(index) {
    const element = shown.get(index) ?? made(index);
    element.style.width = `${width}px`;
    element.style.height = `${height}px`;
    element.style.transform = `translate(${(index % columns) * (width + gap)}px, ${Math.floor(index / columns) * (height + gap)}px)`;
  }

  /** @param {number} index */
  function made(index) {
    const item = items[index];
    const box = isSelectable && h("input", { type: "checkbox", tabindex: "-1", checked: selected.has(key(item)), "aria-label": t("grid.select", { name: name(item) }) });
    const anchorElement = h("a", { href: link(item), tabindex: index === focused ? "0" : "-1", "data-key": key(item), draggable: String(Boolean(ondrop)) }, ...tile(item));
    const element = h("li", { class: `tile ${selected.has(key(item)) ? "is-selected" : ""}`, "aria-posinset": String(index + 1), "aria-setsize": setSize() }, box, anchorElement);
    element.dataset.index = String(index);
    shown.set(index, element);
    const after = [...shown.keys()].filter((each) => each > index).sort((a, b) => a - b)[0];
    list.insertBefore(element, after === undefined ? null : (shown.get(after) ?? null)); // the order of reading
    return element;
  }

  function setSize() {
    return String(isComplete ? items.length : -1);
  }

  /** @param {EventTarget | null} target */
  function indexOf(target) {
    const element = target instanceof Element ? target.closest("li") : null;
    return element ? Number(element.dataset.index) : -1;
  }

  /** @param {number} index */
  function focusable(index) {
    shown.get(focused)?.querySelector("a")?.setAttribute("tabindex", "-1");
    focused = index;
    shown.get(index)?.querySelector("a")?.setAttribute("tabindex", "0");
  }

  /** @param {number} index */
  function moveTo(index) {
    if (!items[index]) return;
    focusable(index);
    place(index);
    focusable(index);
    shown.get(index)?.querySelector("a")?.focus({ preventScroll: true });
    shown.get(index)?.scrollIntoView({ block: "nearest" });
  }

  /** @param {Iterable<string>} keys @param {boolean} [isSelected] */
  function select(keys, isSelected = true) {
    for (const each of keys) if (isSelected) selected.add(each); else selected.delete(each);
    for (const [index, element] of shown) {
      const box = element.querySelector("input");
      if (box) box.checked = selected.has(key(items[index]));
      element.classList.toggle("is-selected", Boolean(box?.checked));
    }
    list.classList.toggle("is-selecting", selected.size > 0);
    onselect(selected);
  }

  /** Select from where selecting began up to a tile. @param {number} index */
  function extend(index) {
    const [first, last] = [Math.min(anchor, index), Math.max(anchor, index)];
    select(items.slice(first, last + 1).map(key));
  }

  /** @param {number} index */
  function toggle(index) {
    anchor = index;
    select([key(items[index])], !selected.has(key(items[index])));
  }

  /** @param {DragEvent} event */
  function beginDrag(event) {
    const item = items[indexOf(event.target)];
    dragged = selected.has(key(item)) ? items.filter((each) => selected.has(key(each))) : [item];
    event.dataTransfer?.setData("text/plain", dragged.map(name).join(", "));
  }

  /** What the dragged tiles can be dropped upon. @param {DragEvent} event */
  function dropTarget(event) {
    const item = items[indexOf(event.target)];
    return dragged.length && item && !dragged.includes(item) ? item : null;
  }

  /** @param {DragEvent} event @param {boolean} isOver */
  function markTarget(event, isOver) {
    if (!dropTarget(event)) return;
    event.preventDefault();
    shown.get(indexOf(event.target))?.classList.toggle("is-target", isOver);
  }

  /** @param {DragEvent} event */
  function endDrag(event) {
    const onto = dropTarget(event);
    if (!onto) return;
    markTarget(event, false);
    ondrop?.(dragged, onto);
    dragged = [];
  }

  /** @param {MouseEvent} event */
  function click(event) {
    const index = indexOf(event.target);
    if (index < 0 || !isSelectable) return;
    if (event.shiftKey) {
      event.preventDefault();
      if (!selected.size) anchor = index;
      extend(index);
    } else if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey) {
      if (!(event.target instanceof HTMLInputElement)) event.preventDefault();
      toggle(index);
    }
  }

  /** @param {KeyboardEvent} event */
  function press(event) {
    const index = indexOf(event.target);
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: -items.length, End: items.length };
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (step) {
      event.preventDefault();
      const next = Math.min(items.length - 1, Math.max(0, index + step));
      if (event.shiftKey && !selected.size) anchor = index;
      moveTo(next);
      if (event.shiftKey && isSelectable) extend(next);
    } else if (!isSelectable) {
      return;
    } else if (event.key === " ") {
      event.preventDefault();
      if (event.shiftKey) extend(index);
      else toggle(index);
    } else if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      select(items.map(key));
    } else if (event.key === "Escape" && selected.size) select([...selected], false);
  }
}
