/** The camera: a picture at a time, or a stream that a view looks at. */

import { button, fill, h, icon } from "../core/dom.js";
import { openDialog } from "../core/dialog.js";
import { t } from "../core/i18n.js";

/** Why there is no camera, as a sentence, or null if there may be one. */
export function cameraFault() {
  if (!isSecureContext || !navigator.mediaDevices) return t("camera.insecure");
  return null;
}

/**
 * Open the camera. Raises an Error whose message a person can act on. End it with `stopCamera`.
 *
 * @param {MediaTrackConstraints} [wishes]
 */
export async function openCamera(wishes = { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 720 } }) {
  const fault = cameraFault();
  if (fault) throw new Error(fault);
  try {
    return await navigator.mediaDevices.getUserMedia({ video: wishes, audio: false });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    throw new Error(t(name === "NotAllowedError" ? "camera.refused" : name === "NotFoundError" ? "camera.none" : "camera.busy"));
  }
}

/** @param {MediaStream | null} stream */
export const stopCamera = (stream) => stream?.getTracks().forEach((track) => track.stop());

/**
 * What the camera shows at this moment, or as soon as it shows something, as a JPEG, at most `maxSide` pixels wide or high.
 *
 * @param {HTMLVideoElement} video
 * @param {number} [maxSide]
 * @returns {Promise<File>}
 */
export async function snapshot(video, maxSide = Infinity) {
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) // the camera has not sent its first picture
    await new Promise((resolve) => video.addEventListener("loadeddata", resolve, { once: true }));
  const scale = Math.min(1, maxSide / Math.max(video.videoWidth, video.videoHeight));
  const canvas = h("canvas", { width: Math.round(video.videoWidth * scale), height: Math.round(video.videoHeight * scale) });
  canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
  return new File([blob], `${t("camera.file")}-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.jpg`, { type: "image/jpeg" });
}

const HINT_SIDE = 640;
const HINT_PAUSE_MS = 400;

/** @typedef {(picture: File, width: number) => Promise<{ text: string, isGood: boolean }>} Hint of a picture, and how wide the photograph would be */

/**
 * Take a photograph in a dialog, with preview and retake. Returns undefined if it is closed.
 *
 * @param {string} title
 * @param {Hint} [hint] what to do better, while the camera looks
 * @returns {Promise<File | undefined>}
 */
export async function takePhotograph(title, hint) {
  /** @type {MediaStream | null} */
  let stream = null;
  let isOpen = true;
  const photograph = await openDialog(title, (/** @type {(file?: File) => void} */ close) => {
    const place = h("div", { class: "camera-place" }, h("p", { class: "soft" }, t("camera.opening")));
    const controls = h("footer", {});
    const advice = h("p", { class: "camera-hint", role: "status" });
    let looking = 0;
    openCamera().then(look, (error) => fill(place, h("p", { class: "note review" }, icon("alert"), error.message)));
    return [place, advice, controls];

    /** @param {MediaStream} opened */
    function look(opened) {
      stream = opened;
      if (!isOpen) return stopCamera(stream);
      const video = h("video", { class: "camera-video", autoplay: true, muted: true, playsinline: true, "aria-label": t("camera.picture") });
      video.srcObject = stream;
      const shoot = button(t("camera.take"), { kind: "primary", icon: "camera", onclick: async () => preview(await snapshot(video)) });
      fill(place, video);
      fill(controls, shoot);
      shoot.focus();
      if (hint) video.addEventListener("playing", () => void advise(video), { once: true });
    }
    /** One picture at a time is on its way. @param {HTMLVideoElement} video */
    async function advise(video) {
      const mine = (looking += 1);
      while (isOpen && mine === looking && video.isConnected) {
        await say(await snapshot(video, HINT_SIDE), video.videoWidth, mine);
        await new Promise((resolve) => setTimeout(resolve, HINT_PAUSE_MS));
      }
    }
    /** @param {File} picture @param {number} width @param {number} mine */
    async function say(picture, width, mine) {
      const said = await hint?.(picture, width).catch(() => null); // the photograph is judged when it is added
      if (!said || mine !== looking) return;
      if (advice.textContent !== said.text) advice.textContent = said.text;
      advice.classList.toggle("is-good", said.isGood);
    }
    /** @param {File} file */
    function preview(file) {
      const url = URL.createObjectURL(file);
      advice.textContent = "";
      void say(file, 0, (looking += 1));
      const use = button(t("camera.use"), { kind: "primary", icon: "check", onclick: () => close(file) });
      fill(place, h("img", { class: "camera-video", src: url, alt: t("camera.preview"), onload: () => URL.revokeObjectURL(url) }));
      fill(controls, button(t("camera.again"), { onclick: () => stream && look(stream) }), use);
      use.focus();
    }
  });
  isOpen = false;
  stopCamera(stream);
  return photograph;
}
