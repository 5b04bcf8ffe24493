/** One person: all samples, more of them, details, consent, merges, export, and deletion with its receipt. */

import { deletePerson, exportHref, getPerson } from "../core/api.js";
import { emit, on } from "../core/bus.js";
import { button, fill, h, icon } from "../core/dom.js";
import { Problem } from "../core/http.js";
import { date, dateTime, t } from "../core/i18n.js";
import { meet, nameOfPerson } from "../core/people.js";
import { href, nameOf, setParams } from "../core/router.js";
import { can } from "../core/session.js";
import { fail, toast } from "../core/toast.js";
import { later } from "../core/undo.js";
import { sampleAdder } from "../parts/adding.js";
import { personCrop } from "../parts/crops.js";
import { mergeList } from "../parts/merges.js";
import { personDetails } from "../parts/person-details.js";
import { receiptCard, showReceipt } from "../parts/receipt.js";
import { renamePerson } from "../parts/renaming.js";
import { sampleList } from "../parts/samples.js";

/** @type {ViewModule["view"]} */
export async function view({ directory, params }) {
  const id = params.get("person") ?? "";
  const found = id ? await asked(directory, id) : null;
  if (!found) return { element: nobody(id ? t("person.gone", { id }) : t("person.none")), title: nameOf("person") };
  let person = meet(found);
  /** @type {Receipt | null} */
  let receipt = null;

  const head = h("div", { class: "person-head" });
  const details = personDetails(() => person);
  const adder = can("enrol") ? sampleAdder(() => person) : null;
  const samples = sampleList(() => person, (face) => setParams({ face }));
  const merges = h("section", { class: "card stack", hidden: true }, h("h2", {}, t("merges.title")));
  const work = h(
    "div",
    { class: "person-work" },
    h("section", { class: "stack" }, h("h2", {}, t("person.samples")), adder?.element, samples.element),
    h("aside", { class: "stack" }, details.element, merges),
  );
  const element = h("div", { class: "person" }, head, work);
  const unlisten = [
    on("person-changed", (changed) => isThis(changed) && (show(changed.now), details.draw())),
    on("samples-changed", (changed) => isThis(changed) && void refresh().catch(fail)),
    on("person-gone", (gone) => isThis(gone) && showGone()),
  ];
  show(person);
  showMerges();
  samples.load().then(() => params.get("face") && samples.open(params.get("face") ?? ""), fail);
  return { element, title: nameOfPerson(person), dispose };

  /** @param {{ directory: string, person: string }} changed */
  function isThis(changed) {
    return changed.directory === directory && changed.person === person.person;
  }

  async function refresh() {
    show(meet(await getPerson(directory, person.person)));
    showMerges();
    await samples.load();
  }

  function showMerges() {
    const list = mergeList({ directory, person: person.person, onload: (count) => (merges.hidden = count === 0) });
    fill(merges, h("h2", {}, t("merges.title")), list);
  }

  /** @param {Person} now */
  function show(now) {
    person = now;
    const had = head.contains(document.activeElement);
    const name = nameOfPerson(person);
    const seen = person.last_seen_at ? t("person.seen", { when: dateTime(person.last_seen_at) }) : t("person.neverSeen");
    fill(
      head,
      personCrop(person),
      h(
        "div",
        { class: "grow" },
        h("h1", { tabindex: "-1" }, name),
        h("p", { class: "soft" }, [person.display_name ? person.person : null, t("people.samples", { n: person.faces }), t("people.since", { when: date(person.created_at) }), seen].filter(Boolean).join(" · ")),
        h("p", { class: "row" }, person.restricted && h("span", { class: "badge bad" }, t("person.restricted")), person.warnings > 0 && h("a", { class: "badge review", href: href(can("edit") ? "todo" : "person", can("edit") ? {} : { person: person.person }, directory) }, icon("alert"), t("people.warnings", { n: person.warnings }))),
      ),
      h(
        "div",
        { class: "row" },
        can("edit") && button(t("person.rename"), { icon: "edit", onclick: () => void renamePerson(person) }),
        can("export") && h("a", { class: "button", href: exportHref(directory, person.person), download: "" }, icon("bulk"), h("span", {}, t("person.export"))),
        can("delete") && button(t("people.delete"), { kind: "danger", icon: "trash", onclick: erase }),
      ),
    );
    if (had) head.querySelector("h1")?.focus({ preventScroll: true });
  }

  function erase() {
    const values = { n: 1, name: nameOfPerson(person) };
    element.inert = true;
    element.classList.add("is-leaving");
    later({
      text: t("people.deleting", values),
      undo: () => {
        element.inert = false;
        element.classList.remove("is-leaving");
      },
      run: async () => {
        receipt = await deletePerson(directory, person.person);
        const done = receipt;
        emit("person-gone", { directory, person: person.person });
        toast(t("people.deleted", values), { kind: "good", action: button(t("receipt.show"), { kind: "quiet", onclick: () => void showReceipt(done) }), seconds: 20 });
        return null;
      },
    });
  }

  function showGone() {
    adder?.dispose();
    element.inert = false;
    element.classList.remove("is-leaving");
    const text = t("people.deleted", { n: 1, name: nameOfPerson(person) });
    fill(element, nobody(text, receipt && h("section", { class: "card stack" }, h("h2", {}, t("receipt.title")), receiptCard(receipt), h("p", { class: "soft small" }, t("receipt.keep")))));
  }

  function dispose() {
    adder?.dispose();
    unlisten.forEach((end) => end());
  }
}

/** The person, or null if there is none. @param {string} directory @param {string} id */
async function asked(directory, id) {
  try {
    return await getPerson(directory, id);
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

/** @param {string} text @param {import("../core/dom.js").Child} [more] */
function nobody(text, more) {
  return h("div", { class: "stack person-none" }, h("h1", {}, text), more, h("p", {}, h("a", { class: "button", href: href("people") }, icon("people"), h("span", {}, nameOf("people")))));
}
