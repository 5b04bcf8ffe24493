-- Enrolled faces, and which directories have their own search indexes.

-- migrate:up

-- Partitioned by directory: planning a search and maintaining indexes during an enrolment involve the indexes of one
-- partition only, no matter how many large directories have their own.
CREATE TABLE faces (
    directory text COLLATE "C" NOT NULL,
    face uuid NOT NULL DEFAULT gen_random_uuid(),
    person text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    embedding halfvec NOT NULL, -- without a dimension: rows of several models share the table; only equal ones compare
    code varbit NOT NULL GENERATED ALWAYS AS (binary_quantize(embedding)) STORED, -- the signs of the embedding
    crop bytea NOT NULL, -- the aligned face as a JPEG file, from which another model can compute its embedding
    box integer[] NOT NULL CHECK (cardinality(box) = 4), -- left, top, right, bottom in pixels of the upright image
    score double precision NOT NULL, -- of the detector
    image text COLLATE "C", -- NULL: the face was imported with its crop but without its photograph
    image_sha256 bytea NOT NULL CHECK (octet_length(image_sha256) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    quality jsonb, -- sharpness, brightness, yaw, pitch and roll, see docs/quality.md; NULL: not measured
    PRIMARY KEY (directory, face),
    UNIQUE (directory, person, image_sha256, model),
    FOREIGN KEY (directory, person) REFERENCES persons,
    FOREIGN KEY (directory, image) REFERENCES images
) PARTITION BY HASH (directory);

-- A compressed value would be decompressed for every comparison.
ALTER TABLE faces ALTER COLUMN code SET STORAGE PLAIN;
-- A JPEG file does not become smaller, so an attempt to compress it only costs time.
ALTER TABLE faces ALTER COLUMN crop SET STORAGE EXTERNAL;

-- Counts, and scans over the codes of a directory, read this index alone.
CREATE INDEX faces_by_model_and_person ON faces (directory, model, person) INCLUDE (face, code);
CREATE INDEX faces_by_image ON faces (directory, image);

-- An index can be read alone only where vacuum has marked the rows as visible to all. By default vacuum waits until a
-- fifth of the table is new; here it starts after a fiftieth.
DO $$
BEGIN
    FOR remainder IN 0..63 LOOP
        EXECUTE format(
            'CREATE TABLE faces_%s PARTITION OF faces FOR VALUES WITH (MODULUS 64, REMAINDER %s)
             WITH (autovacuum_vacuum_insert_scale_factor = 0.02)', remainder, remainder);
    END LOOP;
END
$$;

-- The directories that have, or are to have, their own indexes. The row is written before the indexes are built and
-- deleted after they are dropped.
CREATE TABLE search_indexes (
    directory text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    dimension integer NOT NULL CHECK (dimension > 0),
    requested_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (directory, model)
);

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
