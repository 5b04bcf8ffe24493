-- Files of an archive that are not photographs are skipped, and named among the outcomes of the import.

-- migrate:up

ALTER TABLE import_items
    DROP CONSTRAINT import_items_outcome_check,
    ADD CONSTRAINT import_items_outcome_check
        CHECK (outcome IN ('created', 'known', 'refused', 'failed', 'skipped'));

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
