-- A face that fell together with another one keeps whose it was before earlier merges, so that these can be undone too.

-- migrate:up
ALTER TABLE collapsed_faces
    ADD COLUMN merges uuid[] NOT NULL DEFAULT '{}', -- that had moved it, before
    ADD COLUMN owners text[] COLLATE "C" NOT NULL DEFAULT '{}'; -- whose it was before each of them

-- migrate:down
-- Migrations only go forward: code of the previous release runs on the new schema.
