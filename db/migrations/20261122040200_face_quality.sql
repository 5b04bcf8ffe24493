-- What was measured of a face when it was learned: sharpness, brightness, yaw, pitch and roll, see docs/quality.md.
-- NULL for faces of before, and where the vectorizer measured nothing.

-- migrate:up
ALTER TABLE faces ADD COLUMN quality jsonb;
ALTER TABLE collapsed_faces ADD COLUMN quality jsonb;

-- migrate:down
-- Migrations only go forward: code of the previous release runs on the new schema.
