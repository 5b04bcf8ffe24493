-- Warnings about the faces that an import enrolled, one by one, among them whom each face resembles.

-- migrate:up

ALTER TABLE import_items
    ADD COLUMN warnings jsonb CHECK (jsonb_typeof(warnings) = 'array'), -- NULL: the face is not enrolled
    ADD COLUMN other text COLLATE "C"; -- the person whom the warnings name; follows renames, and ends with the person

-- Deleting, renaming or merging a person changes the warnings that name them.
CREATE INDEX import_items_by_other ON import_items (directory, other) WHERE other IS NOT NULL;

-- After everybody is enrolled, faces are compared with the directory: position of the last item that was.
ALTER TABLE imports ADD COLUMN compared_to bigint NOT NULL DEFAULT -1;

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
