-- What the calls of CompreFace need: keys that are looked up by their digest, and subjects that are equal regardless of
-- case.

-- migrate:up

CREATE UNIQUE INDEX keys_by_hash ON keys (hash) WHERE kind = 'uuid';
CREATE INDEX keys_by_previous_hash ON keys (previous_hash) WHERE kind = 'uuid' AND previous_hash IS NOT NULL;

-- Names without case and accents are few to compare exactly. Only 100 characters, since an entry of an index is limited.
CREATE INDEX persons_by_folded_name ON persons (directory, left(folded_name(person), 100));

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
