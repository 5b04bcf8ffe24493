-- Sessions of browsers: a cookie stands for a key, or for a token of an identity provider. They belong to no directory.

-- migrate:up

CREATE TABLE sessions (
    id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[0-9a-f]{64}$'), -- SHA-256 of the cookie, which is not stored
    subject text NOT NULL, -- who signed in, as in audits
    key text COLLATE "C" REFERENCES keys ON DELETE CASCADE, -- what the session may do is what its key may do now
    token jsonb, -- or else what the token gave: name, scopes, directories
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(), -- to the minute
    expires_at timestamptz NOT NULL,
    CHECK ((key IS NULL) <> (token IS NULL))
);
CREATE INDEX sessions_by_subject ON sessions (subject, last_used_at);
CREATE INDEX sessions_by_key ON sessions (key);

-- Gateways hold sessions in memory, as they hold keys, until they hear that one has ended.
CREATE FUNCTION notify_of_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('faceserver_keys', 'session:' || OLD.id);
    RETURN NULL;
END
$$;

CREATE TRIGGER sessions_ended AFTER DELETE ON sessions FOR EACH ROW EXECUTE FUNCTION notify_of_session();

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
