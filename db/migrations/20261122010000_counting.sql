-- A directory's people and faces under one model are counted from this index alone.

-- migrate:up
CREATE INDEX faces_by_model_and_person ON faces (directory, model, person);
DROP INDEX faces_by_model;

-- migrate:down
-- Migrations only go forward: code of the previous release runs on the new schema.
