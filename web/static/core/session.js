/** Who calls, and what they may do: the page hides what the service would refuse. */

import { credentials, Problem, request } from "./http.js";

/**
 * @typedef {object} Session
 * @property {string} subject such as "key:3vQ0x9LkP2aB", or "open"
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

/** Ask the service who calls. Returns false if it requires a key. */
export async function loadSession() {
  try {
    await take(await request("GET", "session"));
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
    return false;
  }
  return true;
}

/** Sign in with a key. Raises Problem. @param {string} key */
export async function signIn(key) {
  await take(await request("POST", "session", { json: { key } }));
}

/** Sign out, and leave nothing of what was seen. */
export async function signOut() {
  await request("DELETE", "session");
  sessionStorage.clear();
  location.assign(document.baseURI);
}

/** Whoever has other rights than before sees another page, from the start. @param {SessionAnswer} answer */
async function take(answer) {
  const before = present;
  credentials.csrf = answer.csrf_token;
  present = {
    subject: answer.subject,
    name: answer.name,
    scopes: new Set(answer.scopes),
    directories: answer.directories,
    directory: answer.default_directory ?? (await firstDirectory(answer)),
    keysRequired: answer.keys_required,
    signedIn: answer.signed_in,
  };
  if (!before || rights(before) === rights(present)) return;
  location.reload();
  await new Promise(() => {}); // what the other one asked for is not asked again
}

/** @param {Session} session */
const rights = ({ scopes, directories }) => JSON.stringify([[...scopes].sort(), [...directories].sort()]);

/** The directory of a caller without a default one, who may have no names but patterns. @param {SessionAnswer} answer */
async function firstDirectory({ directories, scopes }) {
  const named = directories.find((name) => !name.endsWith("*"));
  if (named || !scopes.includes("read")) return named ?? "default";
  const { items } = await request("GET", "directories", { query: { limit: 1 } });
  return items[0]?.directory ?? "default";
}
