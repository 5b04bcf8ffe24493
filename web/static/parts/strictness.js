/** How sure a match must be: the scores of one person's and of different people's faces, and a slider between them. */

import { fill, h, newId } from "../core/dom.js";
import { number, percent, t, within } from "../core/i18n.js";

/** Shares of strangers who get a name, one for each step of the slider. */
const SHARES = [-6, -5, -4, -3, -2].flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`))).concat(0.1);
const [WIDTH, HEIGHT, MIN_SCORE] = [600, 140, -0.4];

/** @param {number} score */
const across = (score) => ((Math.min(1, Math.max(MIN_SCORE, score)) - MIN_SCORE) / (1 - MIN_SCORE)) * WIDTH;

/**
 * @param {ScoreDistributions} found
 * @param {{ fpir: number | undefined, isFixed: boolean, disabled: boolean }} options
 */
export function strictness(found, { fpir, isFixed, disabled }) {
  const id = newId();
  const start = fpir ?? shareAt(found.rates, found.thresholds.match);
  const slider = h("input", { id, type: "range", min: 0, max: SHARES.length - 1, step: 1, value: nearest(start), disabled, oninput: move });
  const line = svg("line", { class: "strictness-line", y1: 0, y2: HEIGHT });
  const meaning = h("ul", { class: "strictness-meaning stack", id: newId() });
  slider.setAttribute("aria-describedby", meaning.id);
  let isMoved = false;
  const element = h(
    "div",
    { class: "stack" },
    chart(found, line),
    h("ul", { class: "legend row small" }, h("li", { class: "legend-same" }, t("directories.same")), h("li", { class: "legend-different" }, t("directories.different"))),
    h("label", { for: id }, t("directories.strictness")),
    slider,
    h("div", { class: "strictness-ends row spread small soft", "aria-hidden": "true" }, h("span", {}, t("directories.neverName")), h("span", {}, t("directories.neverMiss"))),
    isFixed && h("p", { class: "note review" }, t("directories.fixed", { score: score(found.thresholds.match) })),
    meaning,
  );
  show(start, found.thresholds.match);
  return { element, /** The share that was chosen, or null if the slider stays as it was. */ chosen: () => (isMoved ? SHARES[Number(slider.value)] : null) };

  function move() {
    isMoved = true;
    const share = SHARES[Number(slider.value)];
    show(share, found.faces ? thresholdFor(found.rates, share) : found.thresholds.match);
  }

  /** @param {number} share @param {number} threshold */
  function show(share, threshold) {
    for (const end of ["x1", "x2"]) line.setAttribute(end, String(across(threshold)));
    const sentences = meanings(found, share, threshold);
    slider.setAttribute("aria-valuetext", sentences[0]);
    fill(meaning, sentences.map((each) => h("li", {}, each)));
  }
}

/** What a threshold means for this many people. @param {ScoreDistributions} found @param {number} share @param {number} threshold */
function meanings({ rates, persons, faces }, share, threshold) {
  const missed = between(rates, threshold, ({ missed }) => missed);
  const alike = between(rates, threshold, ({ alike }) => alike);
  return [
    t("directories.strangers", { share: number(Math.round(1 / share)), people: within(t("people.count", { n: persons })) }),
    missed === null ? t("directories.missedUnknown") : t("directories.missed", { share: percentOf(missed) }),
    alike ? t("directories.alike", { share: percentOf(alike) }) : "",
    faces ? t("directories.threshold", { score: score(threshold) }) : "",
  ].filter(Boolean);
}

/** @param {number} share */
const percentOf = (share) => (share > 0 && share < 0.1 ? number(share, { style: "percent", maximumSignificantDigits: 2 }) : percent(share));

/** @param {number} value */
const score = (value) => number(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** The lowest threshold that names no larger share of strangers. @param {ScoreRates[]} rates @param {number} share */
export function thresholdFor(rates, share) {
  const place = rates.findIndex(({ stranger_named: named }) => named <= share);
  if (place < 1) return place === 0 ? rates[0].threshold : 1;
  const [above, below] = [rates[place - 1], rates[place]];
  const [high, low] = [above.stranger_named, Math.max(below.stranger_named, 1e-9)].map(Math.log);
  return above.threshold + (below.threshold - above.threshold) * Math.min(1, (high - Math.log(share)) / (high - low));
}

/** @param {ScoreRates[]} rates @param {number} threshold */
const shareAt = (rates, threshold) => Math.max(SHARES[0], between(rates, threshold, (each) => each.stranger_named) ?? 0);

/** @param {ScoreRates[]} rates @param {number} threshold @param {(rates: ScoreRates) => number | null} of */
function between(rates, threshold, of) {
  const place = Math.max(1, rates.findIndex((each) => each.threshold >= threshold));
  const [before, after] = [rates[place - 1], rates[place]];
  const [low, high] = [of(before), of(after)];
  if (low === null || high === null) return null;
  return low + ((high - low) * (threshold - before.threshold)) / (after.threshold - before.threshold);
}

/** The step of a share. @param {number} share */
function nearest(share) {
  const distances = SHARES.map((each) => Math.abs(Math.log(each) - Math.log(Math.max(share, 1e-9))));
  return distances.indexOf(Math.min(...distances));
}

/** @param {ScoreDistributions} found @param {SVGElement} line */
function chart({ bins, same, different }, line) {
  const label = t("directories.chart", { same, different });
  const shown = bins.filter(({ end }) => end > MIN_SCORE);
  const element = svg("svg", { class: "strictness-chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label });
  element.append(hill(shown, "different"), hill(shown, "same"), line);
  return element;
}

/** Each hill has its own scale: pairs of different people are many more. @param {ScoreDistributions["bins"]} bins @param {"same" | "different"} kind */
function hill(bins, kind) {
  const highest = Math.max(1, ...bins.map((bin) => bin[kind]));
  const points = bins.map((bin) => `${across((bin.start + bin.end) / 2)},${HEIGHT - (bin[kind] / highest) * (HEIGHT - 8)}`);
  return svg("polygon", { class: `strictness-${kind}`, points: [`0,${HEIGHT}`, ...points, `${WIDTH},${HEIGHT}`].join(" ") });
}

/** @param {string} tag @param {Record<string, string | number>} attributes */
function svg(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}
