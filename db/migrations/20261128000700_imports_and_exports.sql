-- Imports and exports, which run as jobs.

-- migrate:up

-- Objects of the image store that are not photographs: archives uploaded for an import, and archives made by an export.
-- As for images, the row is written before the object and deleted after it.
CREATE TABLE archives (
    directory text COLLATE "C" NOT NULL,
    job uuid NOT NULL,
    archive text COLLATE "C" NOT NULL, -- the key of the object
    purpose text NOT NULL CHECK (purpose IN ('import', 'export')),
    complete boolean NOT NULL DEFAULT false, -- whether all of the object is stored
    expires_at timestamptz NOT NULL,
    -- Set after the object could not be deleted: time of the next attempt. First attempts take precedence over it.
    retry_at timestamptz,
    -- Persons deleted before the archive was read: the import leaves them out. Deleted with the row.
    erased text[] COLLATE "C" NOT NULL DEFAULT '{}',
    PRIMARY KEY (directory, job)
);

CREATE INDEX archives_by_expiry ON archives (expires_at);

CREATE TABLE imports (
    directory text COLLATE "C" NOT NULL,
    job uuid NOT NULL,
    planned boolean NOT NULL, -- whether all of its items are written
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (directory, job)
);

-- An item is a photograph, or a face of a bundle. Its outcome and its face are written in one transaction, so a job
-- that runs again continues exactly after the last finished item.
CREATE TABLE import_items (
    directory text COLLATE "C" NOT NULL,
    job uuid NOT NULL,
    n bigint NOT NULL, -- its position in the imported archive or manifest
    person text COLLATE "C" NOT NULL,
    name text NOT NULL, -- the client's name for it
    source jsonb NOT NULL, -- where its bytes are, and what is known about it
    outcome text CHECK (outcome IN ('created', 'known', 'refused', 'failed')), -- NULL: not processed yet
    face uuid,
    code text,
    detail text,
    PRIMARY KEY (directory, job, n)
);

-- Deleting a person deletes the items of that person.
CREATE INDEX import_items_by_person ON import_items (directory, person);

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
