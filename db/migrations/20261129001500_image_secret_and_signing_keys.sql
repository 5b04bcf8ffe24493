-- Secrets of the installation: names of photographs cannot be computed from their content, and links to them are signed.

-- migrate:up

-- `image-keys`: the names of new photographs follow from it, the directory and the content. It never changes.
CREATE TABLE installation_secrets (
    name text COLLATE "C" PRIMARY KEY,
    secret bytea NOT NULL CHECK (octet_length(secret) = 32)
);

-- Two random UUIDs have 244 random bits, and need no extension.
INSERT INTO installation_secrets (name, secret)
VALUES ('image-keys', decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));

-- Keys that sign links, one for each day, counted from 1970 in UTC. That of the day signs; it and the one before verify.
CREATE TABLE signing_keys (
    day integer PRIMARY KEY,
    secret bytea NOT NULL CHECK (octet_length(secret) = 32)
);

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
