-- Which directory an id belongs to, so that an address that names none still leads to one server of several.

-- migrate:up

-- Without a foreign key: photographs and receipts also belong to directories that do not exist, or no longer do. On
-- Citus this is a table of the coordinator.
CREATE TABLE directory_tags (
    directory text COLLATE "C" PRIMARY KEY,
    tag bigint NOT NULL -- 48 bits of a keyed hash of the directory, with which its ids begin
);

CREATE INDEX directory_tags_by_tag ON directory_tags (tag);

DO $$
BEGIN
    IF to_regprocedure('protect_directories()') IS NOT NULL THEN
        PERFORM protect_directories();
    END IF;
END
$$;

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
