-- Requests with an Idempotency-Key: such a request runs once, and its answer is stored for repetitions of it.

-- migrate:up

-- The primary key does not start with the directory, which is known only after the request has been parsed.
CREATE TABLE keyed_requests (
    key text COLLATE "C" PRIMARY KEY,
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32), -- of the content of the request
    run uuid NOT NULL, -- the attempt that processes the request, or did
    lost_at timestamptz NOT NULL, -- without an answer, the attempt counts as dead after this time
    expires_at timestamptz NOT NULL,
    directory text COLLATE "C", -- the directory of the people that the answer names, if any
    status smallint, -- NULL: in progress
    headers jsonb,
    body bytea, -- NULL with a status: deleted together with a person that the answer named
    -- Directories with deletions since the request started: a person may be deleted between the moment the answer is
    -- computed and the moment it is stored.
    erased text[] COLLATE "C" NOT NULL DEFAULT '{}'
);

CREATE INDEX keyed_requests_by_expiry ON keyed_requests (expires_at);
CREATE INDEX keyed_requests_by_directory ON keyed_requests (directory);
CREATE INDEX keyed_requests_in_work ON keyed_requests (key) WHERE status IS NULL;

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
