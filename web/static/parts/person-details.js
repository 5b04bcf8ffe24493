/** What is recorded of a person besides samples: details, consent, and whether they are named at all. */

import { changePerson } from "../core/api.js";
import { emit } from "../core/bus.js";
import { button, fill, h, icon, iconButton, newId } from "../core/dom.js";
import { openDialog } from "../core/dialog.js";
import { date, t } from "../core/i18n.js";
import { meet } from "../core/people.js";
import { can } from "../core/session.js";
import { fail, sentence, succeed } from "../core/toast.js";

const BASES = ["consent", "contract", "legal-obligation", "vital-interests", "public-task", "legitimate-interests"];

/** @typedef {Parameters<typeof changePerson>[2]} Changes */

/** Change a person whom nobody else has changed since. Raises Problem. @param {Person} person @param {Changes} changes @param {string} done */
async function save(person, changes, done) {
  const now = await changePerson(person.directory, person.person, changes, person.revision);
  meet(now);
  emit("person-changed", { directory: person.directory, person: person.person, now });
  succeed(done);
}

/** External id and metadata, as a form for those who may change them. @param {() => Person} present */
function detailsCard(present) {
  const person = present();
  const id = newId();
  const external = h("input", { id, type: "text", value: person.external_id ?? "", maxlength: "255", autocomplete: "off" });
  const rows = h("ul", { class: "metadata" }, Object.entries(person.metadata).map(([name, value]) => row(name, value)));
  const fault = h("p", { class: "fault", role: "alert" });
  const add = button(t("details.add"), { kind: "small quiet", icon: "plus", onclick: () => (rows.append(row("", "")), rows.lastElementChild?.querySelector("input")?.focus()) });
  const send = button(t("save"), { kind: "primary", type: "submit", hidden: true });
  const form = h("form", { class: "stack", oninput: changed, onsubmit: submit }, h("div", {}, h("label", { for: id }, t("details.external")), external), h("div", { class: "stack" }, h("strong", {}, t("details.metadata")), rows, add), fault, send);
  return { element: can("edit") ? form : facts(person), isTyped: () => !send.hidden };

  /** @param {string} name @param {unknown} value */
  function row(name, value) {
    const isText = typeof value === "string";
    const key = h("input", { type: "text", value: name, "aria-label": t("details.key"), placeholder: t("details.key"), autocomplete: "off" });
    const text = h("input", { type: "text", value: isText ? value : JSON.stringify(value), "aria-label": t("details.value", { name }), placeholder: t("details.value", { name }), autocomplete: "off" });
    const item = h("li", {}, key, text, iconButton("close", t("details.remove", { name }), { onclick: () => (item.remove(), changed(), add.focus()) }));
    item.dataset.kind = isText ? "text" : "json";
    return item;
  }

  function changed() {
    send.hidden = false;
    fault.textContent = "";
  }

  function written() {
    const entries = [...rows.children].map((item) => {
      const [key, text] = item.querySelectorAll("input");
      return [key.value.trim(), item instanceof HTMLElement && item.dataset.kind === "json" ? parsed(text.value) : text.value];
    });
    return Object.fromEntries(entries.filter(([key]) => key));
  }

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    send.disabled = send.hidden = true;
    try {
      await save(present(), { external_id: external.value.trim() || null, metadata: written() }, t("details.saved"));
    } catch (error) {
      fault.textContent = sentence(error);
      send.disabled = send.hidden = false;
    }
  }
}

/** A value that was no text stays one of its kind, if it can. @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** @param {Person} person */
function facts({ external_id, metadata }) {
  const rows = Object.entries({ ...(external_id ? { [t("details.external")]: external_id } : {}), ...metadata });
  if (!rows.length) return h("p", { class: "soft" }, t("details.none"));
  return h("dl", { class: "facts" }, rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, typeof value === "string" ? value : JSON.stringify(value)))));
}

/** @param {Consent | null} consent @param {Date} [now] @returns {"none" | "withdrawn" | "ended" | "valid"} */
function consentState(consent, now = new Date()) {
  if (!consent) return "none";
  if (consent.withdrawn_at && new Date(consent.withdrawn_at) <= now) return "withdrawn";
  return consent.until && new Date(consent.until) <= now ? "ended" : "valid";
}

/** @param {Person} person */
function consentCard(person) {
  const { consent, restricted } = person;
  const state = consentState(consent);
  const never = h("input", { type: "checkbox", checked: restricted, disabled: !can("edit"), onchange: () => void restrict() });
  const text = consent && h("p", { class: "small" }, t("consent.text", { text: consent.text, when: date(consent.given_at), basis: t(/** @type {any} */ (`consent.basis.${consent.basis}`)) }), consent.until && ` ${t("consent.ends", { when: date(consent.until) })}`, consent.withdrawn_at && ` ${t("consent.was", { when: date(consent.withdrawn_at) })}`);
  return h(
    "div",
    { class: "stack" },
    h("p", {}, h("span", { class: `badge ${state === "valid" ? "match" : state === "none" ? "" : "bad"}` }, icon(state === "valid" ? "check" : "alert"), t(`consent.${state}`))),
    text,
    can("edit") && h("div", { class: "row" }, button(t("consent.record"), { kind: "small", onclick: () => void recordConsent(person) }), state === "valid" && button(t("consent.withdraw"), { kind: "small danger", onclick: () => void withdraw() })),
    h("label", { class: "check-line" }, never, h("span", {}, t("consent.restricted"), h("span", { class: "soft small" }, t("consent.restrictedHint")))),
  );

  async function restrict() {
    try {
      await save(person, { restricted: never.checked }, t(never.checked ? "consent.neverNamed" : "consent.namedAgain"));
    } catch (error) {
      never.checked = restricted;
      fail(error);
    }
  }

  async function withdraw() {
    const withdrawn = { .../** @type {Consent} */ (consent), withdrawn_at: new Date().toISOString() };
    await save(person, { consent: withdrawn }, t("consent.withdrawnNow")).catch(fail);
  }
}

/** @param {Person} person */
function recordConsent(person) {
  return openDialog(t("consent.record"), (/** @type {() => void} */ close) => {
    const [text, given, basis, until] = [newId(), newId(), newId(), newId()];
    const today = new Date().toLocaleDateString("sv");
    const inputs = {
      text: h("input", { id: text, type: "text", required: true, maxlength: "1000", value: person.consent?.text ?? "" }),
      given: h("input", { id: given, type: "date", required: true, max: today, value: today }),
      basis: h("select", { id: basis }, BASES.map((each) => h("option", { value: each }, t(/** @type {any} */ (`consent.basis.${each}`))))),
      until: h("input", { id: until, type: "date" }),
    };
    const fault = h("p", { class: "fault", role: "alert" });
    const send = button(t("save"), { kind: "primary", type: "submit" });
    return [
      h(
        "form",
        { class: "stack", onsubmit: submit },
        h("div", {}, h("label", { for: text }, t("consent.what")), inputs.text, h("p", { class: "soft small" }, t("consent.whatHint"))),
        h("div", {}, h("label", { for: given }, t("consent.given")), inputs.given),
        h("div", {}, h("label", { for: basis }, t("consent.basis")), inputs.basis),
        h("div", {}, h("label", { for: until }, t("consent.until")), inputs.until),
        fault,
        h("footer", {}, button(t("cancel"), { onclick: () => close() }), send),
      ),
    ];

    /** @param {SubmitEvent} event */
    async function submit(event) {
      event.preventDefault();
      send.disabled = true;
      const start = inputs.given.value === today ? new Date() : new Date(`${inputs.given.value}T00:00`);
      const end = inputs.until.value ? new Date(`${inputs.until.value}T23:59:59`).toISOString() : null;
      const consent = { given_at: start.toISOString(), text: inputs.text.value.trim(), basis: inputs.basis.value, until: end, withdrawn_at: null };
      try {
        await save(person, { consent }, t("consent.recorded"));
        close();
      } catch (error) {
        fault.textContent = sentence(error);
        send.disabled = false;
      }
    }
  });
}

/** Both, and `draw` them again; what is being typed stays. @param {() => Person} present */
export function personDetails(present) {
  const [details, consent] = [h("div", {}), h("div", {})];
  let card = detailsCard(present);
  draw();
  const section = (/** @type {string} */ title, /** @type {HTMLElement} */ body) => h("section", { class: "card stack" }, h("h2", {}, title), body);
  return { element: h("div", { class: "stack" }, section(t("details.title"), details), section(t("consent.title"), consent)), draw };

  function draw() {
    if (!card.isTyped()) card = detailsCard(present);
    if (!card.element.isConnected) fill(details, card.element);
    fill(consent, consentCard(present()));
  }
}
