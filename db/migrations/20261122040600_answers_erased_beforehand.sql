-- Somebody may be deleted between the moment a request has told of them and the moment its answer is kept.

-- migrate:up
ALTER TABLE keyed_requests
    ADD COLUMN erased text[] COLLATE "C" NOT NULL DEFAULT '{}'; -- directories with deletions since the request began

CREATE INDEX keyed_requests_in_work ON keyed_requests (key) WHERE status IS NULL;

-- migrate:down
-- Migrations only go forward: code of the previous release runs on the new schema.
