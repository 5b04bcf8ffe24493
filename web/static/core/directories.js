/** The directories that are there: what does not exist yet is not asked for. */

import { listDirectories } from "./api.js";
import { on } from "./bus.js";
import { can, session } from "./session.js";

const MAX_NAMES = 1000;

/** @type {Promise<{ names: string[], isComplete: boolean }> | null} */
let asked = null;

/** Names, as far as they are asked for; for a key that may not read, those that it has by name. */
export async function directoryNames() {
  return (await known()).names;
}

/** Whether a directory exists; true if that cannot be known. @param {string} directory */
export async function isThere(directory) {
  const { names, isComplete } = await known();
  return !isComplete || names.includes(directory);
}

function known() {
  asked ??= ask();
  asked.catch(() => (asked = null));
  return asked;
}

async function ask() {
  if (!can("read")) return { names: session().directories.filter((name) => !name.endsWith("*")), isComplete: false };
  const { items, next } = await listDirectories({ limit: MAX_NAMES });
  return { names: items.map(({ directory }) => directory), isComplete: next === null };
}

on("directories-changed", () => (asked = null));
