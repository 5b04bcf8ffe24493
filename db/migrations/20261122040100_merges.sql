-- What a merge has put together, so that it can be undone. All of it belongs to the person who has the faces now, and
-- goes with them.

-- migrate:up
CREATE TABLE merges (
    directory text COLLATE "C" NOT NULL,
    merge uuid NOT NULL DEFAULT gen_random_uuid(),
    person text COLLATE "C" NOT NULL, -- into whom; whoever that person is merged into later
    merged_at timestamptz NOT NULL DEFAULT now(),
    undone_at timestamptz,
    PRIMARY KEY (directory, merge),
    FOREIGN KEY (directory, person) REFERENCES persons ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX merges_by_person ON merges (directory, person);

-- Who went, as they were.
CREATE TABLE merged_persons (
    directory text COLLATE "C" NOT NULL,
    merge uuid NOT NULL,
    person text COLLATE "C" NOT NULL,
    display_name text,
    external_id text COLLATE "C",
    metadata jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz,
    merges uuid[] NOT NULL, -- into them, before
    PRIMARY KEY (directory, merge, person),
    FOREIGN KEY (directory, merge) REFERENCES merges ON DELETE CASCADE
);

-- Whose each face was.
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

-- A photograph that both had is one face after a merge. The other one, which may show somebody else beside them, stands
-- here; it is there for as long as the one that was kept.
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
    image text COLLATE "C" NOT NULL,
    image_sha256 bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (directory, face),
    FOREIGN KEY (directory, kept_face) REFERENCES faces ON DELETE CASCADE,
    FOREIGN KEY (directory, merge, person) REFERENCES merged_persons ON DELETE CASCADE
);

CREATE INDEX collapsed_faces_by_kept_face ON collapsed_faces (directory, kept_face);
CREATE INDEX collapsed_faces_by_merge ON collapsed_faces (directory, merge, person);

-- migrate:down
-- Migrations only go forward: code of the previous release runs on the new schema.
