-- Whoever is deleted while an uploaded archive waits to be read is left out of what is imported from it; the names go
-- with the archive's row.

-- migrate:up

ALTER TABLE archives ADD COLUMN erased text[] COLLATE "C" NOT NULL DEFAULT '{}';

-- migrate:down
-- Migrations only go forward: code of the previous release runs on the new schema.
