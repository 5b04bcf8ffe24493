/** Values that others watch, and those that the browser keeps. */

/**
 * @template T
 * @typedef {{ get(): T, set(value: T): void, watch(listener: (value: T) => void): () => void }} Store
 */

/**
 * A value; `watch` calls a listener with it now and after each change, until the returned function is called.
 *
 * @template T
 * @param {T} value
 * @returns {Store<T>}
 */
export function store(value) {
  /** @type {Set<(value: T) => void>} */
  const listeners = new Set();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of listeners) listener(value);
    },
    watch(listener) {
      listeners.add(listener);
      listener(value);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * A text that this browser keeps; names and faces belong into `sessionStorage`, which ends with the tab.
 *
 * @param {string} name
 * @param {string} fallback
 * @param {() => Storage} [storage]
 * @returns {Store<string>}
 */
export function kept(name, fallback, storage = () => localStorage) {
  const key = `faceserver.${name}`;
  const inner = store(attempt(() => storage().getItem(key)) ?? fallback);
  return {
    ...inner,
    set(value) {
      attempt(() => storage().setItem(key, value));
      inner.set(value);
    },
  };
}

/** @template T @param {() => T} action @returns {T | undefined} */
function attempt(action) {
  try {
    return action();
  } catch {
    return undefined; // a browser that stores nothing
  }
}
