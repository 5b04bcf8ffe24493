-- Encryption at rest: each directory has a key of its own, which is deleted with it.

-- migrate:up

-- Data keys, each wrapped by the master key `master_id`, which is not in the database. One key of a directory encrypts,
-- the retired ones only decrypt until nothing is encrypted with them. No foreign key: photographs and archives may be
-- stored before the first enrolment makes the directory.
CREATE TABLE directory_keys (
    directory text COLLATE "C" NOT NULL,
    key_id uuid NOT NULL,
    wrapped bytea NOT NULL,
    master_id text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz,
    PRIMARY KEY (directory, key_id)
);
CREATE UNIQUE INDEX directory_keys_in_use ON directory_keys (directory) WHERE retired_at IS NULL;

-- The key that encrypts the object or the crop. NULL: it is not encrypted, or not known to be.
ALTER TABLE images ADD COLUMN key_id uuid;
ALTER TABLE archives ADD COLUMN key_id uuid;
ALTER TABLE faces ADD COLUMN crop_key uuid;
ALTER TABLE collapsed_faces ADD COLUMN crop_key uuid;

-- Find what is still to be encrypted.
CREATE INDEX images_unencrypted ON images (directory, image) WHERE key_id IS NULL;
CREATE INDEX faces_unencrypted ON faces (directory, face) WHERE crop_key IS NULL;

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
