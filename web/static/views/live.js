/** The camera: who is in front of it, and who came and went. Their pictures are only in the browser until they are named. */

import { detect, recognize } from "../core/api.js";
import { on } from "../core/bus.js";
import { button, fill, h, icon, setAttribute } from "../core/dom.js";
import { openDialog } from "../core/dialog.js";
import { Problem } from "../core/http.js";
import { dateTime, number, t } from "../core/i18n.js";
import { nameOfPerson, personOf } from "../core/people.js";
import { href, nameOf, personHref } from "../core/router.js";
import { can } from "../core/session.js";
import { announce, isCancelled, sentence } from "../core/toast.js";
import { cameraFault, openCamera, stopCamera } from "../parts/camera.js";
import { cutCrop } from "../parts/crops.js";
import { facePanel } from "../parts/face-panel.js";
import { faultsOf, limitsOf } from "../parts/quality.js";
import { saveCsv } from "../parts/saving.js";
import { tracker } from "../parts/tracks.js";

const MAX_SENT_SIDE = 720;
const MAX_VISITORS = 300;
const MAX_PHOTO_SIDE = 800;
const BUSY_MS = 2000;
const ASK_QUALITY_MS = 700;

/**
 * @typedef {object} Visitor somebody who was seen
 * @property {import("../parts/tracks.js").Kind} kind
 * @property {string | null} person
 * @property {string} name
 * @property {boolean} isNamed by hand
 * @property {Date} first
 * @property {Date} last
 * @property {number} worth of the picture, to keep the best one
 * @property {HTMLCanvasElement} photo
 * @property {Box} box in the photo
 * @property {Candidate[]} candidates
 * @property {string} fault
 * @property {number | null} floor
 * @property {ReturnType<typeof visitorRow>} row
 *
 * @typedef {import("../parts/tracks.js").Track & { visitor?: Visitor }} Seen
 */

/** @type {ViewModule["view"]} */
export function view({ directory }) {
  /** @type {MediaStream | null} */
  let stream = null;
  let running = new AbortController();
  running.abort();
  /** @type {Visitor[]} the latest first */
  let visitors = [];
  let tracks = tracker();
  let askedQuality = 0;
  let wasRunning = false;
  const whole = h("canvas");
  const small = h("canvas");

  const video = h("video", { class: "live-video", autoplay: true, muted: true, playsinline: true, "aria-label": t("camera.picture") });
  const layer = h("div", { class: "live-layer", "aria-hidden": "true" });
  const stage = h("div", { class: "live-stage", hidden: true }, video, layer);
  const note = h("div", { class: "live-note", role: "status" });
  const start = button(t("live.start"), { kind: "primary", icon: "live", onclick: () => void open() });
  const stop = button(t("live.pause"), { hidden: true, onclick: pause });
  const devices = h("select", { class: "live-devices", "aria-label": t("live.camera"), hidden: true, onchange: () => void open() });
  const rate = h("span", { class: "soft small numbers" });
  const save = button(t("live.export"), { icon: "bulk", hidden: true, onclick: exportList });
  const clear = button(t("live.clear"), { kind: "quiet", hidden: true, onclick: forgetAll });
  const list = h("ul", { class: "live-list", "aria-label": t("live.list") });
  const empty = h("p", { class: "soft" }, t("live.empty"));
  const element = h(
    "div",
    { class: "live" },
    h("div", { class: "view-head" }, h("div", { class: "stack" }, h("h1", {}, nameOf("live")), h("p", { class: "soft" }, t("live.lead"))), h("div", { class: "row" }, rate, devices, start, stop)),
    note,
    h("div", { class: "live-work" }, stage, h("section", { class: "stack live-side" }, h("div", { class: "row spread" }, h("h2", {}, t("live.list")), h("div", { class: "row" }, clear, save)), empty, list)),
  );
  const unlisten = [on("person-changed", renamed), on("person-gone", renamed)];
  if (cameraFault()) noCamera();
  return { element, title: nameOf("live"), pause: leave, resume: () => void (wasRunning && open()), dispose };

  /** Plain HTTP in a network: the way out is beside the reason. */
  function noCamera() {
    start.hidden = true;
    fill(note, h("div", { class: "note review" }, icon("alert"), h("div", { class: "stack" }, h("p", {}, cameraFault()), h("div", { class: "row" }, h("a", { class: "button small", href: href("recognize", {}, directory) }, t("live.photographs"))))));
  }

  async function open() {
    close();
    running = new AbortController();
    const { signal } = running;
    start.disabled = true;
    fill(note);
    try {
      const wish = devices.value ? { deviceId: devices.value } : { facingMode: "user" };
      const opened = await openCamera({ ...wish, width: { ideal: 1280 }, height: { ideal: 720 } });
      if (signal.aborted) return stopCamera(opened);
      stream = opened;
      video.srcObject = stream;
      await listCameras();
      stage.hidden = false;
      shown(true);
      await look(signal);
    } catch (error) {
      close();
      if (!isCancelled(error)) fill(note, h("p", { class: "note review" }, icon("alert"), error instanceof Problem ? sentence(error) : String(/** @type {Error} */ (error).message)));
    }
  }

  async function listCameras() {
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
    const present = stream?.getVideoTracks()[0]?.getSettings().deviceId;
    fill(devices, cameras.map(({ deviceId, label }, index) => h("option", { value: deviceId, selected: deviceId === present }, label || `${t("live.camera")} ${index + 1}`)));
    devices.hidden = cameras.length < 2;
  }

  /** One frame after the other, as fast as the service answers. @param {AbortSignal} signal */
  async function look(signal) {
    /** @type {number[]} */
    const times = [];
    while (!signal.aborted) {
      await new Promise(requestAnimationFrame); // none while the tab is hidden
      if (signal.aborted || video.readyState < video.HAVE_CURRENT_DATA || !video.videoWidth) continue;
      try {
        await lookOnce(signal);
        times.push(performance.now());
        if (times.length > 10) times.shift();
        if (times.length > 1) rate.textContent = t("live.rate", { rate: number((1000 * (times.length - 1)) / (times[times.length - 1] - times[0]), { maximumSignificantDigits: 2 }) });
        fill(note);
      } catch (error) {
        if (!(error instanceof Problem && error.status === 429)) throw error;
        fill(note, h("p", { class: "note" }, icon("alert"), sentence(error)));
        await new Promise((resolve) => setTimeout(resolve, BUSY_MS));
      }
    }
  }

  /** @param {AbortSignal} signal */
  async function lookOnce(signal) {
    const frame = await grab();
    const answer = await recognize(frame.file, { directory, keep: false, k: 3, orientation: "as-sent", detail: "fast", signal });
    const present = tracks.follow(answer.persons.map((found) => ({ ...found, box: /** @type {Box} */ (found.box.map((each) => each / frame.scale)) })));
    for (const track of present) meetVisitor(track, answer.thresholds.recognizability_floor);
    draw();
    const doubtful = present.filter(({ kind }) => kind !== "match");
    if (!doubtful.length || performance.now() - askedQuality < ASK_QUALITY_MS) return;
    askedQuality = performance.now();
    await explain(frame, doubtful, signal);
    draw();
  }

  /** What the camera shows now, whole and as it is sent. */
  async function grab() {
    const { videoWidth: width, videoHeight: height } = video;
    const scale = Math.min(1, MAX_SENT_SIDE / Math.max(width, height));
    stage.style.setProperty("--ratio", String(width / height));
    Object.assign(whole, { width, height });
    Object.assign(small, { width: Math.round(width * scale), height: Math.round(height * scale) });
    whole.getContext("2d")?.drawImage(video, 0, 0);
    small.getContext("2d")?.drawImage(whole, 0, 0, small.width, small.height);
    return { scale, file: await fileOf(small, 0.85) };
  }

  /** Why faces without a name cannot be used. @param {{ file: File, scale: number }} frame @param {Seen[]} doubtful @param {AbortSignal} signal */
  async function explain({ file, scale }, doubtful, signal) {
    const [{ faces }, limits] = await Promise.all([detect(file, { signal }), limitsOf(directory)]);
    for (const track of doubtful) {
      const found = faces.find(({ box }) => overlapOf(box, track.box, scale));
      if (!found) continue;
      const [fault] = faultsOf({ ...found, quality: { ...found.quality, size: found.quality.size / scale } }, limits);
      track.fault = fault ? t(`quality.${fault}`) : "";
      if (track.visitor) show(Object.assign(track.visitor, { fault: track.fault }));
    }
  }

  /** Who a track is in the list; what somebody was named by hand stays. @param {Seen} track @param {number | null} floor */
  function meetVisitor(track, floor) {
    if (track.kind !== "match" && track.frames < 2) return; // a single frame may be noise
    const before = track.visitor && visitors.includes(track.visitor) ? track.visitor : undefined;
    const visitor = visitorOf(track, before) ?? newVisitor(track, floor);
    if (before && before !== visitor && before.kind !== "match") forget(before); // it was the same person all the time
    track.visitor = visitor;
    visitor.last = new Date();
    if (!visitor.isNamed && (visitor.kind !== track.kind || visitor.person !== track.person)) void nameVisitor(visitor, track.kind, track.person);
    if (track.worth > 1.1 * visitor.worth) picture(visitor, track);
    show(visitor);
  }

  /** @param {Seen} track @param {Visitor | undefined} before */
  function visitorOf({ kind, person }, before) {
    if (kind === "match") {
      const same = visitors.find((each) => each.kind === "match" && each.person === person);
      return same ?? (before?.kind === "match" ? undefined : before);
    }
    return before && (before.isNamed || before.kind !== "match") ? before : undefined;
  }

  /** @param {Seen} track @param {number | null} floor */
  function newVisitor(track, floor) {
    const now = new Date();
    const row = visitorRow(() => void openVisitor(visitor));
    /** @type {Visitor} */
    const visitor = { kind: track.kind, person: null, name: "", isNamed: false, first: now, last: now, worth: 0, photo: whole, box: track.box, candidates: [], fault: "", floor, row };
    visitors.unshift(visitor);
    picture(visitor, track);
    list.prepend(row.element);
    void nameVisitor(visitor, track.kind, track.person).then(() => announce(t("live.came", { name: wording(visitor) })));
    for (const old of visitors.slice(MAX_VISITORS)) forget(old);
    return visitor;
  }

  /** The picture of somebody, until a better one is seen. @param {Visitor} visitor @param {Seen} track */
  function picture(visitor, track) {
    const [left, top, right, bottom] = track.box;
    const margin = 0.6 * Math.max(right - left, bottom - top);
    const [x, y] = [Math.max(0, left - margin), Math.max(0, top - margin)];
    const [width, height] = [Math.min(whole.width, right + margin) - x, Math.min(whole.height, bottom + margin) - y];
    const scale = Math.min(1, MAX_PHOTO_SIDE / Math.max(width, height));
    const photo = h("canvas", { width: Math.round(width * scale), height: Math.round(height * scale) });
    photo.getContext("2d")?.drawImage(whole, x, y, width, height, 0, 0, photo.width, photo.height);
    const box = /** @type {Box} */ ([left - x, top - y, right - x, bottom - y].map((each) => Math.round(each * scale)));
    Object.assign(visitor, { photo, box, worth: track.worth, candidates: track.candidates });
    visitor.row.picture(cutCrop(photo, box, { size: 112 }));
  }

  /** @param {Visitor} visitor @param {Visitor["kind"]} kind @param {string | null} person */
  async function nameVisitor(visitor, kind, person) {
    Object.assign(visitor, { kind, person, name: person ?? "" });
    show(visitor);
    if (!person || !can("read")) return;
    try {
      visitor.name = nameOfPerson(await personOf(directory, person));
      show(visitor);
    } catch {
      // the id says who it is
    }
  }

  /** @param {Visitor} visitor */
  function show(visitor) {
    visitor.row.show(visitor, visitor.kind === "match" && can("read") ? personHref(directory, String(visitor.person)) : null);
    empty.hidden = visitors.length > 0;
    save.hidden = clear.hidden = !visitors.length;
  }

  /** @param {Visitor} visitor */
  function forget(visitor) {
    visitors = visitors.filter((each) => each !== visitor);
    visitor.row.element.remove();
  }

  function forgetAll() {
    visitors.forEach(forget);
    tracks = tracker();
    empty.hidden = false;
    save.hidden = clear.hidden = true;
    empty.tabIndex = -1;
    empty.focus();
  }

  /** The details of somebody, where they are named. @param {Visitor} visitor */
  async function openVisitor(visitor) {
    const { photo, box } = visitor;
    await openDialog(wording(visitor), (/** @type {(done?: boolean) => void} */ done) => [
      facePanel(
        {
          directory, box, kind: visitor.kind, person: visitor.person, candidates: visitor.candidates, position: "",
          crop: () => cutCrop(photo, box),
          photograph: () => fileOf(photo, 0.95),
          quality: async () => {
            const [{ faces }, limits] = await Promise.all([detect(await fileOf(photo, 0.95)), limitsOf(directory)]);
            return { face: faces.find((face) => overlapOf(face.box, box)) ?? null, limits, floor: visitor.floor };
          },
        },
        (person) => {
          visitor.isNamed = true;
          void nameVisitor(visitor, person ? "match" : "unknown", person);
          done(true);
        },
      ),
    ]);
    visitor.row.focus();
  }

  /** Boxes and names over the picture; they glide from frame to frame. */
  function draw() {
    const { videoWidth: width, videoHeight: height } = video;
    const present = /** @type {Seen[]} */ (tracks.present());
    const elements = present.map((track) => {
      const tag = (track.element ??= h("div", { class: "face-box" }, h("span", { class: "face-tag" })));
      const [left, top, right, bottom] = track.box;
      const kind = track.visitor?.kind ?? track.kind;
      setAttribute(tag, "class", `face-box ${kind}`);
      setAttribute(tag, "style", { left: `${(100 * left) / width}%`, top: `${(100 * top) / height}%`, width: `${(100 * (right - left)) / width}%`, height: `${(100 * (bottom - top)) / height}%` });
      const words = [track.visitor ? wording(track.visitor) : "", kind === "match" ? "" : track.fault].filter(Boolean).join(" · ");
      const text = tag.firstElementChild;
      if (text) {
        if (text.textContent !== words) text.textContent = words;
        text.classList.toggle("below", top / height < 0.08);
        text.classList.toggle("end", left / width > 0.6);
      }
      return tag;
    });
    for (const child of [...layer.children]) if (!elements.includes(/** @type {HTMLDivElement} */ (child))) child.remove();
    for (const each of elements) if (!each.isConnected) layer.append(each);
  }

  /** @param {{ directory: string, person: string, now?: Person }} changed */
  function renamed({ directory: where, person, now }) {
    for (const visitor of visitors)
      if (where === directory && visitor.person === person) void nameVisitor(visitor, now ? visitor.kind : "unknown", now?.person ?? null);
  }

  function exportList() {
    const rows = visitors.map(({ kind, person, name, first, last }) => [name, person ?? "", t(`decision.${kind}`), first.toISOString(), last.toISOString()]);
    saveCsv(t("live.file"), [[t("live.name"), t("live.id"), t("live.decision"), t("live.first"), t("live.last")], ...rows]);
  }

  /** @param {boolean} is */
  function shown(is) {
    start.disabled = false;
    start.hidden = is;
    stop.hidden = !is;
    const label = start.querySelector("span");
    if (label && !is && visitors.length) label.textContent = t("live.resume");
    (is ? stop : start).focus({ preventScroll: true });
  }

  function close() {
    running.abort();
    stopCamera(stream);
    stream = null;
    start.disabled = false;
    rate.textContent = "";
    tracks = tracker();
    fill(layer);
    start.hidden = false;
    stop.hidden = true;
  }

  function pause() {
    stage.hidden = true;
    close();
    shown(false);
    announce(t("live.paused"));
  }

  function leave() {
    wasRunning = !running.signal.aborted;
    close();
    stage.hidden = true;
  }

  function dispose() {
    close();
    visitors = [];
    unlisten.forEach((end) => end());
  }
}

/** What somebody is called. @param {Pick<Visitor, "kind" | "name">} visitor */
function wording({ kind, name }) {
  if (kind === "match") return name;
  return kind === "review" ? t("face.maybe", { name }) : t(`face.${kind}`);
}

/** One of those who were seen; it stays where it is while what it says changes. @param {() => void} open */
function visitorRow(open) {
  const place = h("span", {});
  const name = h("span", { class: "cut" });
  const times = h("span", { class: "soft small numbers" });
  const fault = h("span", { class: "small live-fault" });
  const act = button("", { kind: "small", onclick: open });
  const words = act.querySelector("span");
  const element = h("li", { class: "live-visitor" }, place, h("div", { class: "grow" }, h("h3", { class: "cut" }, name), times, fault), act);
  let linked = /** @type {string | null} */ (null);
  return {
    element,
    focus: () => act.focus({ preventScroll: true }),
    /** @param {HTMLElement} crop */
    picture: (crop) => void fill(place, crop),
    /** @param {Visitor} visitor @param {string | null} link */
    show(visitor, link) {
      const text = wording(visitor);
      if (link !== linked || name.textContent !== text) fill(name, link ? h("a", { href: link }, text) : text);
      linked = link;
      element.className = `live-visitor ${visitor.kind}`;
      const clock = (/** @type {Date} */ time) => dateTime(time, { timeStyle: "medium" });
      times.textContent = t("live.times", { first: clock(visitor.first), last: clock(visitor.last) });
      fault.textContent = visitor.kind === "match" ? "" : visitor.fault;
      const wish = t(visitor.kind === "match" || visitor.kind === "unusable" || !can("enrol") ? "live.details" : "live.giveName");
      if (words && words.textContent !== wish) words.textContent = wish;
      setAttribute(act, "aria-label", `${wish}: ${text}, ${times.textContent}`);
    },
  };
}

/** Whether two boxes have the same face, the first one in a picture scaled by `scale`. @param {Box} box @param {Box} other @param {number} [scale] */
function overlapOf([left, top, right, bottom], other, scale = 1) {
  const [x, y] = [(left + right) / 2 / scale, (top + bottom) / 2 / scale];
  return x > other[0] && x < other[2] && y > other[1] && y < other[3];
}

/** @param {HTMLCanvasElement} canvas @param {number} quality @returns {Promise<File>} */
async function fileOf(canvas, quality) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
  return new File([blob], `${t("camera.file")}.jpg`, { type: "image/jpeg" });
}
