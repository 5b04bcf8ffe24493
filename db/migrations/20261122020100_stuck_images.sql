-- migrate:up

-- The object of an expired image could not be deleted: it is tried again then, after all that were not tried yet.
ALTER TABLE images ADD COLUMN retry_at timestamptz;

DROP INDEX images_by_expiry;
CREATE INDEX images_by_expiry ON images (expires_at) WHERE expires_at IS NOT NULL AND retry_at IS NULL;
CREATE INDEX images_by_retry ON images (retry_at) WHERE retry_at IS NOT NULL;

-- migrate:down
-- Migrations only go forward: code of the previous release runs on the new schema.
