-- Everything is keyed by directory first, so that the tables can later be distributed by it.
-- Names compare byte by byte (COLLATE "C"): equal means identical, and an operating system's update reorders no index.

-- migrate:up
CREATE EXTENSION IF NOT EXISTS vector;

CREATE TABLE directories (
    directory text COLLATE "C" PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE persons (
    directory text COLLATE "C" NOT NULL REFERENCES directories,
    person text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (directory, person)
);

-- One row for each object of the image store. It needs no row in directories: a photograph that was only
-- recognized must not bring a directory into being.
CREATE TABLE images (
    directory text COLLATE "C" NOT NULL,
    image text COLLATE "C" NOT NULL,
    media_type text NOT NULL,
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    expires_at timestamptz, -- NULL: kept
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (directory, image)
);

-- /files/<image> knows no directory; keys are unique by their content.
CREATE INDEX images_by_image ON images (image);
CREATE INDEX images_by_expiry ON images (expires_at) WHERE expires_at IS NOT NULL;

-- The column has no dimension: rows of several models live side by side and only equal models are compared.
CREATE TABLE faces (
    directory text COLLATE "C" NOT NULL,
    face uuid NOT NULL DEFAULT gen_random_uuid(),
    person text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    embedding halfvec NOT NULL,
    crop bytea NOT NULL, -- the aligned face, for another model's embedding
    box integer[] NOT NULL CHECK (cardinality(box) = 4), -- left, top, right, bottom in pixels of the upright image
    score double precision NOT NULL,
    image text COLLATE "C" NOT NULL,
    image_sha256 bytea NOT NULL CHECK (octet_length(image_sha256) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (directory, face),
    UNIQUE (directory, person, image_sha256, model),
    FOREIGN KEY (directory, person) REFERENCES persons,
    FOREIGN KEY (directory, image) REFERENCES images
);

CREATE INDEX faces_by_model ON faces (directory, model);
CREATE INDEX faces_by_image ON faces (directory, image);

-- migrate:down
-- Migrations only go forward: code of the previous release runs on the new schema.
