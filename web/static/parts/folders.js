/** Folders that are dropped or chosen: all files in them, with their paths. */

/** @typedef {import("./zip.js").Placed} Placed */

/**
 * What was dropped. It must be asked for during the event, and is read afterwards.
 *
 * @param {DataTransfer} transfer
 * @returns {Promise<Placed[]>}
 */
export async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (!entries.length) return [...transfer.files].map((file) => ({ path: file.name, file }));
  return (await Promise.all(entries.map((entry) => filesOf(entry, "")))).flat();
}

/** What was chosen as a folder. @param {FileList} files @returns {Placed[]} */
export const chosenFiles = (files) => [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));

/** @param {FileSystemEntry} entry @param {string} before @returns {Promise<Placed[]>} */
async function filesOf(entry, before) {
  const path = before + entry.name;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
    return [{ path, file }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  /** @type {Placed[]} */
  const found = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return found; // browsers give a hundred at a time
    for (const each of some) found.push(...(await filesOf(each, `${path}/`)));
  }
}
