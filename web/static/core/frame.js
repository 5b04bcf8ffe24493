/** What is around every view: navigation, the directory, language and theme, and whether the service answers. */

import { on } from "./bus.js";
import { directoryNames } from "./directories.js";
import { fill, h, icon, iconButton, newId, setAttribute } from "./dom.js";
import { offline } from "./http.js";
import { chosenLanguage, currentLanguage, LANGUAGES, t } from "./i18n.js";
import { go, href, isOpen, nameOf } from "./router.js";
import { ROUTES } from "./routes.js";
import { session, signOut } from "./session.js";
import { kept } from "./store.js";
import { fail } from "./toast.js";

const theme = kept("theme", "system");

/** Build the frame in `body`; returns where views go, and what each address changes. */
export function openFrame() {
  const outlet = h("main", { id: "main", class: "outlet" });
  const links = new Map(
    Object.entries(ROUTES)
      .filter(([view, { icon: name }]) => name && isOpen(view))
      .map(([view, { icon: name }]) => [view, h("a", { class: "nav-link" }, name && icon(name), h("span", {}, nameOf(view)))]),
  );
  const directories = directoryChoice();
  const settings = h("div", { class: "frame-settings" }, languageChoice(), themeButton(), session().signedIn && signOutButton());
  const more = iconButton("menu", t("frame.more"), { class: "icon-button frame-more", "aria-expanded": "false", onclick: toggle });
  const head = h("header", { class: "frame-head" }, h("a", { class: "brand", href: "./" }, "faceserver"), directories.element, more);
  const nav = h("nav", { class: "frame-nav", "aria-label": t("frame.navigation") }, h("ul", {}, ...[...links.values()].map((link) => h("li", {}, link))), settings);
  const skip = h("a", { class: "skip", href: "#main", onclick: toMain }, t("frame.skip"));
  const lost = h("div", { class: "lost", role: "status" });
  offline.watch((is) => fill(lost, is && h("p", {}, icon("alert"), t("problem.unreachable"))));
  document.body.append(skip, h("div", { class: "frame" }, h("div", { class: "frame-side" }, head, nav), h("div", { class: "frame-view" }, lost, outlet)));
  addEventListener("keydown", (event) => event.key === "Escape" && nav.classList.contains("open") && toggle());
  return { outlet, moved };

  function toggle() {
    more.setAttribute("aria-expanded", String(nav.classList.toggle("open")));
  }
  /** @param {Event} event */
  function toMain(event) {
    event.preventDefault();
    outlet.querySelector("h1")?.focus();
  }
  /** @param {Address} here */
  function moved(here) {
    nav.classList.remove("open");
    more.setAttribute("aria-expanded", "false");
    directories.show(here);
    for (const [view, link] of links) {
      link.href = href(view, {}, here.directory);
      setAttribute(link, "aria-current", view === here.view || view === ROUTES[here.view].below ? "page" : null);
    }
  }
}

/** The directories to choose from: those that are there, or the names of the key. */
function directoryChoice() {
  const select = h("select", { "aria-label": t("frame.directory"), onchange: change });
  let present = session().directory;
  const load = async () => {
    const names = new Set([present, ...(await directoryNames())]);
    fill(select, ...[...names].sort().map((name) => h("option", { value: name, selected: name === present }, name)));
  };
  void load().catch(fail);
  on("directories-changed", () => void load().catch(fail));
  return {
    element: h("label", { class: "directory-choice" }, icon("directories"), select),
    /** @param {Address} here */
    show(here) {
      present = here.directory;
      if (![...select.options].some((option) => option.value === present)) select.append(h("option", { value: present }, present));
      select.value = present;
    },
  };

  function change() {
    go(href(location.pathname.slice(new URL(document.baseURI).pathname.length).split("/")[0], {}, select.value));
  }
}

function languageChoice() {
  const id = newId();
  const options = Object.entries(LANGUAGES).map(([code, name]) =>
    h("option", { value: code, selected: code === currentLanguage(), lang: code }, name),
  );
  const select = h("select", { id, onchange: () => (chosenLanguage.set(select.value), location.reload()) }, ...options);
  return h("div", {}, h("label", { for: id, class: "hidden-text" }, t("frame.language")), select);
}

function themeButton() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (theme.get() === "system" ? dark.matches : theme.get() === "dark");
  const control = iconButton("moon", "", { onclick: () => theme.set(isDark() ? "light" : "dark") });
  const show = () => {
    if (theme.get() !== "system") document.documentElement.dataset.theme = theme.get();
    const label = t(isDark() ? "frame.light" : "frame.dark");
    setAttribute(control, "aria-label", label);
    setAttribute(control, "title", label);
    fill(control, icon(isDark() ? "sun" : "moon"));
  };
  dark.addEventListener("change", show);
  theme.watch(show);
  return control;
}

const signOutButton = () => iconButton("signout", t("signin.out"), { onclick: () => void signOut().catch(fail) });
