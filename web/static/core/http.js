/** One request to the service: progress, cancellation, problems, and retries that change nothing twice. */

import { store } from "./store.js";

const RETRIED = new Set([502, 503, 504]);
const MAX_ATTEMPTS = 9;

/** Paths of the API begin here, also below a public base path. */
export const API = new URL("..", document.baseURI);

/** Whether the service cannot be reached at the moment; the frame says so. */
export const offline = store(false);

/** Set by session.js: the token of changes, and what to do when the session has ended, or another tab has begun one. */
export const credentials = {
  csrf: /** @type {string | null} */ (null),
  renew: /** @type {null | (() => Promise<void>)} */ (null),
  reread: /** @type {null | (() => Promise<unknown>)} */ (null),
};

/** A refusal of the service, or `code: "unreachable"`. Its message is a sentence that a person can act on. */
export class Problem extends Error {
  /** @param {{ code: string, detail: string, status?: number, request?: string | null, body?: any }} facts */
  constructor({ code, detail, status = 0, request = null, body = null }) {
    super(detail);
    this.name = "Problem";
    this.code = code;
    this.status = status;
    this.request = request;
    this.body = body;
  }
}

/**
 * @typedef {object} Options
 * @property {Record<string, string | number | boolean | null | undefined>} [query] empty values are left out
 * @property {unknown} [json] the body
 * @property {FormData} [form] the body
 * @property {string} [ifMatch] the revision that is changed
 * @property {boolean} [ifAbsent] refused if it exists
 * @property {boolean} [once] send an Idempotency-Key: the change takes place once, however often it is sent
 * @property {boolean} [repeatable] may be sent again after a lost connection; GET and `once` always are
 * @property {AbortSignal} [signal] cancels the request and its retries
 * @property {(share: number) => void} [onProgress] of the upload, 0 to 1
 * @property {As} [as] "picture": a blob and the size of the photograph that it shows
 */

/** @typedef {"json" | "blob" | "text" | "picture"} As */

/**
 * Send a request and return what it answers. Raises Problem, or AbortError if it was cancelled.
 *
 * @param {string} method
 * @param {string} path relative to the API, without a slash at the start; names in it are encoded by `path`
 * @param {Options} [options]
 * @returns {Promise<any>}
 */
export async function request(method, path, options = {}) {
  const key = options.once ? randomKey() : null;
  const repeatable = method === "GET" || options.once || options.repeatable;
  for (let attempt = 1; ; attempt += 1) {
    const { csrf } = credentials;
    const answer = await send(method, path, options, key);
    offline.set(answer.status === 0);
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    const problem = problemOf(answer);
    if (answer.status === 401 && credentials.renew && path !== "session") await credentials.renew();
    else if (problem.code === "csrf-token-wrong" && (await isRenewed(csrf))) continue;
    else if (repeatable && attempt < MAX_ATTEMPTS && isPassing(answer, problem))
      await pause(answer.retryAfter || Math.min(8, 0.25 * 2 ** attempt), options.signal);
    else throw problem;
  }
}

/**
 * A path from constant parts and names: path`directories/${directory}/persons`. Raises Problem for names that browsers
 * would resolve: without a person's, the path would be that of the directory.
 *
 * @param {TemplateStringsArray} parts
 * @param {...string} names
 */
export const path = (parts, ...names) => String.raw({ raw: parts }, ...names.map(encoded));

/** @param {string} name */
function encoded(name) {
  if (["", ".", ".."].includes(name)) throw new Problem({ code: "person-not-found", detail: "", status: 404 });
  return encodeURIComponent(name);
}

/**
 * A URL of an answer, such as a crop's, for `src`.
 *
 * @param {string | null | undefined} url
 */
export const resource = (url) => (url ? new URL(url, API).href : null);

/** @typedef {{ status: number, body: any, retryAfter: number, request: string | null }} Answer */

/**
 * @param {string} method
 * @param {string} path
 * @param {Options} options
 * @param {string | null} key
 * @returns {Promise<Answer>}
 */
function send(method, path, { query, json, form, ifMatch, ifAbsent, signal, onProgress, as = "json" }, key) {
  const url = new URL(path, API);
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, String(value));
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest(); // fetch has no progress of uploads
    const abort = () => xhr.abort();
    xhr.open(method, url);
    xhr.responseType = isBinary(as) ? "blob" : "text";
    if (json !== undefined) xhr.setRequestHeader("Content-Type", "application/json");
    if (ifMatch) xhr.setRequestHeader("If-Match", ifMatch);
    if (ifAbsent) xhr.setRequestHeader("If-None-Match", "*");
    if (key) xhr.setRequestHeader("Idempotency-Key", key);
    if (method !== "GET" && credentials.csrf) xhr.setRequestHeader("X-Faceserver-CSRF", credentials.csrf);
    if (onProgress) xhr.upload.onprogress = (event) => onProgress(event.total ? event.loaded / event.total : 0);
    xhr.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    xhr.onerror = () => resolve({ status: 0, body: null, retryAfter: 0, request: null });
    xhr.onload = async () => resolve(await answerOf(xhr, as));
    xhr.onloadend = () => signal?.removeEventListener("abort", abort);
    if (signal?.aborted) return reject(new DOMException("cancelled", "AbortError"));
    signal?.addEventListener("abort", abort);
    xhr.send(form ?? (json === undefined ? null : JSON.stringify(json)));
  });
}

/** @param {As} as */
const isBinary = (as) => as === "blob" || as === "picture";

/**
 * @param {XMLHttpRequest} xhr
 * @param {As} as
 * @returns {Promise<Answer>}
 */
async function answerOf(xhr, as) {
  const succeeded = xhr.status >= 200 && xhr.status < 300;
  const text = succeeded && as !== "json" ? null : isBinary(as) ? await xhr.response.text() : xhr.responseText;
  return {
    status: xhr.status,
    body: text !== null ? parsed(text) : as === "picture" ? pictureOf(xhr) : xhr.response,
    retryAfter: Number(xhr.getResponseHeader("Retry-After")) || 0,
    request: xhr.getResponseHeader("X-Request-ID"),
  };
}

/** @typedef {{ blob: Blob, width: number, height: number }} Picture */

/** @param {XMLHttpRequest} xhr @returns {Picture} */
const pictureOf = (xhr) => ({ blob: xhr.response, width: Number(xhr.getResponseHeader("X-Image-Width")), height: Number(xhr.getResponseHeader("X-Image-Height")) });

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @param {Answer} answer */
function problemOf({ status, body, request }) {
  if (status === 0) return new Problem({ code: "unreachable", detail: "" });
  const detail = body?.detail ?? body?.status ?? `HTTP ${status}`;
  return new Problem({ code: body?.code ?? `http-${status}`, detail: String(detail), status, request, body });
}

/** Whether the session has another token than the one that was refused. @param {string | null} refused */
async function isRenewed(refused) {
  await credentials.reread?.();
  return credentials.csrf !== refused;
}

/** @param {Answer} answer @param {Problem} problem */
function isPassing(answer, problem) {
  return answer.status === 0 || RETRIED.has(answer.status) || problem.code === "request-in-progress";
}

/** @param {number} seconds @param {AbortSignal} [signal] */
function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("cancelled", "AbortError"));
    });
  });
}

/** A random key; over plain HTTP browsers have no `crypto.randomUUID`. */
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
