-- Who asked for jobs and deletions: their rights are asked again, and they can read what became of what they asked for.

-- migrate:up

-- The subject of the call, such as `key:<id>`; NULL for the service's own.
ALTER TABLE jobs ADD COLUMN IF NOT EXISTS subject text;
ALTER TABLE deletions ADD COLUMN IF NOT EXISTS subject text;

-- The revocation of a key cancels the jobs that wait for it.
CREATE INDEX IF NOT EXISTS jobs_by_subject ON jobs (subject) WHERE subject IS NOT NULL;

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
