/** Why a face is a poor sample, or none at all, in words that help. */

import { getDirectory } from "../core/api.js";
import { isThere } from "../core/directories.js";
import { can } from "../core/session.js";
import { h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";

/** @type {QualityLimits} the service's, where a directory sets none */
const LIMITS = { action: "warn", min_face_pixels: 40, min_sharpness: 0.42, min_brightness: 0.2, max_brightness: 0.82, max_yaw_degrees: 50 };

/** @type {Map<string, Promise<QualityLimits>>} */
const limits = new Map();

/** The limits of a directory, also of one that does not exist yet. @param {string} directory */
export function limitsOf(directory) {
  const asked = limits.get(directory) ?? ask(directory);
  limits.set(directory, asked);
  asked.catch(() => limits.delete(directory));
  return asked;
}

/** @param {string} directory */
async function ask(directory) {
  return can("read") && (await isThere(directory)) ? merged(await getDirectory(directory)) : LIMITS;
}

/** Ask again: the settings were changed. @param {string} directory */
export const forgetLimits = (directory) => limits.delete(directory);

/** @param {Directory} directory @returns {QualityLimits} */
const merged = ({ quality }) => ({ ...LIMITS, ...Object.fromEntries(Object.entries(quality ?? {}).filter(([, value]) => value !== null)) });

/**
 * What is wrong with a face: codes of the service's warnings, the gravest first; empty if it is a good sample.
 *
 * @param {Pick<DetectedFace, "quality" | "pose">} face
 * @param {QualityLimits} limits
 * @returns {("face-too-small" | "blurred" | "too-dark" | "too-bright" | "turned-away")[]}
 */
export function faultsOf({ quality, pose }, limits) {
  const found = {
    "face-too-small": quality.size < limits.min_face_pixels,
    "too-dark": quality.brightness < limits.min_brightness,
    "too-bright": quality.brightness > limits.max_brightness,
    "turned-away": Math.abs(pose.yaw) > limits.max_yaw_degrees,
    blurred: quality.sharpness < limits.min_sharpness,
  };
  return /** @type {any} */ (Object.entries(found).filter(([, holds]) => holds).map(([code]) => code));
}

/**
 * A note about a face as a sample.
 *
 * @param {DetectedFace} face
 * @param {QualityLimits} limits
 * @param {number | null} floor of recognizability
 */
export function qualityNote(face, limits, floor) {
  if (isUnusable(face.recognizability, floor)) return note("bad", "alert", t("quality.unusable"), faultsOf(face, limits));
  const faults = faultsOf(face, limits);
  if (!faults.length) return note("", "check", t("quality.good"), []);
  return note("review", "alert", t(limits.action === "refuse" ? "quality.refused" : "quality.poor"), faults);
}

/** @param {number | null} recognizability @param {number | null} floor */
export const isUnusable = (recognizability, floor) => recognizability !== null && floor !== null && recognizability < floor;

/** @param {string} kind @param {"alert" | "check"} mark @param {string} text @param {ReturnType<typeof faultsOf>} faults */
function note(kind, mark, text, faults) {
  const reasons = faults.map((code) => h("li", {}, t(`quality.${code}`)));
  return h("div", { class: `note small ${kind}` }, icon(mark), h("div", {}, h("p", {}, text), reasons.length > 0 && h("ul", { class: "reasons" }, reasons)));
}
