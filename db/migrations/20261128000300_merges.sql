-- The history of merges, so that they can be undone. All rows belong to the person who has the faces now, and are
-- deleted with that person.

-- migrate:up

CREATE TABLE merges (
    directory text COLLATE "C" NOT NULL,
    merge uuid NOT NULL DEFAULT gen_random_uuid(),
    person text COLLATE "C" NOT NULL, -- the target; if it is merged into another person later, that person
    merged_at timestamptz NOT NULL DEFAULT now(),
    undone_at timestamptz,
    PRIMARY KEY (directory, merge),
    FOREIGN KEY (directory, person) REFERENCES persons ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX merges_by_person ON merges (directory, person);

-- The persons that a merge removed, as they were before it.
CREATE TABLE merged_persons (
    directory text COLLATE "C" NOT NULL,
    merge uuid NOT NULL,
    person text COLLATE "C" NOT NULL,
    display_name text,
    external_id text COLLATE "C",
    metadata jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz,
    merges uuid[] NOT NULL, -- earlier merges into this person
    PRIMARY KEY (directory, merge, person),
    FOREIGN KEY (directory, merge) REFERENCES merges ON DELETE CASCADE
);

-- The person that each moved face belonged to before the merge.
CREATE TABLE merged_faces (
    directory text COLLATE "C" NOT NULL,
    face uuid NOT NULL,
    merge uuid NOT NULL,
    person text COLLATE "C" NOT NULL,
    PRIMARY KEY (directory, face, merge),
    FOREIGN KEY (directory, face) REFERENCES faces ON DELETE CASCADE,
    FOREIGN KEY (directory, merge, person) REFERENCES merged_persons ON DELETE CASCADE
);

CREATE INDEX merged_faces_by_merge ON merged_faces (directory, merge, person);

-- If two merged persons had the same photograph, only one of its two faces remains in faces. The other one, which may
-- show a different person on that photograph, is kept here as long as the remaining one exists. It has no image: both
-- come from the same photograph, and only rows of faces keep photographs.
CREATE TABLE collapsed_faces (
    directory text COLLATE "C" NOT NULL,
    face uuid NOT NULL,
    merge uuid NOT NULL,
    person text COLLATE "C" NOT NULL,
    kept_face uuid NOT NULL,
    model text COLLATE "C" NOT NULL,
    embedding halfvec NOT NULL,
    crop bytea NOT NULL,
    box integer[] NOT NULL,
    score double precision NOT NULL,
    image_sha256 bytea NOT NULL,
    created_at timestamptz NOT NULL,
    quality jsonb,
    merges uuid[] NOT NULL DEFAULT '{}', -- earlier merges that moved it, so that they can be undone too
    owners text[] COLLATE "C" NOT NULL DEFAULT '{}', -- the person it belonged to before each of them
    PRIMARY KEY (directory, face),
    FOREIGN KEY (directory, kept_face) REFERENCES faces ON DELETE CASCADE,
    FOREIGN KEY (directory, merge, person) REFERENCES merged_persons ON DELETE CASCADE
);

CREATE INDEX collapsed_faces_by_kept_face ON collapsed_faces (directory, kept_face);
CREATE INDEX collapsed_faces_by_merge ON collapsed_faces (directory, merge, person);

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
