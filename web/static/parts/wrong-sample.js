/** "One of Ann's samples is not Ann": take that one away, or give it to somebody else. */

import { deleteSample, listSamples, moveSamples } from "../core/api.js";
import { emit } from "../core/bus.js";
import { button, fill, h } from "../core/dom.js";
import { openDialog } from "../core/dialog.js";
import { date, t } from "../core/i18n.js";
import { nameOfPerson, noteRecent, personOf } from "../core/people.js";
import { can } from "../core/session.js";
import { fail, succeed } from "../core/toast.js";
import { later } from "../core/undo.js";
import { personChooser } from "./chooser.js";
import { sampleCrop } from "./crops.js";

/** @param {Person} person */
export async function showWrongSample(person) {
  const { items } = await listSamples(person.directory, person.person, { limit: 200 });
  const name = nameOfPerson(person);
  await openDialog(t("samples.wrong", { name }), (close) => [
    h("p", { class: "soft" }, t("samples.which", { name })),
    h("ul", { class: "sample-choice" }, items.map((sample) => row(person, sample, close))),
  ], { wide: true });
}

/** @param {Person} person @param {Sample} sample @param {() => void} close */
function row(person, sample, close) {
  const when = date(sample.created_at);
  const remove = button(t("samples.remove"), { kind: "small danger", "aria-label": t("samples.removeOf", { when }), onclick: () => (close(), removeSample(person, sample)) });
  const give = button(t("samples.give"), { kind: "small", "aria-label": t("samples.giveOf", { when }), onclick: () => (close(), void giveSample(person, sample)) });
  return h("li", {}, sampleCrop(sample, t("samples.of", { when })), can("edit") && give, can("delete") && remove);
}

/** Delete a sample after ten seconds; returns what `later` returns. @param {Person} person @param {Sample} sample @param {() => void} [undo] */
export function removeSample({ directory, person, ...rest }, sample, undo = () => {}) {
  const name = nameOfPerson({ person, ...rest });
  return later({
    text: t("samples.removing", { name }),
    undo,
    run: async () => {
      await deleteSample(directory, person, sample.face);
      emit("samples-changed", { directory, person });
      return t("samples.removed", { name });
    },
  });
}

/** Ask to whom a sample belongs, and move it there. @param {Person} from @param {Sample} sample */
export async function giveSample(from, sample) {
  const { directory, person } = from;
  const choice = await openDialog(t("samples.whose"), (/** @type {(choice?: import("./chooser.js").Choice) => void} */ close) => [
    fill(h("div", { class: "row" }), sampleCrop(sample)),
    personChooser({ directory, label: t("samples.to"), without: [person], choose: close }).element,
  ]);
  if (!choice) return;
  try {
    await moveSamples(directory, person, [sample.face], choice.person);
    for (const each of [person, choice.person]) emit("samples-changed", { directory, person: each });
    if (choice.isNew) emit("people-changed", { directory });
    noteRecent(directory, choice.person);
    succeed(t("samples.given", { name: nameOfPerson(await personOf(directory, choice.person)) }));
  } catch (error) {
    fail(error);
  }
}
