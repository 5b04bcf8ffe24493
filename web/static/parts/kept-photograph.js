/** The photograph of a sample with the face marked, as far as it is kept. */

import { previewKept } from "../core/api.js";
import { fill, h, icon } from "../core/dom.js";
import { openDialog } from "../core/dialog.js";
import { resource } from "../core/http.js";
import { dateTime, t } from "../core/i18n.js";
import { sentence } from "../core/toast.js";
import { sampleCrop } from "./crops.js";
import { showBoxes } from "./face-boxes.js";

/** Show it until it is closed. @param {Sample} sample @param {string} name */
export function showPhotograph(sample, name) {
  const src = resource(sample.image);
  const alt = t("photograph.of", { name });
  const place = h("div", { class: "kept-photograph" }, sampleCrop(sample, alt));
  const note = h("p", { class: "soft small" }, t("photograph.since", { when: dateTime(sample.created_at) }));
  if (src) void open(src);
  else note.append(" ", t("photograph.gone"));
  return openDialog(alt, () => [place, note], { wide: true });

  /** @param {string} src */
  async function open(src) {
    try {
      const boxes = await showBoxes(place, { src, alt, preview: () => previewKept(src) });
      boxes.setFaces([{ box: sample.box, text: name, label: t("photograph.face", { name }), kind: "match" }]);
    } catch (error) {
      fill(place, sampleCrop(sample, alt), h("div", { class: "note bad" }, icon("alert"), h("p", {}, sentence(error))));
    }
  }
}
