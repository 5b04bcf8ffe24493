/** Starts the page. */

import { fill, h } from "./dom.js";
import { openFrame } from "./frame.js";
import { credentials } from "./http.js";
import { loadLanguage, t } from "./i18n.js";
import { openRouter } from "./router.js";
import { loadSession } from "./session.js";
import { openToasts, sentence } from "./toast.js";
import { openUndo } from "./undo.js";

async function start() {
  await loadLanguage();
  openToasts();
  const signedIn = loadSession();
  credentials.reread = loadSession;
  credentials.renew = async () => (await import("../views/sign-in.js")).signInAgain();
  if (!(await signedIn)) {
    const place = h("div");
    document.body.append(place);
    await (await import("../views/sign-in.js")).signInPage(place);
    place.remove();
  }
  openUndo();
  const { outlet, moved } = openFrame();
  openRouter(outlet, moved);
}

start().catch((error) => {
  console.error(error);
  const again = h("button", { type: "button", class: "button primary", onclick: () => location.reload() }, t("retry"));
  fill(document.body, h("main", { class: "sign-in-page" }, h("div", { class: "card stack" }, h("h1", {}, t("error.start")), h("p", {}, sentence(error)), again)));
});
