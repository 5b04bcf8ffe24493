/** Faces from frame to frame: which box is whose, and a name that does not flicker. */

const MIN_OVERLAP = 0.2;
const MAX_MISSED = 3;
const MIN_AGREEING = 3;

/**
 * @typedef {"match" | "review" | "unknown" | "unusable"} Kind
 *
 * @typedef {object} Track
 * @property {Box} box in pixels of the camera
 * @property {Kind} kind
 * @property {string | null} person
 * @property {Candidate[]} candidates
 * @property {number} worth of the present picture as a sample
 * @property {string} fault why the face cannot be used, or ""
 * @property {number} missed frames without it
 * @property {number} frames with it
 * @property {number} disagreed frames in a row that said something else
 * @property {HTMLDivElement} [element]
 */

/** Follow faces; those that overlap, or have the same name, are one. */
export function tracker() {
  /** @type {Track[]} */
  let tracks = [];
  return { present: () => tracks, follow };

  /** @param {RecognizedFace[]} faces of the next frame @returns {Track[]} those that are in it */
  function follow(faces) {
    const free = new Set(tracks);
    const pairs = faces.flatMap((face) => tracks.map((track) => ({ face, track, share: likeness(face, track) })));
    /** @type {Map<RecognizedFace, Track>} */
    const found = new Map();
    for (const { face, track, share } of pairs.sort((a, b) => b.share - a.share))
      if (share >= MIN_OVERLAP && !found.has(face) && free.delete(track)) found.set(face, track);
    const present = faces.map((face) => renew(found.get(face), face));
    tracks = [...present, ...[...free].filter((track) => (track.missed += 1) <= MAX_MISSED)];
    return present;
  }
}

/** @param {RecognizedFace} face @param {Track} track */
function likeness(face, track) {
  const share = overlap(face.box, track.box);
  return face.decision === "match" && track.kind === "match" ? (face.id === track.person ? Math.max(share, MIN_OVERLAP) : 0) : share;
}

const RANK = { unusable: 0, unknown: 1, review: 2, match: 3 };

/** @param {Track | undefined} track @param {RecognizedFace} face @returns {Track} */
function renew(track, face) {
  const [kind, person] = [face.reason ? /** @type {Kind} */ ("unusable") : face.decision, face.id ?? null];
  const now = { box: face.box, candidates: face.candidates, worth: (face.recognizability ?? face.score) * Math.min(200, face.box[2] - face.box[0]), missed: 0 };
  if (!track) return { ...now, kind, person, fault: "", frames: 1, disagreed: 0 };
  const agrees = kind === "unusable" || (kind === track.kind && person === track.person); // who turns away stays the same
  track.disagreed = agrees ? 0 : track.disagreed + 1;
  track.frames += 1;
  const yields = !agrees && RANK[kind] > RANK[track.kind]; // a name comes at once, and goes slowly
  if (yields || track.disagreed >= MIN_AGREEING) Object.assign(track, { kind, person, disagreed: 0 });
  return Object.assign(track, now);
}

/** Intersection over union. @param {Box} a @param {Box} b */
function overlap(a, b) {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const area = (/** @type {Box} */ [left, top, right, bottom]) => (right - left) * (bottom - top);
  return (width * height) / (area(a) + area(b) - width * height);
}
