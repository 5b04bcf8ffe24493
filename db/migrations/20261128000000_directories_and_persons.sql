-- Directories and the persons in them.
--
-- In every table about people the key starts with the directory, so that the tables can be distributed by it later.
-- Names compare byte by byte (COLLATE "C"): equal means identical, and an update of the operating system, which may
-- change how a language sorts, does not invalidate an index.

-- migrate:up

CREATE EXTENSION IF NOT EXISTS vector;

-- One column for each setting; NULL means the default of the service. A threshold is a cosine between embeddings of one
-- model and is meaningless for another, so the model is stored with it.
CREATE TABLE directories (
    directory text COLLATE "C" PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    fpir double precision CHECK (fpir > 0 AND fpir < 1), -- the share of strangers that may be named
    threshold double precision CHECK (threshold BETWEEN -1 AND 1),
    threshold_model text COLLATE "C",
    scoring text CHECK (scoring IN ('max', 'mean')),
    recognized_retention_seconds bigint CHECK (recognized_retention_seconds >= 0),
    unseen_retention_days integer CHECK (unseen_retention_days > 0),
    quality jsonb CHECK (jsonb_typeof(quality) = 'object'),
    revision bigint NOT NULL DEFAULT 1, -- increases by one with every edit
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT directories_fpir_or_threshold CHECK (num_nonnulls(fpir, threshold) <= 1),
    CONSTRAINT directories_threshold_of_a_model CHECK ((threshold IS NULL) = (threshold_model IS NULL))
);

CREATE TABLE persons (
    directory text COLLATE "C" NOT NULL REFERENCES directories,
    person text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    display_name text,
    external_id text COLLATE "C",
    metadata jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
    revision bigint NOT NULL DEFAULT 1, -- increases by one with every edit
    updated_at timestamptz NOT NULL DEFAULT now(), -- time of the last edit
    last_seen_at timestamptz, -- time of the last recognition, to the hour; NULL: never recognized
    PRIMARY KEY (directory, person)
);

CREATE UNIQUE INDEX persons_by_external_id ON persons (directory, external_id) WHERE external_id IS NOT NULL;

-- Lists are read in pages: each order has an index, which ends with the name to break ties.
CREATE INDEX persons_by_created_at ON persons (directory, created_at, person);
-- A page starts after a row of the previous one, and no row compares as greater or less than NULL. A person who was
-- never seen therefore sorts as seen at the beginning of time.
CREATE INDEX persons_by_last_seen_at ON persons (directory, coalesce(last_seen_at, '-infinity'::timestamptz), person);
CREATE INDEX persons_by_metadata ON persons USING gin (metadata jsonb_path_ops);

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
