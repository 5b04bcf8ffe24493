-- Who did what to whose data. Entries are only added; a worker seals them into one chain of hashes for each directory.

-- migrate:up

-- directory: NULL for keys and for the service itself. persons: keyed hashes, see audit_persons. position and hash: the
-- seal; the order in which entries are sealed, which is not quite that of their ids.
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    directory text COLLATE "C",
    subject text NOT NULL,
    action text NOT NULL,
    persons bytea[] NOT NULL DEFAULT '{}',
    object text,
    outcome text NOT NULL DEFAULT 'ok',
    request_id text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    counts jsonb NOT NULL DEFAULT '{}',
    position bigint,
    hash bytea,
    CHECK ((position IS NULL) = (hash IS NULL)),
    CHECK (octet_length(hash) = 32)
);
CREATE INDEX audit_unsealed ON audit (id) WHERE hash IS NULL;
CREATE INDEX audit_by_directory ON audit (directory, id);
CREATE INDEX audit_by_position ON audit (coalesce(directory, ''), position) WHERE position IS NOT NULL;
CREATE INDEX audit_by_time ON audit USING brin (at);

-- Two independent keys of one block of SHA-256 each, where HMAC derives both from one key. They are deleted with the
-- directory: then nobody can tell any more whom the hashes stand for.
CREATE TABLE audit_keys (
    directory text COLLATE "C" PRIMARY KEY,
    inner_key bytea NOT NULL DEFAULT
        uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
        || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()),
    outer_key bytea NOT NULL DEFAULT
        uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
        || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
);
INSERT INTO audit_keys (directory) SELECT directory FROM directories;

-- position and head: of the last sealed entry. kept_after and checkpoint: of the last entry that retention removed, with
-- which the chain begins now. An empty name is the chain of the entries without a directory.
CREATE TABLE audit_chains (
    directory text COLLATE "C" PRIMARY KEY,
    position bigint NOT NULL,
    head bytea NOT NULL,
    kept_after bigint NOT NULL DEFAULT 0,
    checkpoint bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex')
);

-- Keyed hashes of persons. make: draw the directory's keys if it has none yet; otherwise the result is then empty.
CREATE FUNCTION audit_persons(of_directory text, named text[], make boolean) RETURNS bytea[]
    LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    hashed bytea[];
BEGIN
    IF cardinality(named) = 0 OR of_directory IS NULL THEN
        RETURN '{}';
    END IF;
    FOR attempt IN 1..2 LOOP
        SELECT array_agg(sha256(outer_key || sha256(inner_key || convert_to(person, 'UTF8')))) INTO hashed
        FROM audit_keys CROSS JOIN unnest(named) AS person WHERE directory = of_directory;
        EXIT WHEN hashed IS NOT NULL OR NOT make;
        INSERT INTO audit_keys (directory) VALUES (of_directory) ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN coalesce(hashed, '{}');
END
$$;

CREATE FUNCTION audit_record(
    of_directory text, by_subject text, did text, named text[], what text, ended text, request text, from_address text,
    counted jsonb
) RETURNS bigint LANGUAGE sql SET search_path = public, pg_temp AS $$
    INSERT INTO audit (directory, subject, action, persons, object, outcome, request_id, address, counts)
    VALUES (of_directory, by_subject, did, audit_persons(of_directory, named, true), what, ended, request, from_address,
        counted)
    RETURNING id
$$;

CREATE FUNCTION audit_new_unsealed() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE 'entries of the audit are sealed after they are written' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_new_unsealed BEFORE INSERT ON audit FOR EACH ROW
    WHEN (NEW.hash IS NOT NULL OR NEW.position IS NOT NULL) EXECUTE FUNCTION audit_new_unsealed();

CREATE FUNCTION audit_only_sealed() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    unsealed audit := NEW;
BEGIN
    unsealed.position := NULL;
    unsealed.hash := NULL;
    IF unsealed IS DISTINCT FROM OLD OR NEW.hash IS NULL THEN
        RAISE 'entries of the audit cannot be changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER audit_only_sealed BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_only_sealed();

-- Only what lies before the checkpoint of its chain may go.
CREATE FUNCTION audit_kept() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (
            SELECT FROM removed LEFT JOIN audit_chains AS chain ON chain.directory = coalesce(removed.directory, '')
            WHERE coalesce(removed.position > chain.kept_after, true)
        ) THEN
            RETURN NULL;
        END IF;
    END IF;
    RAISE 'entries of the audit cannot be removed' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_kept AFTER DELETE ON audit REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION audit_kept();
CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_kept();

-- Removes the sealed entries of a chain up to one position, and keeps the hash of the last one as a checkpoint.
CREATE FUNCTION audit_forget(of_chain text, up_to bigint) RETURNS bigint
    LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    last bytea;
    removed bigint;
BEGIN
    SELECT hash INTO last FROM audit
    WHERE coalesce(directory, '') = of_chain AND position = up_to;
    IF last IS NULL THEN
        RETURN 0;
    END IF;
    UPDATE audit_chains SET kept_after = up_to, checkpoint = last WHERE directory = of_chain;
    DELETE FROM audit WHERE coalesce(directory, '') = of_chain AND position <= up_to;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END
$$;

-- With the owner's rights: a connection that is bound to a directory may delete the directory, but no keys without it.
CREATE FUNCTION audit_keys_end() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    DELETE FROM audit_keys WHERE directory = OLD.directory;
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_keys_end AFTER DELETE ON directories FOR EACH ROW EXECUTE FUNCTION audit_keys_end();

-- Who asked for the job: the subject of what it does.
ALTER TABLE jobs ADD COLUMN subject text;

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
