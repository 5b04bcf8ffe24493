/** What changed, for views that show it as well: kept views hear of changes that others made. */

/**
 * @typedef {{ directory: string, person: string }} PersonTopic
 * @typedef {{
 *   "person-changed": PersonTopic & { now: Person },
 *   "person-gone": PersonTopic,
 *   "samples-changed": PersonTopic,
 *   "people-changed": { directory: string },
 *   "directories-changed": {},
 * }} Topics
 */

/** @type {Map<string, Set<(message: any) => void>>} */
const listeners = new Map();

/**
 * Listen until the returned function is called.
 *
 * @template {keyof Topics} T
 * @param {T} topic
 * @param {(message: Topics[T]) => void} listener
 */
export function on(topic, listener) {
  const those = listeners.get(topic) ?? new Set();
  listeners.set(topic, those.add(listener));
  return () => void those.delete(listener);
}

/**
 * Tell all listeners; only after the service has confirmed the change.
 *
 * @template {keyof Topics} T
 * @param {T} topic
 * @param {Topics[T]} message
 */
export function emit(topic, message) {
  for (const listener of listeners.get(topic) ?? []) listener(message);
}
