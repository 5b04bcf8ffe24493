/** Zip archives without compression: photographs are compressed already, and the browser reads none into memory. */

const MAX_FILES = 65_000;
const MAX_BYTES = 4_000_000_000;
const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50];
const UTF8 = 0x0800;

/**
 * @typedef {{ path: string, file: File }} Placed a file with its place in the archive
 */

/**
 * An archive of files, which are still read from the disk while it is sent. Returns null if they are too many.
 *
 * @param {Placed[]} files
 * @param {AbortSignal} signal
 * @param {(share: number) => void} onProgress of reading them once, for their checksums
 * @returns {Promise<Blob | null>}
 */
export async function zipOf(files, signal, onProgress) {
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  if (files.length > MAX_FILES || total > MAX_BYTES) return null;
  /** @type {BlobPart[]} */
  const parts = [];
  /** @type {BlobPart[]} */
  const directory = [];
  let [at, read] = [0, 0];
  for (const { path, file } of files) {
    signal.throwIfAborted();
    const name = new TextEncoder().encode(path);
    const sum = crc32(new Uint8Array(await file.arrayBuffer()));
    const head = header(name, sum, file.size);
    const local = record(LOCAL, 4, head);
    parts.push(local, name, file);
    directory.push(central(head, at), name);
    at += local.byteLength + name.byteLength + file.size;
    onProgress((read += file.size) / (total || 1));
  }
  const length = directory.reduce((sum, part) => sum + /** @type {ArrayBuffer} */ (part).byteLength, 0);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, END, true);
  end.setUint16(8, files.length, true);
  end.setUint16(10, files.length, true);
  end.setUint32(12, length, true);
  end.setUint32(16, at, true);
  return new Blob([...parts, ...directory, end.buffer], { type: "application/zip" });
}

/** What both records of a file have in common. @param {Uint8Array} name @param {number} sum @param {number} size */
function header(name, sum, size) {
  const view = new DataView(new ArrayBuffer(26));
  view.setUint16(0, 20, true);
  view.setUint16(2, UTF8, true);
  view.setUint16(8, 0x21, true); // a date that every program accepts
  view.setUint32(10, sum, true);
  view.setUint32(14, size, true);
  view.setUint32(18, size, true);
  view.setUint16(22, name.byteLength, true);
  return new Uint8Array(view.buffer);
}

/** @param {number} signature @param {number} length @param {Uint8Array} head @param {number} [tail] */
function record(signature, length, head, tail = 0) {
  const bytes = new Uint8Array(length + head.byteLength + tail);
  new DataView(bytes.buffer).setUint32(0, signature, true);
  bytes.set(head, length);
  return bytes.buffer;
}

/** @param {Uint8Array} head @param {number} at */
function central(head, at) {
  const buffer = record(CENTRAL, 6, head, 14);
  const view = new DataView(buffer);
  view.setUint16(4, 20, true);
  view.setUint32(42, at, true);
  return buffer;
}

/**
 * A file of an archive, so that it can be shown; null if it is not found under this name.
 *
 * @param {Blob} archive
 * @param {string} path
 * @returns {Promise<Blob | null>}
 */
export async function fileIn(archive, path) {
  const tail = new DataView(await archive.slice(-66_000).arrayBuffer());
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== END) end -= 1;
  if (end < 0) return null;
  const [length, start] = [tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)];
  const view = new DataView(await archive.slice(start, start + length).arrayBuffer());
  for (let at = 0; at + 46 <= view.byteLength && view.getUint32(at, true) === CENTRAL; ) {
    const size = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(new Uint8Array(view.buffer, at + 46, size)).replaceAll("\\", "/");
    if (name === path) return contentAt(archive, view.getUint32(at + 42, true), view.getUint32(at + 20, true), view.getUint16(at + 10, true));
    at += 46 + size + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return null;
}

/** @param {Blob} archive @param {number} at @param {number} size @param {number} method */
async function contentAt(archive, at, size, method) {
  const head = new DataView(await archive.slice(at, at + 30).arrayBuffer());
  const start = at + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const content = archive.slice(start, start + size);
  if (method === 0) return content;
  return method === 8 ? new Response(content.stream().pipeThrough(new DecompressionStream("deflate-raw"))).blob() : null;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (sum >>> 8) ^ TABLE[(sum ^ byte) & 255];
  return (sum ^ 0xffffffff) >>> 0;
}
