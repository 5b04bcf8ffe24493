/** All calls of the service that the page makes, one function each. */

import { API, path, request, resource } from "./http.js";
import { noteReceipt } from "./receipts.js";

/** @typedef {import("./http.js").Picture} Picture */
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

/** A photograph as browsers can show it, upright. @param {Blob} file @returns {Promise<Picture>} */
export const preview = (file) =>
  request("POST", "preview", { form: form({ file }), repeatable: true, as: "picture" });

/** The same of a photograph that is kept. @param {string} image its URL @returns {Promise<Picture>} */
export const previewKept = (image) => {
  const key = new URL(image, API).pathname.split("/").at(-1) ?? "";
  return request("GET", `files/${key}/preview`, { as: "picture" });
};

/** @returns {Promise<Page<DirectoryItem>>} @param {{ prefix?: string, cursor?: string | null, limit?: number }} [query] */
export const listDirectories = (query) => request("GET", "directories", { query });

/** @returns {Promise<Directory>} @param {string} directory */
export const getDirectory = (directory) => request("GET", path`directories/${directory}`);

/** Make a directory; one that is there already stays as it is: `already-exists`. @returns {Promise<Directory>} @param {string} directory */
export const createDirectory = (directory) => request("PUT", path`directories/${directory}`, { json: {}, ifAbsent: true });

/**
 * Change the given settings; null is the service's default.
 *
 * @param {string} directory
 * @param {Partial<Directory>} changes
 * @param {number} revision the one that was seen; 412 if somebody else changed the settings since
 * @returns {Promise<Directory>}
 */
export const changeDirectory = (directory, changes, revision) =>
  request("PATCH", path`directories/${directory}`, { json: changes, ifMatch: tag(revision) });

/** @returns {Promise<Receipt>} @param {string} directory */
export const deleteDirectory = (directory) => request("DELETE", path`directories/${directory}`).then(noteReceipt);

/** @returns {Promise<ScoreDistributions>} @param {string} directory */
export const scoreDistributions = (directory) => request("GET", path`directories/${directory}/score-distributions`);

/**
 * @param {string} directory
 * @param {{ kind?: string, cursor?: string | null, limit?: number }} query
 * @returns {Promise<Page<DirectoryEvent>>}
 */
export const listActivity = (directory, query) => request("GET", path`directories/${directory}/activity`, { query });

/**
 * @typedef {object} AuditQuery
 * @property {string} [directory]
 * @property {string} [subject]
 * @property {string} [person]
 * @property {string} [since]
 * @property {string | null} [cursor]
 * @property {number} [limit]
 */

/** @returns {Promise<Page<AuditEntry>>} @param {AuditQuery} query */
export const listAudit = (query) => request("GET", "audit", { query: { ...query } });

/**
 * @typedef {object} PersonsQuery
 * @property {string} [search] words that id, name or external id contain
 * @property {string} [sort] name, person, faces, created_at, last_seen_at; descending with a minus
 * @property {boolean} [named]
 * @property {boolean} [warned]
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
  request("DELETE", path`directories/${directory}/persons/${person}`).then(noteReceipt);

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

/**
 * @param {string} directory
 * @param {string} person
 * @param {string} merge
 * @param {boolean} [intoExisting] give the samples also to a person who was made again since
 * @returns {Promise<{ persons: Person[] }>}
 */
export const undoMerge = (directory, person, merge, intoExisting = false) =>
  request("POST", path`directories/${directory}/persons/${person}/split`, {
    json: { merge, into_existing: intoExisting },
    once: true,
  });

/**
 * @param {string} directory
 * @param {{ person?: string, cursor?: string | null, limit?: number }} [query]
 * @returns {Promise<Page<Merge>>}
 */
export const listMerges = (directory, query) => request("GET", path`directories/${directory}/merges`, { query });

/**
 * @param {string} directory
 * @param {{ person?: string, cursor?: string | null, limit?: number }} [query]
 * @returns {Promise<Page<Warning>>}
 */
export const listWarnings = (directory, query) => request("GET", path`directories/${directory}/warnings`, { query });

/**
 * @param {string} directory
 * @param {{ person?: string, cursor?: string | null, limit?: number }} [query]
 * @returns {Promise<Page<Lookalikes>>}
 */
export const listLookalikes = (directory, query) => request("GET", path`directories/${directory}/lookalikes`, { query });

/** A face shows its person, or that is open again. @param {string} directory @param {string} face @param {boolean} [isRight] */
export const dismissFace = (directory, face, isRight = true) =>
  request(isRight ? "PUT" : "DELETE", path`directories/${directory}/dismissals/faces/${face}`, { repeatable: true, as: "text" });

/** Two are two people, or that is open again. @param {string} directory @param {[string, string]} pair @param {boolean} [areTwo] */
export const dismissPair = (directory, [person, other], areTwo = true) =>
  request(areTwo ? "PUT" : "DELETE", path`directories/${directory}/dismissals/persons/${person}/${other}`, { repeatable: true, as: "text" });

/** Compare all faces of a directory. @param {string} directory @returns {Promise<{ job: string }>} */
export const startComparison = (directory) => request("POST", path`directories/${directory}/comparisons`, { once: true });

/** The latest one. @param {string} directory @returns {Promise<Comparison>} */
export const getComparison = (directory) => request("GET", path`directories/${directory}/comparisons`);

/** Where all data of a person can be downloaded. @param {string} directory @param {string} person */
export const exportHref = (directory, person) => new URL(path`directories/${directory}/persons/${person}/export`, API).href;

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
  request("DELETE", path`directories/${directory}/persons/${person}/faces/${face}`).then(noteReceipt);

/** @returns {Promise<Receipt>} @param {string} deletion */
export const getReceipt = (deletion) => request("GET", path`deletions/${deletion}`);

/** @returns {Promise<Job>} @param {string} id @param {AbortSignal} [signal] */
export const getJob = (id, signal) => request("GET", path`jobs/${id}`, { signal });

/** Cancel an import, an export or a comparison; what it has done stays. @returns {Promise<Job>} @param {string} id */
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

/** @typedef {Pick<Key, "name" | "scopes" | "directories" | "expires_at"> & { limits: Record<string, number | null> }} KeyWish */

/** @returns {Promise<Page<Key>>} @param {{ cursor?: string | null, limit?: number }} [query] */
export const listKeys = (query) => request("GET", "keys", { query });

/** @returns {Promise<Key & { key: string }>} @param {KeyWish} wish */
export const createKey = (wish) => request("POST", "keys", { json: wish });

/** @returns {Promise<Key>} @param {string} id @param {Partial<KeyWish>} changes */
export const changeKey = (id, changes) => request("PATCH", path`keys/${id}`, { json: changes });

/** @returns {Promise<Key & { key: string }>} @param {string} id */
export const rotateKey = (id) => request("POST", path`keys/${id}/rotate`, { json: {} });

/** @returns {Promise<Key>} @param {string} id */
export const revokeKey = (id) => request("DELETE", path`keys/${id}`);

/** What a key has spent today; the caller's own without an id. @returns {Promise<Usage>} @param {string} [id] */
export const getUsage = (id) => request("GET", id ? path`keys/${id}/usage` : "usage");

/** @returns {Promise<Models>} */
export const getModels = () => request("GET", "models");

/** @returns {Promise<{ status: string, warnings: string[] }>} */
export const getReadiness = () => request("GET", "health/ready");

/** @returns {Promise<{ service: string, version: string }>} */
export const getVersion = () => request("GET", "version");

/** What an operator watches. @returns {Promise<Status>} */
export const getStatus = () => request("GET", "status");

/** @param {number} [revision] */
const tag = (revision) => (revision === undefined ? undefined : `"${revision}"`);
