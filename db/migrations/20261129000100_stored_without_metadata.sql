-- Photographs are stored without metadata; a directory may keep them as they were sent.

-- migrate:up

-- Digest of the object. `sha256` stays that of the file as it was sent, by which a photograph is known; the key follows
-- from it. NULL: the object is the file as it was sent.
ALTER TABLE images ADD COLUMN stored_sha256 bytea CHECK (octet_length(stored_sha256) = 32);

-- Finds the objects whose metadata are still to be taken out.
CREATE INDEX images_as_sent ON images (directory, image) WHERE stored_sha256 IS NULL;

-- NULL: false.
ALTER TABLE directories ADD COLUMN keep_originals boolean;

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
