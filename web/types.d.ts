/* Types of the whole page, for the checker alone; no browser loads this file. */

type Decision = "match" | "review" | "unknown";
type Box = [left: number, top: number, right: number, bottom: number];

type Scope =
  | "recognize" | "read" | "images" | "enrol" | "edit" | "delete"
  | "import" | "import:trusted" | "export" | "admin" | "operate";

interface Page<Item> {
  items: Item[];
  next: string | null;
}

interface Candidate {
  id: string;
  similarity: number;
  probability: number;
}

/** A face of POST /recognize. */
interface RecognizedFace {
  id?: string;
  box: Box;
  score: number;
  probability: number;
  similarity: number | null;
  decision: Decision;
  reason: "unrecognizable" | null;
  recognizability: number | null;
  candidates: Candidate[];
}

interface Thresholds {
  match: number;
  review: number;
  source?: string;
  fpir?: number;
  faces?: number;
  calibrated: boolean;
  recognizability_floor: number | null;
}

interface Warned {
  code: string;
  detail: string;
  value?: number;
  limit?: number;
  person?: string;
}

interface Recognition {
  status: string;
  code?: string;
  url: string | null;
  filename: string | null;
  directory: string;
  model: string;
  orientation: number;
  faces_omitted: number;
  persons: RecognizedFace[];
  thresholds: Thresholds;
  warnings: Warned[];
}

/** A face of POST /detect. */
interface DetectedFace {
  box: Box;
  score: number;
  recognizability: number | null;
  landmarks: [number, number][];
  quality: { sharpness: number; brightness: number; size: number };
  pose: { yaw: number; pitch: number; roll: number };
}

interface Detection {
  model: string;
  width: number;
  height: number;
  orientation: number;
  faces_omitted: number;
  faces: DetectedFace[];
}

interface Consent {
  given_at: string;
  text: string;
  basis: string;
  until: string | null;
  withdrawn_at: string | null;
}

interface Person {
  directory: string;
  person: string;
  display_name: string | null;
  external_id: string | null;
  metadata: Record<string, unknown>;
  consent: Consent | null;
  restricted: boolean;
  faces: number;
  photographs: number;
  warnings: number;
  crop: string | null;
  created_at: string;
  updated_at: string;
  last_seen_at: string | null;
  revision: number;
}

/** An enrolled face, a sample of a person. */
interface Sample {
  face: string;
  person: string;
  model: string;
  box: Box;
  score: number;
  recognizability: number | null;
  origin: string | null;
  quality: { sharpness: number; brightness: number; yaw: number; pitch: number; roll: number } | null;
  image: string | null;
  crop: string | null;
  created_at: string;
  unlike?: { similarity: number; limit: number } | null;
}

interface QualityLimits {
  action: "off" | "warn" | "refuse";
  min_face_pixels: number;
  min_sharpness: number;
  min_brightness: number;
  max_brightness: number;
  max_yaw_degrees: number;
}

interface Directory {
  directory: string;
  fpir: number | null;
  threshold: number | null;
  scoring: "max" | "mean" | null;
  recognized_retention_seconds: number | null;
  unseen_retention_days: number | null;
  recognizability_floor: number | null;
  keep_originals: boolean | null;
  require_consent: boolean | null;
  delete_without_consent_days: number | null;
  quality: Partial<QualityLimits> | null;
  model: string;
  persons: number;
  faces: number;
  thresholds: Thresholds;
  created_at: string;
  revision: number;
}

interface DirectoryItem {
  directory: string;
  persons: number;
  faces: number;
  created_at: string;
}

interface Receipt {
  deletion: string;
  directory: string;
  person: string | null;
  face: string | null;
  persons: number;
  faces: number;
  images: number;
  requested_at: string;
  finished_at: string | null;
}

interface Job {
  id: string;
  kind: string;
  directory: string | null;
  state: "waiting" | "running" | "done" | "failed";
  progress: { done: number; total: number | null; note: string } | null;
  problem: { code: string; detail: string } | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
}

interface Merge {
  merge: string;
  person: string;
  display_name: string | null;
  merged_at: string;
  undone_at: string | null;
  persons: { person: string; display_name: string | null; faces: number; crop: string | null }[];
  undoable: boolean;
  obstacle: "merge-undone" | "external-id-taken" | "person-exists" | null;
}

/** A doubt about whom a face shows. */
interface Warning {
  face: Sample;
  code: "enrolled-as-another" | "closer-to-another" | "unlike-own";
  detail: string;
  value: number;
  limit: number;
  other: { person: string; display_name: string | null; crop: string | null } | null;
  found_at: string;
  dismissed_at: string | null;
}

interface Lookalikes {
  persons: Person[];
  similarity: number | null;
  found_at: string;
  dismissed_at: string | null;
}

interface Comparison {
  job: string | null;
  model: string | null;
  started_at: string | null;
  finished_at: string | null;
  compared: number;
}

/** What became of one photograph of an import. */
interface Outcome {
  n: number;
  person: string;
  name: string;
  outcome: "created" | "known" | "refused" | "failed" | "skipped";
  face: string | null;
  code: string | null;
  detail: string | null;
  warnings: Warned[];
}

interface Enrolment {
  items: {
    filename: string | null;
    outcome: "created" | "known" | "refused";
    face: Sample | null;
    warnings: Warned[];
    problem: { code: string; detail: string } | null;
  }[];
  created: number;
  known: number;
  refused: number;
}

/** Who calls, as GET /session says. */
interface SessionAnswer {
  subject: string;
  name: string | null;
  scopes: Scope[];
  directories: string[];
  default_directory: string | null;
  keys_required: boolean;
  signed_in: boolean;
  expires_at: string | null;
  csrf_token: string | null;
}

interface ScoreRates {
  threshold: number;
  missed: number | null;
  stranger_named: number;
  alike: number | null;
}

interface ScoreDistributions {
  directory: string;
  persons: number;
  faces: number;
  sampled: number;
  same: number;
  different: number;
  bins: { start: number; end: number; same: number; different: number }[];
  rates: ScoreRates[];
  thresholds: Thresholds;
}

interface Key {
  id: string;
  kind: string;
  name: string;
  note: string | null;
  scopes: Scope[];
  directories: string[];
  limits: Record<string, number>;
  created_at: string;
  created_by: string;
  expires_at: string | null;
  revoked_at: string | null;
  last_used_at: string | null;
  previous_until: string | null;
}

/** GET /models: the models that the vectorizers know, and the two in use. */
interface Models {
  active: { detector: string; embedder: string };
  models: { name: string; sha256: string[]; licence: string; allowed_use: string; source: string }[];
}

interface RecentRequests {
  seconds: number;
  requests: number;
  refused: number;
  served_per_second: number;
  p50_seconds: number | null;
  p99_seconds: number | null;
}

/** How the service is, for operators. */
interface Status {
  version: string;
  recognize: RecentRequests;
  learn: RecentRequests;
  photographs: { in_progress: number; limit: number };
  vectorizers: {
    url: string;
    state: "ready" | "set-aside" | "unavailable";
    detail: string | null;
    in_flight: number;
    lanes: number | null;
    busy: number | null;
    waiting: number | null;
    detector: string | null;
    embedder: string | null;
  }[];
  search: { checked: number; right: number; recall: number | null };
  jobs: { kind: string; running: number; waiting: number; postponed: number }[] | null;
}

interface Usage {
  key: string;
  resets_at: string;
  quotas: { kind: string; spent: number; limit: number | null; left: number | null }[];
  limits: { name: string; limit: number | null }[];
}

type EventKind = "photograph" | "added" | "merged" | "deleted";

/** Something that happened in a directory; one of the last four has what `kind` says. */
interface DirectoryEvent {
  at: string;
  kind: EventKind;
  photograph: { image: string | null; recognized: string[]; learned: { person: string; face: string; crop: string | null }[] } | null;
  added: { person: string; display_name: string | null } | null;
  merged: { merge: string; person: string; undone_at: string | null } | null;
  deleted: { deletion: string; persons: number; faces: number; images: number; finished_at: string | null } | null;
}

interface AuditEntry {
  id: number;
  at: string;
  directory: string | null;
  subject: string;
  action: string;
  persons: string[];
  object: string | null;
  outcome: string;
  request_id: string;
  address: string;
  counts: Record<string, number>;
}

/** Where the page is: the view, the directory, and what else the query of the address says. */
interface Address {
  view: string;
  directory: string;
  params: URLSearchParams;
}

/** What a view module makes; see README.md. */
interface View {
  element: HTMLElement;
  title: string;
  update?(address: Address): void | Promise<void>;
  pause?(): void;
  resume?(): void;
  dispose?(): void;
}

interface ViewModule {
  view(address: Address): View | Promise<View>;
}
