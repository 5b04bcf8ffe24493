-- Receipts of deletions. A finished one says how much was deleted, and no longer names the person.

-- migrate:up

CREATE TABLE deletions (
    directory text COLLATE "C" NOT NULL,
    deletion uuid NOT NULL DEFAULT gen_random_uuid(),
    person text COLLATE "C",
    face uuid,
    persons bigint NOT NULL,
    faces bigint NOT NULL,
    images bigint NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz, -- time at which the last object was deleted
    PRIMARY KEY (directory, deletion),
    CHECK (finished_at IS NULL OR person IS NULL)
);

-- /deletions/<deletion> does not name the directory.
CREATE INDEX deletions_by_deletion ON deletions (deletion);
CREATE INDEX deletions_unfinished ON deletions (directory, deletion) WHERE finished_at IS NULL;

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
