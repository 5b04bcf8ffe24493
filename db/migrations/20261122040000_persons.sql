-- What is known of persons beside their faces, more settings of directories, and deletions that can be asked about.
-- Lists are read in pages: every order in which they come has an index, with the name to break ties.

-- migrate:up
ALTER TABLE directories
    ADD COLUMN scoring text CHECK (scoring IN ('max', 'mean')),
    ADD COLUMN recognized_retention_seconds bigint CHECK (recognized_retention_seconds >= 0),
    ADD COLUMN unseen_retention_days integer CHECK (unseen_retention_days > 0),
    ADD COLUMN quality jsonb CHECK (jsonb_typeof(quality) = 'object'),
    ADD COLUMN revision bigint NOT NULL DEFAULT 1, -- one more with every edit
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();

ALTER TABLE persons
    ADD COLUMN display_name text,
    ADD COLUMN external_id text COLLATE "C",
    ADD COLUMN metadata jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
    ADD COLUMN revision bigint NOT NULL DEFAULT 1, -- one more with every edit
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(), -- when it was edited last
    ADD COLUMN last_seen_at timestamptz; -- when it was recognized last, to the hour; NULL: never

CREATE UNIQUE INDEX persons_by_external_id ON persons (directory, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX persons_by_created_at ON persons (directory, created_at, person);
-- A row comparison finds no NULL, so those who were never seen were seen at the beginning of time.
CREATE INDEX persons_by_last_seen_at ON persons (directory, coalesce(last_seen_at, '-infinity'::timestamptz), person);
CREATE INDEX persons_by_metadata ON persons USING gin (metadata jsonb_path_ops);

ALTER TABLE images
    ADD COLUMN deletion uuid, -- whose object this is to remove; not shown any more
    -- When somebody last began to store the object: until a while later, it may still appear in the store.
    ADD COLUMN written_at timestamptz NOT NULL DEFAULT now();

CREATE INDEX images_by_deletion ON images (directory, deletion) WHERE deletion IS NOT NULL;

-- Who was named on a photograph that is kept, so that it goes when they do.
CREATE TABLE matched_images (
    directory text COLLATE "C" NOT NULL,
    person text COLLATE "C" NOT NULL,
    image text COLLATE "C" NOT NULL,
    PRIMARY KEY (directory, person, image),
    FOREIGN KEY (directory, person) REFERENCES persons ON UPDATE CASCADE ON DELETE CASCADE,
    FOREIGN KEY (directory, image) REFERENCES images ON DELETE CASCADE
);

CREATE INDEX matched_images_by_image ON matched_images (directory, image);

-- Receipts. A finished one says how much went, and no longer whose it was.
CREATE TABLE deletions (
    directory text COLLATE "C" NOT NULL,
    deletion uuid NOT NULL DEFAULT gen_random_uuid(),
    person text COLLATE "C",
    face uuid,
    persons bigint NOT NULL,
    faces bigint NOT NULL,
    images bigint NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz, -- when the last object was gone
    PRIMARY KEY (directory, deletion),
    CHECK (finished_at IS NULL OR person IS NULL)
);

-- /deletions/<deletion> knows no directory.
CREATE INDEX deletions_by_deletion ON deletions (deletion);
CREATE INDEX deletions_unfinished ON deletions (directory, deletion) WHERE finished_at IS NULL;

-- migrate:down
-- Migrations only go forward: code of the previous release runs on the new schema.
