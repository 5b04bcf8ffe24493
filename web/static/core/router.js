/** Addresses of views, and the way back: place and focus are as they were. */

import { h } from "./dom.js";
import { ROUTES, HOME } from "./routes.js";
import { can, session } from "./session.js";
import { kept } from "./store.js";
import { t } from "./i18n.js";
import { fail } from "./toast.js";

const MAX_KEPT = 8;

/**
 * @typedef {{ view: View, name: string, directory: string, scroll: number, focus: Element | null }} Shown
 * @typedef {{ key: string }} Entry
 */

/** @type {Map<string, Shown>} views that Back shows as they were, by the key of their history entry */
const shownBefore = new Map();
/** @type {{ key: string, shown: Shown } | null} */
let current = null;
let navigation = 0;

/** Scroll positions by entry, for a page that was loaded again. */
const places = kept("places", "{}", () => sessionStorage);

/** @type {(address: Address) => void} */
let onMove = () => {};
/** @type {HTMLElement} */
let outlet;

/**
 * The address of a view, for links.
 *
 * @param {string} view
 * @param {Record<string, string | number | null | undefined>} [params] empty ones are left out
 * @param {string} [directory] the present one, unless given
 */
export function href(view, params = {}, directory = address().directory) {
  const query = new URLSearchParams();
  if (directory !== session().directory) query.set("directory", directory);
  for (const [name, value] of Object.entries(params))
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  const text = query.toString();
  return new URL(view + (text && `?${text}`), document.baseURI).href;
}

/** The address of a person. @param {string} directory @param {string} person */
export const personHref = (directory, person) =>
  ROUTES.person ? href("person", { person }, directory) : href("people", { q: person }, directory);

/** Where the page is. @returns {Address} */
export function address() {
  const base = new URL(document.baseURI).pathname;
  const name = location.pathname.startsWith(base) ? location.pathname.slice(base.length) : "";
  const params = new URLSearchParams(location.search);
  const directory = params.get("directory") || session().directory;
  params.delete("directory");
  return { view: Object.hasOwn(ROUTES, name) ? name : ([HOME, ...Object.keys(ROUTES)].find(isOpen) ?? HOME), directory, params };
}

/** Whether a view is for whoever calls. @param {string} view */
export function isOpen(view) {
  const { scope, or } = ROUTES[view];
  return !scope || can(scope) || (or !== undefined && can(or));
}

/** What a key sees instead of a view that it may not open. @param {string} name @returns {View} */
function denied(name) {
  const right = t(/** @type {import("./i18n.js").Key} */ (`keys.scope.${ROUTES[name].scope}`));
  return { element: h("div", {}, h("div", { class: "view-head" }, h("h1", {}, nameOf(name))), h("p", { class: "note" }, t("frame.denied", { right }))), title: nameOf(name) };
}

/**
 * Go to an address, such as one of `href`.
 *
 * @param {string} url
 * @param {{ replace?: boolean }} [options]
 */
export function go(url, { replace = false } = {}) {
  remember();
  if (replace) history.replaceState(history.state, "", url);
  else history.pushState({ key: newKey() }, "", url);
  void show({ isBack: false });
}

/**
 * Change the query of the address without showing the view again: what a filter means is where one is.
 *
 * @param {Record<string, string | number | null | undefined>} params empty ones are taken away
 */
export function setParams(params) {
  const here = address();
  const all = { ...Object.fromEntries(here.params), ...params };
  history.replaceState(history.state, "", href(here.view, all, here.directory));
}

/** Forget what Back would show: who sees it, or what it shows, has changed. */
export function forgetViews() {
  for (const { view } of shownBefore.values()) if (view !== current?.shown.view) view.dispose?.();
  shownBefore.clear();
}

/** Show the view of the present address again, from the start. */
export function reload() {
  forgetViews();
  current?.shown.view.dispose?.();
  current = null;
  void show({ isBack: false });
}

/**
 * Show views in `element` from now on.
 *
 * @param {HTMLElement} element
 * @param {(address: Address) => void} moved called for each address
 */
export function openRouter(element, moved) {
  outlet = element;
  onMove = moved;
  history.scrollRestoration = "manual";
  addEventListener("click", follow);
  addEventListener("popstate", () => void show({ isBack: true }));
  addEventListener("pagehide", remember);
  if (!entry()) history.replaceState({ key: newKey() }, "");
  void show({ isBack: true });
}

/** @param {MouseEvent} event */
function follow(event) {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.target || link.hasAttribute("download") || !link.href.startsWith(document.baseURI)) return;
  event.preventDefault();
  go(link.href);
}

/** @param {{ isBack: boolean }} how */
async function show({ isBack }) {
  const key = entry()?.key ?? "";
  const here = address();
  const number = (navigation += 1);
  onMove(here);
  const before = isBack ? shownBefore.get(key) : undefined;
  if (current && isSame(current.shown, here) && (!before || before === current.shown)) {
    shownBefore.delete(current.key);
    keep(key, current.shown);
    await current.shown.view.update?.(here);
    if (isBack) scrollTo({ top: JSON.parse(places.get())[key] ?? 0, behavior: "instant" });
    return;
  }
  try {
    const shown = before ?? (await made(here));
    if (number !== navigation) return shown.view.dispose?.();
    leave();
    keep(key, shown);
    outlet.replaceChildren(shown.view.element);
    document.title = `${shown.view.title} · faceserver`;
    if (before) shown.view.resume?.();
    restore(key, before);
  } catch (error) {
    fail(error);
  }
}

/** Whether a view shows another address by itself. @param {Shown} shown @param {Address} here */
const isSame = ({ view, name, directory }, here) =>
  Boolean(view.update) && name === here.view && directory === here.directory;

/** @param {Address} here @returns {Promise<Shown>} */
async function made(here) {
  if (!isOpen(here.view)) return { view: denied(here.view), name: here.view, directory: here.directory, scroll: 0, focus: null };
  const [module] = await Promise.all([ROUTES[here.view].load(), styled(here.view)]);
  return { view: await module.view(here), name: here.view, directory: here.directory, scroll: 0, focus: null };
}

/** @param {string} view */
function styled(view) {
  const url = new URL(`styles/${view}.css`, document.baseURI).href;
  if (document.head.querySelector(`link[href="${url}"]`)) return;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: url });
  document.head.append(link);
  return new Promise((resolve) => (link.onload = link.onerror = resolve));
}

function leave() {
  remember();
  current?.shown.view.pause?.();
}

/** @param {string} key @param {Shown} shown */
function keep(key, shown) {
  current = { key, shown };
  shownBefore.delete(key);
  shownBefore.set(key, shown);
  for (const [old, { view }] of shownBefore) {
    if (shownBefore.size <= MAX_KEPT) break;
    shownBefore.delete(old);
    view.dispose?.();
  }
}

function remember() {
  if (!current) return;
  const focused = document.activeElement;
  if (outlet.contains(current.shown.view.element)) {
    current.shown.scroll = scrollY;
    current.shown.focus = focused === document.body ? null : focused;
  }
  const all = Object.entries({ ...JSON.parse(places.get()), [current.key]: scrollY });
  places.set(JSON.stringify(Object.fromEntries(all.slice(-50))));
}

/** @param {string} key @param {Shown | undefined} before */
function restore(key, before) {
  scrollTo({ top: before?.scroll ?? JSON.parse(places.get())[key] ?? 0, behavior: "instant" });
  if (before?.focus instanceof HTMLElement && before.focus.isConnected) return before.focus.focus({ preventScroll: true });
  const heading = outlet.querySelector("h1");
  if (navigation === 1 || !heading) return; // a page that was just loaded is read from its start
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

/** @returns {Entry | null} */
const entry = () => history.state;

const newKey = () => String(performance.timeOrigin + performance.now());

/** The name of a view, in the navigation and above it. @param {string} view */
export const nameOf = (view) => t(/** @type {import("./i18n.js").Key} */ (`${view}.title`));
