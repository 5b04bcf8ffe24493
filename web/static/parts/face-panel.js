/** One recognized face: whom it resembles, side by side; naming it; and the three ways in which an answer can be wrong. */

import { button, fill, h, icon } from "../core/dom.js";
import { openDialog } from "../core/dialog.js";
import { percent, t } from "../core/i18n.js";
import { nameOfPerson, personOf, seesCrops } from "../core/people.js";
import { personHref } from "../core/router.js";
import { can } from "../core/session.js";
import { announce, fail } from "../core/toast.js";
import { personChooser } from "./chooser.js";
import { personCrop } from "./crops.js";
import { enrolFace } from "./enrolling.js";
import { faultsOf, qualityNote } from "./quality.js";
import { renamePerson } from "./renaming.js";
import { showWrongSample } from "./wrong-sample.js";

const MAX_CANDIDATES = 3;
const MIN_ALIKE = 0.01;

/**
 * @typedef {object} PanelFace
 * @property {string} directory
 * @property {Box} box
 * @property {"match" | "review" | "unknown" | "unusable"} kind
 * @property {string | null} person who it is, or may be
 * @property {Candidate[]} candidates
 * @property {string} position "second from left"
 * @property {() => HTMLElement} crop a new picture of the face
 * @property {() => Promise<File>} photograph what is enrolled
 * @property {() => Promise<{ face: DetectedFace | null, limits: QualityLimits, floor: number | null }>} quality
 */

/**
 * The details of a face. `decided` is called with the person that it is from now on, or null for nobody.
 *
 * @param {PanelFace} face
 * @param {(person: string | null) => void} decided
 */
export function facePanel(face, decided) {
  const quality = h("div", { class: "panel-quality" });
  const actions = h("div", { class: "stack panel-actions" });
  const element = h("div", { class: "stack face-panel" }, comparison(face), quality, actions);
  let isEnrolling = false;
  fill(actions, ...(ACTIONS[face.kind](face, { enrol, decided })));
  face.quality().then(showQuality, fail);
  return element;

  /** @param {Awaited<ReturnType<PanelFace["quality"]>>} found */
  function showQuality({ face: detected, limits, floor }) {
    if (!detected) return;
    const matters = face.kind !== "match" || faultsOf(detected, limits).length > 0;
    fill(quality, matters && qualityNote(detected, limits, floor));
  }

  /** @param {import("./chooser.js").Choice} choice */
  async function enrol(choice) {
    if (isEnrolling) return;
    isEnrolling = true;
    element.setAttribute("aria-busy", "true");
    try {
      const person = await enrolFace(face.directory, choice, await face.photograph(), face.box);
      decided(person.person);
    } catch (error) {
      fail(error);
    }
    isEnrolling = false;
    element.removeAttribute("aria-busy");
  }
}

/**
 * @typedef {object} Doing
 * @property {(choice: import("./chooser.js").Choice) => Promise<void>} enrol
 * @property {(person: string | null) => void} decided
 */

/** @type {Record<PanelFace["kind"], (face: PanelFace, doing: Doing) => import("../core/dom.js").Child[]>} */
const ACTIONS = {
  match: (face, doing) => [
    can("enrol") && button(t("panel.learnToo"), { icon: "plus", onclick: () => void doing.enrol(known(face)) }),
    ...wrong(face, doing),
  ],
  review: (face, doing) => [
    can("enrol") && named(face, "panel.yes", { kind: "primary", icon: "check", onclick: () => void doing.enrol(known(face)) }),
    ...wrong(face, doing),
  ],
  unknown: (face, doing) => [can("enrol") && chooser(face, doing, t("panel.who"))],
  unusable: () => [h("p", { class: "soft small" }, t("panel.unusable"))],
};

/** @param {PanelFace} face */
const known = (face) => ({ person: String(face.person), isNew: false });

/** Three different things, each with its own button. @param {PanelFace} face @param {Doing} doing */
function wrong(face, doing) {
  const person = personOf(face.directory, String(face.person));
  return [
    h("h3", { class: "small soft panel-wrong" }, t("panel.wrong")),
    button(t("panel.somebodyElse"), { onclick: () => void somebodyElse(face, doing) }),
    can("edit") && seesCrops() && named(face, "panel.wrongSample", { onclick: () => void person.then(showWrongSample).catch(fail) }),
    can("edit") && named(face, "panel.rename", { onclick: () => void person.then(renamePerson).then((now) => now && doing.decided(now.person)).catch(fail) }),
  ];
}

/** @param {PanelFace} face @param {Doing} doing */
async function somebodyElse(face, { enrol, decided }) {
  const name = nameOfPerson(await personOf(face.directory, String(face.person)));
  const choice = await openDialog(t("panel.somebodyElse"), (/** @type {(choice?: import("./chooser.js").Choice | null) => void} */ close) => [
    h("div", { class: "row" }, face.crop(), h("p", { class: "grow soft" }, t("panel.onlyThis", { name }))),
    can("enrol") && face.kind !== "unusable" && personChooser({ directory: face.directory, label: t("panel.who"), suggestions: suggestions(face), without: [String(face.person)], choose: close }).element,
    h("footer", {}, button(t("panel.nobody"), { onclick: () => close(null) })),
  ]);
  if (choice) await enrol(choice);
  else if (choice === null) {
    decided(null);
    announce(t("panel.isNobody", { name }));
  }
}

/** @param {PanelFace} face @param {Doing} doing @param {string} label */
function chooser(face, { enrol }, label) {
  return personChooser({ directory: face.directory, label, suggestions: suggestions(face), choose: (choice) => void enrol(choice) }).element;
}

/** The likeliest first. @param {PanelFace} face */
const suggestions = ({ candidates }) => candidates.filter(({ probability }) => probability >= MIN_ALIKE).slice(0, MAX_CANDIDATES).map(({ id, probability }) => ({ person: id, hint: t("panel.alike", { share: percent(probability) }) }));

/** The face beside those whom it resembles. @param {PanelFace} face */
function comparison(face) {
  const shown = face.kind === "unknown" && can("enrol") ? [] : face.candidates.slice(0, face.kind === "match" ? 1 : MAX_CANDIDATES);
  return h(
    "div",
    { class: "comparison" },
    h("figure", {}, face.crop(), h("figcaption", { class: "small soft" }, t("panel.here"))),
    shown.length > 0 && icon("arrow"),
    shown.map((candidate) => candidateFigure(face, candidate)),
  );
}

/** @param {PanelFace} face @param {Candidate} candidate */
function candidateFigure({ directory }, { id, probability }) {
  const person = can("read") ? personOf(directory, id) : null;
  const name = h("span", { class: "cut" }, id);
  person?.then((known) => (name.textContent = nameOfPerson(known)), () => {});
  const link = can("read") ? h("a", { href: personHref(directory, id), class: "cut" }, name) : name;
  return h("figure", {}, personCrop(person), h("figcaption", { class: "small" }, link, h("span", { class: "soft numbers" }, percent(probability))));
}

/** A button with a person's name in it. @param {PanelFace} face @param {import("../core/i18n.js").Key} key @param {Record<string, any>} options */
function named(face, key, options) {
  const control = button(t(key, { name: String(face.person) }), options);
  personOf(face.directory, String(face.person)).then((person) => {
    const text = control.querySelector("span");
    if (text) text.textContent = t(key, { name: nameOfPerson(person) });
  }, () => {});
  return control;
}
