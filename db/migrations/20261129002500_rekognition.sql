-- What the calls of Amazon Rekognition need: the tags of a collection, and what is said of an indexed face.

-- migrate:up

ALTER TABLE directories ADD COLUMN tags jsonb NOT NULL DEFAULT '{}';
ALTER TABLE directories ADD CONSTRAINT directories_tags_check CHECK (jsonb_typeof(tags) = 'object');

-- external_image_id: what the client calls the photograph. width, height: of the upright photograph, in pixels, NULL if
-- the face was enrolled by another call. A person whose id is that of such a face stands for that face alone.
CREATE TABLE indexed_faces (
    directory text COLLATE "C" NOT NULL REFERENCES directories ON DELETE CASCADE,
    face uuid NOT NULL,
    external_image_id text,
    width integer CHECK (width > 0),
    height integer CHECK (height > 0),
    PRIMARY KEY (directory, face),
    CHECK ((width IS NULL) = (height IS NULL)),
    FOREIGN KEY (directory, face) REFERENCES faces ON DELETE CASCADE
);

DO $$
BEGIN
    IF to_regprocedure('protect_directories()') IS NOT NULL THEN
        PERFORM protect_directories();
    END IF;
END
$$;

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
