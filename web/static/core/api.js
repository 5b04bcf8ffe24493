/** All calls of the service that the page makes, one function each. */

import { path, request, resource } from "./http.js";

/** @typedef {Pick<import("./http.js").Options, "signal" | "onProgress">} Watched */

/** @param {Record<string, string | Blob | Blob[] | boolean | number | undefined>} fields */
function form(fields) {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields))
    for (const each of Array.isArray(value) ? value : [value])
      if (each instanceof Blob) data.append(name, each, each instanceof File ? each.name : "photo.jpg");
      else if (each !== undefined) data.append(name, String(each));
  return data;
}

/**
 * @param {Blob} file
 * @param {{ directory: string, k?: number, keep?: boolean, orientation?: "auto" | "as-sent", detail?: "auto" | "fast" | "full" } & Watched} options
 * @returns {Promise<Recognition>}
 */
export const recognize = (file, { signal, onProgress, ...fields }) =>
  request("POST", "recognize", { form: form({ ...fields, file }), repeatable: true, signal, onProgress });

/**
 * @param {Blob} file
 * @param {Watched} [watched]
 * @returns {Promise<Detection>}
 */
export const detect = (file, watched) =>
  request("POST", "detect", { form: form({ file }), repeatable: true, ...watched });

/** A photograph as browsers can show it, upright. @param {Blob} file @returns {Promise<Blob>} */
export const preview = (file) =>
  request("POST", "detect", { form: form({ file, draw: true }), repeatable: true, as: "blob" });

/** @returns {Promise<Page<DirectoryItem>>} @param {{ prefix?: string, cursor?: string | null, limit?: number }} [query] */
export const listDirectories = (query) => request("GET", "directories", { query });

/** @returns {Promise<Directory>} @param {string} directory */
export const getDirectory = (directory) => request("GET", path`directories/${directory}`);

/**
 * @typedef {object} PersonsQuery
 * @property {string} [prefix] ids only, as they are written
 * @property {string} [sort] person, created_at, last_seen_at; descending with a minus
 * @property {string} [external_id]
 * @property {string} [metadata] a JSON object
 * @property {string | null} [cursor]
 * @property {number} [limit]
 */

/**
 * @param {string} directory
 * @param {PersonsQuery} query
 * @param {AbortSignal} [signal]
 * @returns {Promise<Page<Person>>}
 */
export const listPersons = (directory, query, signal) =>
  request("GET", path`directories/${directory}/persons`, { query: { ...query }, signal });

/** @returns {Promise<Person>} @param {string} directory @param {string} person */
export const getPerson = (directory, person) => request("GET", path`directories/${directory}/persons/${person}`);

/**
 * Change what is given; null clears a field. `person` changes the id.
 *
 * @param {string} directory
 * @param {string} person
 * @param {Partial<Pick<Person, "person" | "display_name" | "external_id" | "metadata" | "consent" | "restricted">>} changes
 * @param {number} [revision] the one that was seen; 412 if somebody else changed the person since
 * @returns {Promise<Person>}
 */
export const changePerson = (directory, person, changes, revision) =>
  request("PATCH", path`directories/${directory}/persons/${person}`, { json: changes, ifMatch: tag(revision) });

/** @returns {Promise<Receipt>} @param {string} directory @param {string} person */
export const deletePerson = (directory, person) =>
  request("DELETE", path`directories/${directory}/persons/${person}`);

/**
 * Move all faces of the persons `from` to `person`, and delete them.
 *
 * @param {string} directory
 * @param {string} person
 * @param {string[]} from
 * @returns {Promise<Person & { merge: string }>}
 */
export const mergePersons = (directory, person, from) =>
  request("POST", path`directories/${directory}/persons/${person}/merge`, { json: { from }, once: true });

/** @returns {Promise<{ persons: Person[] }>} @param {string} directory @param {string} person @param {string} merge */
export const undoMerge = (directory, person, merge) =>
  request("POST", path`directories/${directory}/persons/${person}/split`, { json: { merge }, once: true });

/**
 * Give samples of a person to another one, who may exist already.
 *
 * @param {string} directory
 * @param {string} person
 * @param {string[]} faces
 * @param {string} to
 * @returns {Promise<{ persons: Person[] }>}
 */
export const moveSamples = (directory, person, faces, to) =>
  request("POST", path`directories/${directory}/persons/${person}/split`, {
    json: { faces, person: to, into_existing: true },
    once: true,
  });

/**
 * @param {string} directory
 * @param {string} person
 * @param {{ cursor?: string | null, limit?: number, unlike?: boolean }} [query]
 * @returns {Promise<Page<Sample>>}
 */
export const listSamples = (directory, person, query) =>
  request("GET", path`directories/${directory}/persons/${person}/faces`, { query });

/**
 * Enrol a person from photographs; `box` chooses one of several faces.
 *
 * @param {string} directory
 * @param {string} person
 * @param {Blob[]} files
 * @param {{ box?: Box } & Watched} [options]
 * @returns {Promise<Enrolment>}
 */
export const addSamples = (directory, person, files, { box, ...watched } = {}) =>
  request("POST", path`directories/${directory}/persons/${person}/faces`, {
    form: form({ box: box?.join(","), file: files }),
    once: true,
    ...watched,
  });

/** @returns {Promise<Receipt>} @param {string} directory @param {string} person @param {string} face */
export const deleteSample = (directory, person, face) =>
  request("DELETE", path`directories/${directory}/persons/${person}/faces/${face}`);

/** @returns {Promise<Receipt>} @param {string} deletion */
export const getReceipt = (deletion) => request("GET", path`deletions/${deletion}`);

/** @returns {Promise<Job>} @param {string} id @param {AbortSignal} [signal] */
export const getJob = (id, signal) => request("GET", path`jobs/${id}`, { signal });

/** Cancel an import or an export; what it has done stays. @returns {Promise<Job>} @param {string} id */
export const cancelJob = (id) => request("DELETE", path`jobs/${id}`, { repeatable: true });

/**
 * Import a zip: a folder of photographs for each person, or a bundle.
 *
 * @param {string} directory
 * @param {Blob} archive
 * @param {Watched} watched
 * @returns {Promise<{ job: string }>}
 */
export const startImport = (directory, archive, watched) =>
  request("POST", path`directories/${directory}/imports`, { form: form({ file: new File([archive], "people.zip") }), once: true, ...watched });

/** @param {string} directory @param {string} job @param {AbortSignal} [signal] @returns {Promise<Outcome[]>} */
export async function importOutcomes(directory, job, signal) {
  const text = await request("GET", path`directories/${directory}/imports/${job}/outcomes`, { as: "text", signal });
  return text.split("\n").filter(Boolean).map((/** @type {string} */ line) => JSON.parse(line));
}

/** @param {string} directory @param {boolean} images @returns {Promise<{ job: string }>} */
export const startExport = (directory, images) =>
  request("POST", path`directories/${directory}/exports`, { json: { images }, once: true });

/** Where the bundle of a finished export is. @param {string} directory @param {string} job */
export const exportUrl = (directory, job) => resource(path`directories/${directory}/exports/${job}/bundle`);

/** @returns {Promise<{ service: string, version: string }>} */
export const getVersion = () => request("GET", "version");

/** @param {number} [revision] */
const tag = (revision) => (revision === undefined ? undefined : `"${revision}"`);
