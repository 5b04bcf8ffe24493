-- Keys: who may call the service. They belong to no directory.

-- migrate:up

CREATE TABLE keys (
    id text COLLATE "C" PRIMARY KEY,
    -- bearer: `fs_<id>_<secret>`. uuid, pair: shapes of other protocols; the secret of a pair must be recoverable.
    kind text NOT NULL DEFAULT 'bearer' CHECK (kind IN ('bearer', 'uuid', 'pair')),
    hash bytea CHECK (octet_length(hash) = 32), -- SHA-256 of the key's text
    previous_hash bytea CHECK (octet_length(previous_hash) = 32), -- of the text before the last rotation
    previous_until timestamptz, -- when the text before the last rotation stops working
    encrypted_secret bytea CHECK (encrypted_secret IS NULL OR kind = 'pair'), -- under the master key
    name text NOT NULL,
    note text,
    scopes text[] NOT NULL,
    everywhere boolean NOT NULL DEFAULT false, -- whether it covers all directories
    names text[] NOT NULL DEFAULT '{}', -- of directories
    prefixes text[] NOT NULL DEFAULT '{}', -- of names of directories; each ends in a separator
    limits jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL, -- id of the key, or subject of the caller
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz, -- to the minute
    CHECK ((previous_hash IS NULL) = (previous_until IS NULL))
);

-- Gateways hold keys in memory until they hear that a key changed. Uses change nothing that they hold.
CREATE FUNCTION notify_of_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('faceserver_keys', CASE TG_OP WHEN 'DELETE' THEN OLD.id ELSE NEW.id END);
    RETURN NULL;
END
$$;

CREATE TRIGGER keys_changed AFTER INSERT OR DELETE
    OR UPDATE OF kind, hash, previous_hash, previous_until, scopes, everywhere, names, prefixes, limits, expires_at, revoked_at
    ON keys FOR EACH ROW EXECUTE FUNCTION notify_of_key();

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
