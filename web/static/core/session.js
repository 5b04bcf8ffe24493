/** Who calls, and what they may do: the page hides what the service would refuse. */

import { credentials, Problem, request } from "./http.js";

/**
 * @typedef {object} Session
 * @property {string | null} name of the key or the person
 * @property {Set<string>} scopes
 * @property {string[]} directories names and patterns; "*" for all
 * @property {string} directory the one of addresses that name none
 * @property {boolean} keysRequired
 * @property {boolean} signedIn
 */

/** @type {Session} */
let present;

/** Who calls. */
export const session = () => present;

/** Whether the caller may do something. @param {Scope} scope */
export const can = (scope) => present.scopes.has(scope);

const ALL = "recognize read images enrol edit delete import import:trusted export admin operate".split(" ");

/** What a service without sessions lets everybody do. */
const OPEN = { name: null, scopes: ALL, directories: ["*"], default_directory: "default", keys_required: false, signed_in: false, csrf_token: null };

/** Ask the service who calls. Returns false if it wants a key. */
export async function loadSession() {
  try {
    take(await request("GET", "session"));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 401) return false;
    if (error.status !== 404) throw error;
    take(OPEN);
  }
  return true;
}

/** Sign in with a key. Raises Problem. @param {string} key */
export async function signIn(key) {
  take(await request("POST", "session", { json: { key } }));
}

/** Sign out, and leave nothing of what was seen. */
export async function signOut() {
  await request("DELETE", "session");
  sessionStorage.clear();
  location.assign(document.baseURI);
}


/** @param {typeof OPEN | any} answer */
function take(answer) {
  const names = answer.directories.filter((/** @type {string} */ name) => !name.endsWith("*"));
  credentials.csrf = answer.csrf_token;
  present = {
    name: answer.name,
    scopes: new Set(answer.scopes),
    directories: answer.directories,
    directory: answer.default_directory ?? names[0] ?? "default",
    keysRequired: answer.keys_required,
    signedIn: answer.signed_in,
  };
}
