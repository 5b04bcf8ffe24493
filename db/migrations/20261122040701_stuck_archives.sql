-- migrate:up

-- The object of an expired archive could not be deleted: it is tried again then, after all that were not tried yet.
ALTER TABLE archives ADD COLUMN retry_at timestamptz;

-- migrate:down
-- Migrations only go forward: code of the previous release runs on the new schema.
