-- Imports and exports. An item of an import is a photograph, or a face of a bundle, that waits for its outcome; outcome
-- and face are written in one transaction, so that a job that is run again goes on exactly behind the last one.

-- migrate:up

-- NULL: the photograph was not brought along from where the face was first enrolled; its crop was.
ALTER TABLE faces ALTER COLUMN image DROP NOT NULL;
ALTER TABLE collapsed_faces ALTER COLUMN image DROP NOT NULL;

-- Objects of the image store that are no images: what was uploaded to be imported, and what an export has made. As with
-- images, the row is written first and removed last.
CREATE TABLE archives (
    directory text COLLATE "C" NOT NULL,
    job uuid NOT NULL,
    archive text COLLATE "C" NOT NULL, -- the key of its object
    purpose text NOT NULL CHECK (purpose IN ('import', 'export')),
    complete boolean NOT NULL DEFAULT false, -- all of it is there
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (directory, job)
);

CREATE INDEX archives_by_expiry ON archives (expires_at);

CREATE TABLE imports (
    directory text COLLATE "C" NOT NULL,
    job uuid NOT NULL,
    planned boolean NOT NULL, -- all of its items are there
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (directory, job)
);

CREATE TABLE import_items (
    directory text COLLATE "C" NOT NULL,
    job uuid NOT NULL,
    n bigint NOT NULL, -- the order in which they stand in what is imported
    person text COLLATE "C" NOT NULL,
    name text NOT NULL, -- what whoever asked for the import calls it
    source jsonb NOT NULL, -- where its bytes are, and what is known of it
    outcome text CHECK (outcome IN ('created', 'known', 'refused', 'failed')), -- NULL: none yet
    face uuid,
    code text,
    detail text,
    PRIMARY KEY (directory, job, n)
);

-- For whoever deletes a person.
CREATE INDEX import_items_by_person ON import_items (directory, person);

-- migrate:down
-- Migrations only go forward: code of the previous release runs on the new schema.
