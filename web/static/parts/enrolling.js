/** Enrolling one face of a photograph, and what is said about it. */

import { addSamples, deletePerson, deleteSample } from "../core/api.js";
import { emit } from "../core/bus.js";
import { isThere } from "../core/directories.js";
import { button } from "../core/dom.js";
import { Problem } from "../core/http.js";
import { t } from "../core/i18n.js";
import { nameOfPerson, noteRecent, personOf } from "../core/people.js";
import { can } from "../core/session.js";
import { fail, succeed, toast } from "../core/toast.js";

/**
 * Enrol a person from a face of a photograph; says so once the service has confirmed it, with a way back.
 *
 * @param {string} directory
 * @param {import("./chooser.js").Choice} choice
 * @param {File} file
 * @param {Box} [box] which face, of several
 * @returns {Promise<Person>} Raises Problem if it was refused.
 */
export async function enrolFace(directory, { person, isNew }, file, box) {
  const item = await addSample(directory, person, file, { box });
  emit("samples-changed", { directory, person });
  if (!(await isThere(directory))) emit("directories-changed", {});
  if (isNew) emit("people-changed", { directory });
  noteRecent(directory, person);
  const known = await personOf(directory, person);
  const name = nameOfPerson(known);
  const undo = item.outcome === "created" && item.face && can("delete") ? undoButton(directory, person, isNew ? null : item.face.face) : undefined;
  const shown = toast(t(item.outcome === "known" ? "enrolling.known" : "enrolling.done", { name }), { kind: "good", action: undo });
  undo?.addEventListener("click", shown.close);
  for (const warning of item.warnings) if (warning.person || warning.code === "unlike-own") toast(warning.detail, { kind: "review", seconds: 20 });
  return known;
}

/**
 * Add one sample. Raises Problem with the reason if the photograph was refused.
 *
 * @param {string} directory
 * @param {string} person
 * @param {File} file
 * @param {Parameters<typeof addSamples>[3]} options
 */
export async function addSample(directory, person, file, options) {
  const { items: [item] } = await addSamples(directory, person, [file], options).catch(refusal);
  if (item.problem) throw new Problem({ ...item.problem, status: 422 });
  return item;
}

/** The only photograph was refused: its own reason says more. @param {unknown} error @returns {never} */
function refusal(error) {
  const item = error instanceof Problem ? error.body?.items?.[0] : null;
  if (item?.problem) throw new Problem({ ...item.problem, status: 422 });
  throw error;
}

/** @param {string} directory @param {string} person @param {string | null} face null: the person was made for it */
function undoButton(directory, person, face) {
  const undo = async () => {
    try {
      await (face ? deleteSample(directory, person, face) : deletePerson(directory, person));
      emit(face ? "samples-changed" : "person-gone", { directory, person });
      succeed(t("enrolling.undone"));
    } catch (error) {
      fail(error);
    }
  };
  return button(t("undo"), { kind: "quiet", icon: "undo", onclick: () => void undo() });
}
