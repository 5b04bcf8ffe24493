-- A request that carries an Idempotency-Key runs once; its answer is kept for whoever repeats it.
-- The key comes first instead of the directory, which is known only when the request has been understood.

-- migrate:up
CREATE TABLE keyed_requests (
    key text COLLATE "C" PRIMARY KEY,
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32), -- of what the request asks for
    run uuid NOT NULL, -- who has it in work, or had
    lost_at timestamptz NOT NULL, -- from then on that one is taken for dead, unless there is an answer
    expires_at timestamptz NOT NULL,
    directory text COLLATE "C", -- whose people the answer tells of, if it tells of any
    status smallint, -- NULL: in work
    headers jsonb,
    body bytea -- NULL beside a status: erased with somebody it told of
);

CREATE INDEX keyed_requests_by_expiry ON keyed_requests (expires_at);
CREATE INDEX keyed_requests_by_directory ON keyed_requests (directory);

-- migrate:down
-- Migrations only go forward: code of the previous release runs on the new schema.
