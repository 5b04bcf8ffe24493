/** Small square pictures of faces: of a person, of a sample, and cut out of a photograph in the browser. */

import { fill, h, icon } from "../core/dom.js";
import { resource } from "../core/http.js";
import { t } from "../core/i18n.js";
import { cropOf } from "../core/people.js";
import { can } from "../core/session.js";

/**
 * The picture of a person, which is asked for once it is visible; decoration beside the name.
 *
 * @param {Pick<Person, "crop"> | Promise<Person> | null} person
 */
export function personCrop(person) {
  const place = h("span", { class: "crop" }, icon("person"));
  if (!person) return place;
  const observer = new IntersectionObserver(async (entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    try {
      show(place, cropOf(await person));
    } catch {
      // the name beside it says who it is
    }
  });
  observer.observe(place);
  return place;
}

/** Why there are no pictures, for a key that may not see them. */
export const withoutPictures = () => !can("images") && h("p", { class: "note without-pictures" }, t("frame.noPictures", { right: t("keys.scope.images") }));

/** The picture of a sample. @param {Pick<Sample, "crop">} sample @param {string} [alt] */
export function sampleCrop({ crop }, alt = "") {
  const place = h("span", { class: "crop" }, icon("person"));
  show(place, resource(crop), alt);
  return place;
}

/** @param {HTMLElement} place @param {string | null} url @param {string} [alt] */
function show(place, url, alt = "") {
  if (url) fill(place, h("img", { src: url, alt, loading: "lazy", decoding: "async", onerror: () => fill(place, icon("person")) }));
}

/**
 * A face cut out of a photograph that the browser shows, with a margin.
 *
 * @param {HTMLImageElement | HTMLVideoElement | HTMLCanvasElement} picture loaded
 * @param {Box} box in its pixels
 * @param {{ size?: number, margin?: number }} [options]
 */
export function cutCrop(picture, box, { size = 224, margin = 0.25 } = {}) {
  const canvas = h("canvas", { class: "crop", width: size, height: size, "aria-hidden": "true" });
  const [left, top, right, bottom] = box;
  const side = Math.max(right - left, bottom - top) * (1 + 2 * margin);
  const [x, y] = [(left + right - side) / 2, (top + bottom - side) / 2];
  canvas.getContext("2d")?.drawImage(picture, x, y, side, side, 0, 0, size, size);
  return canvas;
}
