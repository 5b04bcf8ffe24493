-- Faces are partitioned by directory: a search plans, and an enrolment maintains, the indexes of one partition only,
-- however many large directories have indexes of their own. Each face gets its binary code, by which large directories
-- are searched.

-- migrate:up
CREATE TABLE kept_faces AS TABLE faces;
DROP TABLE faces;

CREATE TABLE faces (
    directory text COLLATE "C" NOT NULL,
    face uuid NOT NULL DEFAULT gen_random_uuid(),
    person text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    embedding halfvec NOT NULL,
    code varbit NOT NULL GENERATED ALWAYS AS (binary_quantize(embedding)) STORED, -- the signs of the embedding
    crop bytea NOT NULL,
    box integer[] NOT NULL CHECK (cardinality(box) = 4),
    score double precision NOT NULL,
    image text COLLATE "C" NOT NULL,
    image_sha256 bytea NOT NULL CHECK (octet_length(image_sha256) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (directory, face),
    UNIQUE (directory, person, image_sha256, model),
    FOREIGN KEY (directory, person) REFERENCES persons,
    FOREIGN KEY (directory, image) REFERENCES images
) PARTITION BY HASH (directory);

-- A packed value would be copied for every comparison.
ALTER TABLE faces ALTER COLUMN code SET STORAGE PLAIN;
-- A JPEG file does not get smaller, so trying costs time only.
ALTER TABLE faces ALTER COLUMN crop SET STORAGE EXTERNAL;

-- Counts, and scans of a directory's codes, read this index alone.
CREATE INDEX faces_by_model_and_person ON faces (directory, model, person) INCLUDE (face, code);
CREATE INDEX faces_by_image ON faces (directory, image);

-- An index is read alone only where the heap is known to be visible, which vacuum notes. The default waits until a
-- fifth of the table is new.
DO $$
BEGIN
    FOR remainder IN 0..63 LOOP
        EXECUTE format(
            'CREATE TABLE faces_%s PARTITION OF faces FOR VALUES WITH (MODULUS 64, REMAINDER %s)
             WITH (autovacuum_vacuum_insert_scale_factor = 0.02)', remainder, remainder);
    END LOOP;
END
$$;

INSERT INTO faces (directory, face, person, model, embedding, crop, box, score, image, image_sha256, created_at)
SELECT directory, face, person, model, embedding, crop, box, score, image, image_sha256, created_at
FROM kept_faces;

DROP TABLE kept_faces;

-- Which directories have indexes of their own, or are to have them; the row is written first and removed last.
CREATE TABLE search_indexes (
    directory text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    dimension integer NOT NULL CHECK (dimension > 0),
    requested_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (directory, model)
);

-- migrate:down
-- Migrations only go forward: code of the previous release runs on the new schema.
