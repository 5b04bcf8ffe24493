/** What a person is called, changed everywhere at once. */

import { changePerson } from "../core/api.js";
import { emit } from "../core/bus.js";
import { button, h, newId } from "../core/dom.js";
import { openDialog } from "../core/dialog.js";
import { t } from "../core/i18n.js";
import { meet, nameOfPerson } from "../core/people.js";
import { sentence, succeed } from "../core/toast.js";

/** Ask for another name. Returns the person as it is then, or undefined. @param {Person} person */
export function renamePerson(person) {
  return openDialog(t("rename.title", { name: nameOfPerson(person) }), (/** @type {(now?: Person) => void} */ close) => {
    const id = newId();
    const input = h("input", { id, type: "text", value: nameOfPerson(person), maxlength: "1000", autocomplete: "off" });
    const fault = h("p", { class: "fault", role: "alert" });
    const save = button(t("save"), { kind: "primary", type: "submit" });
    const form = h("form", { class: "stack", onsubmit: submit }, h("label", { for: id }, t("rename.name")), input, h("p", { class: "soft small" }, t("rename.hint", { id: person.person })), fault, h("footer", {}, button(t("cancel"), { onclick: () => close() }), save));
    queueMicrotask(() => (input.focus(), input.select()));
    return [form];

    /** @param {SubmitEvent} event */
    async function submit(event) {
      event.preventDefault();
      const name = input.value.trim();
      save.disabled = true;
      try {
        const now = await changePerson(person.directory, person.person, { display_name: name || null });
        emit("person-changed", { directory: person.directory, person: person.person, now });
        meet(now);
        succeed(t("rename.done", { name: nameOfPerson(now) }));
        close(now);
      } catch (error) {
        fault.textContent = sentence(error);
        save.disabled = false;
      }
    }
  });
}
