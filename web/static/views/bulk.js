/** Many photographs at once: a folder or an archive in, and a whole directory out. Both are jobs of the service. */

import { cancelJob, exportUrl, getJob, importOutcomes, startExport, startImport } from "../core/api.js";
import { emit } from "../core/bus.js";
import { button, fill, h, icon } from "../core/dom.js";
import { Problem } from "../core/http.js";
import { number, t } from "../core/i18n.js";
import { href, nameOf, setParams } from "../core/router.js";
import { can } from "../core/session.js";
import { announce, fail, isCancelled, sentence, succeed } from "../core/toast.js";
import { chosenFiles, droppedFiles } from "../parts/folders.js";
import { progressLine } from "../parts/progress.js";
import { saveCsv } from "../parts/saving.js";
import { fileIn, zipOf } from "../parts/zip.js";

const WATCH_MS = 700;
const MAX_SHOWN = 200;
const RATE_MS = 20_000;
const HIDDEN = /(^|\/)(\.|__macosx\/|thumbs\.db$|desktop\.ini$)/i;

/**
 * @typedef {import("../parts/zip.js").Placed} Placed
 *
 * @typedef {object} Source what was dropped, as long as the page is open
 * @property {string} name
 * @property {(path: string) => Promise<Blob | null>} find
 * @property {Blob | null} archive
 * @property {Placed[]} files
 */

/** @type {ViewModule["view"]} */
export function view({ directory, params }) {
  let ending = new AbortController();
  let isSending = false;
  /** @type {string[]} */
  const urls = [];

  const folder = h("input", { type: "file", class: "hidden-text", tabindex: "-1", "aria-label": t("bulk.folder"), webkitdirectory: true, multiple: true, onchange: () => (takeFiles(chosenFiles(/** @type {FileList} */ (folder.files))), (folder.value = "")) });
  const archive = h("input", { type: "file", class: "hidden-text", tabindex: "-1", "aria-label": t("bulk.archive"), accept: ".zip,application/zip", onchange: () => (takeFiles(chosenFiles(/** @type {FileList} */ (archive.files))), (archive.value = "")) });
  const zone = h(
    "div",
    { class: "drop-zone" },
    h("span", { class: "drop-mark" }, icon("upload")),
    h("p", { class: "drop-text" }, t("bulk.drop")),
    h("div", { class: "row" }, button(t("bulk.folder"), { kind: "primary", icon: "directories", onclick: () => folder.click() }), button(t("bulk.archive"), { icon: "bulk", onclick: () => archive.click() })),
    h("p", { class: "soft small" }, t("bulk.layout")),
    h("pre", { class: "bulk-tree soft small", "aria-hidden": "true" }, "people/\n  Ann/  1.jpg  2.jpg\n  Bo/   1.jpg"),
    folder,
    archive,
  );
  const work = h("div", { class: "stack bulk-work" });
  const importing = h("section", { class: "card stack" }, h("h2", {}, t("bulk.import")), zone, work);
  const exported = h("div", { class: "stack" });
  const withImages = h("input", { type: "checkbox" });
  const exporting = h(
    "section",
    { class: "card stack" },
    h("h2", {}, t("bulk.export")),
    h("p", { class: "soft" }, t("bulk.exportText", { directory })),
    h("label", { class: "row bulk-check" }, withImages, t("bulk.withImages")),
    h("div", { class: "row" }, button(t("bulk.prepare"), { icon: "bulk", onclick: () => void exportAll() })),
    exported,
  );
  const element = h("div", { class: "bulk" }, h("div", { class: "view-head" }, h("h1", {}, nameOf("bulk"))), can("import") && importing, can("export") && exporting);
  const listening = new AbortController();
  addEventListener("dragover", over, listening);
  addEventListener("dragleave", (event) => !event.relatedTarget && zone.classList.remove("is-over"), listening);
  addEventListener("drop", dropped, listening);
  addEventListener("beforeunload", (event) => isSending && event.preventDefault(), listening);
  const before = { import: params.get("job"), export: params.get("export") };
  if (before.import && can("import")) void follow(before.import, null);
  if (before.export && can("export")) void exportAll(before.export);
  return { element, title: nameOf("bulk"), dispose };

  /** @param {DragEvent} event */
  function over(event) {
    if (!element.isConnected || zone.hidden || !can("import") || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    zone.classList.add("is-over");
  }
  /** @param {DragEvent} event */
  function dropped(event) {
    zone.classList.remove("is-over");
    if (!element.isConnected || zone.hidden || !can("import") || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    droppedFiles(event.dataTransfer).then(takeFiles, fail);
  }

  /** @param {Placed[]} files */
  function takeFiles(files) {
    if (!files.length) return;
    const [first] = files;
    const isArchive = files.length === 1 && /\.zip$/i.test(first.path);
    if (isArchive) void importFrom({ name: first.path, archive: first.file, files: [], find: (path) => fileIn(first.file, path) });
    else void importFrom(sourceOf(first.path.split("/")[0], files.filter(({ path }) => !HIDDEN.test(path))));
  }

  /** Send what was dropped, and watch what becomes of it. @param {Source} source */
  async function importFrom(source) {
    const { signal } = begin();
    const line = progressLine(t("bulk.reading", { name: source.name }), { cancel: () => ending.abort() });
    fill(work, line.element);
    try {
      const content = source.archive ?? (await zipOf(source.files, signal, line.progress));
      if (!content) return end(h("p", { class: "note bad" }, icon("alert"), t("bulk.tooLarge")));
      line.progress(0, t("bulk.sending", { name: source.name }));
      isSending = true;
      const { job } = await startImport(directory, content, { signal, onProgress: (share) => line.progress(share < 1 ? share : null) });
      mark({ job });
      void follow(job, source);
    } catch (error) {
      refused(error, () => void importFrom(source));
    }
    isSending = false;
  }

  /** @param {string} job @param {Source | null} source */
  async function follow(job, source) {
    begin();
    try {
      await watch(job, source);
    } catch (error) {
      if (error instanceof Problem && error.status === 404) mark({ job: "" });
      refused(error, () => void follow(job, source));
    }
  }

  /** Have a job in the address, unless another view is shown by now. @param {{ job?: string, export?: string }} job */
  function mark(job) {
    if (element.isConnected) setParams(job);
  }

  function begin() {
    ending.abort();
    ending = new AbortController();
    zone.hidden = true;
    return ending;
  }

  /** @param {unknown} error @param {() => void} [retry] */
  function refused(error, retry) {
    if (isCancelled(error)) return end(h("p", { class: "note" }, icon("close"), t("bulk.cancelled")));
    end(h("p", { class: "note bad", role: "alert" }, icon("alert"), sentence(error)), retry && button(t("retry"), { onclick: retry }));
  }

  /** @param {...import("../core/dom.js").Child} children */
  function end(...children) {
    zone.hidden = false;
    fill(work, ...children);
  }

  /** @param {string} job @param {Source | null} source */
  async function watch(job, source) {
    const { signal } = ending;
    const line = progressLine(t("bulk.waiting"), { cancel: () => void stop() });
    const counts = h("p", { class: "soft numbers", role: "status" });
    fill(work, line.element, counts, h("p", { class: "soft small" }, t("bulk.mayLeave")));
    const rate = meter();
    let isStopping = false;
    const last = await watched(job, signal, ({ state, progress }) => {
      const [done, total] = [progress?.done ?? 0, progress?.total ?? null];
      line.progress(total ? done / total : null, t(isStopping ? "bulk.stopping" : state === "waiting" ? "bulk.waiting" : "bulk.running"));
      if (total) counts.textContent = [t("bulk.counts", { done, total }), rate(done, total)].filter(Boolean).join(" · ");
    });
    mark({ job: "" });
    const outcomes = await importOutcomes(directory, job, signal);
    if (outcomes.some(({ outcome }) => outcome === "created")) {
      emit("directories-changed", {});
      emit("people-changed", { directory });
    }
    report(last, outcomes, source);

    async function stop() {
      isStopping = true;
      line.progress(null, t("bulk.stopping"));
      await cancelJob(job).catch(fail);
    }
  }

  /** What became of each photograph. @param {Job} job @param {Outcome[]} outcomes @param {Source | null} source */
  function report(job, outcomes, source) {
    const tally = (/** @type {string} */ kind) => outcomes.filter(({ outcome }) => outcome === kind).length;
    const bad = outcomes.filter(({ outcome }) => outcome !== "created" && outcome !== "known");
    const [created, known] = [tally("created"), tally("known")];
    const people = new Set(outcomes.filter(({ outcome }) => outcome === "created" || outcome === "known").map(({ person }) => person)).size;
    const text = [t("bulk.created", { n: created }), known > 0 && t("bulk.known", { n: known }), t("bulk.people", { n: people }), bad.length > 0 && t("bulk.refused", { n: bad.length })].filter(Boolean).join(" · ");
    const heading = h("h3", { tabindex: "-1" }, t(job.state === "done" ? "bulk.done" : job.problem?.code === "job-cancelled" ? "bulk.cancelled" : "bulk.failed"));
    const passing = bad.filter(({ outcome, person }) => outcome !== "skipped" && person);
    const again = source && passing.length > 0 && button(t("bulk.retryRefused"), { icon: "undo", onclick: () => void importFrom(only(source, passing)) });
    end(
      h("div", { class: `note ${job.state === "done" ? "" : "bad"}` }, icon(job.state === "done" ? "check" : "alert"), h("div", {}, heading, h("p", { class: "numbers" }, text), job.state === "failed" && job.problem?.code !== "job-cancelled" && h("p", {}, job.problem?.detail))),
      h("div", { class: "row" }, can("read") && people > 0 && h("a", { class: "button primary", href: href("people", {}, directory) }, t("bulk.show")), again, bad.length > 0 && button(t("bulk.saveRefused"), { onclick: () => save(bad) })),
      bad.length > 0 && h("h3", {}, t("bulk.refusedTitle")),
      bad.length > 0 && h("ul", { class: "bulk-refused" }, bad.slice(0, MAX_SHOWN).map((each) => refusalRow(each, source))),
      bad.length > MAX_SHOWN && h("p", { class: "soft small" }, t("bulk.moreRefused", { n: bad.length - MAX_SHOWN })),
    );
    heading.focus({ preventScroll: true });
    if (job.state === "done" && !bad.length) succeed(text);
    else announce(text);
  }

  /** @param {Outcome} outcome @param {Source | null} source */
  function refusalRow({ name, person, code, detail }, source) {
    const place = h("span", { class: "crop" }, icon("image"));
    const replacing = h("input", { type: "file", class: "hidden-text", tabindex: "-1", "aria-label": t("bulk.replaceOf", { name }), accept: "image/*,.heic,.heif,.avif,.tif,.tiff", onchange: () => replace() });
    const element = h(
      "li",
      {},
      place,
      h("div", { class: "grow" }, h("p", { class: "cut" }, name), h("p", { class: "small" }, reason(code, detail)), person && h("p", { class: "soft small" }, person)),
      person && h("div", {}, button(t("bulk.replace"), { kind: "small", "aria-label": t("bulk.replaceOf", { name }), onclick: () => replacing.click() }), replacing),
    );
    if (source) see(place, name, source);
    return element;

    /** Another photograph goes where the refused one was: it is imported under the same person. */
    function replace() {
      const [file] = replacing.files ?? [];
      if (file) void importFrom(sourceOf(file.name, [{ path: `${person}/${file.name}`, file }]));
    }
  }

  /** Show a photograph once it is visible. @param {HTMLElement} place @param {string} path @param {Source} source */
  function see(place, path, source) {
    const observer = new IntersectionObserver(async (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      const found = await source.find(path).catch(() => null);
      if (!found) return;
      const src = URL.createObjectURL(found);
      urls.push(src);
      fill(place, h("img", { src, alt: "", decoding: "async", onerror: () => fill(place, icon("image")) }));
    });
    observer.observe(place);
  }

  /** @param {Outcome[]} outcomes */
  function save(outcomes) {
    saveCsv(t("bulk.file"), [[t("bulk.path"), t("bulk.person"), t("bulk.reason")], ...outcomes.map(({ name, person, code, detail }) => [name, person, reason(code, detail)])]);
  }

  /** @param {string} [running] the job of an export that was begun before */
  async function exportAll(running) {
    const stopping = new AbortController();
    const line = progressLine(t("bulk.exporting"), { cancel: () => stopping.abort() });
    fill(exported, line.element, h("p", { class: "soft small" }, t("bulk.mayLeave")));
    try {
      const job = running ?? (await startExport(directory, withImages.checked)).job;
      mark({ export: job });
      const cancel = () => void cancelJob(job).catch(fail);
      if (stopping.signal.aborted) cancel(); // while it was started
      else stopping.signal.addEventListener("abort", cancel);
      const last = await watched(job, stopping.signal, ({ progress }) => line.progress(progress?.total ? progress.done / progress.total : null));
      if (last.problem?.code === "job-cancelled") stopping.abort();
      stopping.signal.throwIfAborted();
      if (last.state === "failed") throw new Problem({ code: last.problem?.code ?? "", detail: last.problem?.detail ?? "" });
      const link = h("a", { class: "button primary", href: exportUrl(directory, job), download: `${directory}.zip` }, icon("bulk"), h("span", {}, t("bulk.download")));
      fill(exported, h("div", { class: "progress-line" }, h("p", { class: "grow" }, t("bulk.ready")), link));
      link.focus();
      succeed(t("bulk.ready"));
    } catch (error) {
      mark({ export: "" });
      fill(exported, isCancelled(error) ? h("p", { class: "note" }, icon("close"), t("bulk.exportCancelled")) : h("p", { class: "note bad", role: "alert" }, icon("alert"), sentence(error)));
    }
  }

  function dispose() {
    ending.abort();
    listening.abort();
    urls.forEach((url) => URL.revokeObjectURL(url));
  }
}

/** Files to import, which are found again by their paths. @param {string} name @param {Placed[]} files @returns {Source} */
function sourceOf(name, files) {
  const byPath = new Map(files.map(({ path, file }) => [path.normalize("NFC"), file]));
  return { name, files, archive: null, find: async (path) => byPath.get(path.normalize("NFC")) ?? null };
}

/**
 * Those photographs of a source that were not taken. Each is named after its person, because the service tells who is
 * who by all paths of an archive, and these are fewer. Of an archive all are sent again: those that are known stay.
 *
 * @param {Source} source
 * @param {Outcome[]} outcomes
 */
function only(source, outcomes) {
  if (source.archive) return source;
  const refused = new Map(outcomes.map(({ name, person }) => [name.normalize("NFC"), person]));
  return sourceOf(source.name, source.files.flatMap(({ path, file }, index) => {
    const person = refused.get(path.normalize("NFC"));
    return person ? [{ path: `${person}/${person} ${index} ${file.name}`, file }] : [];
  }));
}

/** Ask until a job has ended. @param {string} id @param {AbortSignal} signal @param {(job: Job) => void} tell @returns {Promise<Job>} */
async function watched(id, signal, tell) {
  for (;;) {
    const job = await getJob(id, signal);
    if (job.state === "done" || job.state === "failed") return job;
    tell(job);
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
    signal.throwIfAborted();
  }
}

/** How fast it goes, and how long it still takes, by what was done lately. */
function meter() {
  /** @type {{ at: number, done: number }[]} */
  const seen = [];
  return (/** @type {number} */ done, /** @type {number} */ total) => {
    const at = performance.now();
    seen.push({ at, done });
    while (seen.length > 2 && at - seen[0].at > RATE_MS) seen.shift();
    const rate = (1000 * (done - seen[0].done)) / (at - seen[0].at);
    if (!(rate > 0) || !Number.isFinite(rate)) return "";
    const left = (total - done) / rate;
    const time = left < 90 ? t("bulk.secondsLeft", { n: Math.ceil(left) }) : t("bulk.minutesLeft", { n: Math.ceil(left / 60) });
    return `${t("bulk.rate", { rate: number(rate, { maximumSignificantDigits: 2 }) })} · ${time}`;
  };
}

/** Why a photograph was not taken, in the reader's language where the page knows it. @param {string | null} code @param {string | null} detail */
function reason(code, detail) {
  if (code === "several-faces" || code === "not-a-photograph" || code === "no-person") return t(`bulk.why.${code}`);
  return sentence(new Problem({ code: code ?? "", detail: detail ?? "" }));
}
