-- Photographs: one row for each object of the image store. The row is written before the object and deleted after it,
-- so the store never contains an object that the database does not know.

-- migrate:up

-- Without a foreign key to directories: a photograph that was only recognized must not create a directory.
CREATE TABLE images (
    directory text COLLATE "C" NOT NULL,
    image text COLLATE "C" NOT NULL, -- the key of the object
    media_type text NOT NULL,
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    expires_at timestamptz, -- NULL: kept
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Set after the object could not be deleted: time of the next attempt. First attempts take precedence over it.
    retry_at timestamptz,
    deletion uuid, -- the deletion that has to delete the object; the image is not shown any more
    -- The last time somebody started to store the object: it may still appear in the store some time later.
    written_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (directory, image)
);

-- /files/<image> does not name the directory; keys are unique by their content.
CREATE INDEX images_by_image ON images (image);

-- The sweeper reads these two: objects to delete for the first time, and those to try again.
CREATE INDEX images_by_expiry ON images (expires_at) WHERE expires_at IS NOT NULL AND retry_at IS NULL;
CREATE INDEX images_by_retry ON images (retry_at) WHERE retry_at IS NOT NULL;

CREATE INDEX images_by_deletion ON images (directory, deletion) WHERE deletion IS NOT NULL;

-- The persons who were recognized on a stored photograph, so that it is deleted together with any of them.
CREATE TABLE matched_images (
    directory text COLLATE "C" NOT NULL,
    person text COLLATE "C" NOT NULL,
    image text COLLATE "C" NOT NULL,
    PRIMARY KEY (directory, person, image),
    FOREIGN KEY (directory, person) REFERENCES persons ON UPDATE CASCADE ON DELETE CASCADE,
    FOREIGN KEY (directory, image) REFERENCES images ON DELETE CASCADE
);

CREATE INDEX matched_images_by_image ON matched_images (directory, image);

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
