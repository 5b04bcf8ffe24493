-- Only faces keep photographs. One that fell together with another shows the other's, which is the same.

-- migrate:up
ALTER TABLE collapsed_faces DROP COLUMN image;

UPDATE images SET expires_at = now() WHERE expires_at IS NULL
AND NOT EXISTS (SELECT FROM faces WHERE faces.directory = images.directory AND faces.image = images.image);

-- migrate:down
-- Migrations only go forward: code of the previous release runs on the new schema.
