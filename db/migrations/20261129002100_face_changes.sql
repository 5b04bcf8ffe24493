-- The faces that were added to, removed from or changed in directories lately, so that gateways that keep the codes of
-- large directories in memory can follow.

-- migrate:up

-- Unlogged: after a crash, and on a server that was promoted, both tables are empty. Without the row of its directory
-- in face_logs, a copy in memory counts as unknown and is made again, so nothing is missed, and no enrolment waits for
-- another page of the write-ahead log.
--
-- Faces are known by the first 32 bits of their ids: enough to find them among those of a directory, and too little to
-- say afterwards which face was deleted. faces_from is the smallest id that begins so.
--
-- changed_by compares with the snapshot of a copy: the order in which transactions commit is not that of any number
-- that they could draw.
CREATE UNLOGGED TABLE face_changes (
    directory text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    faces_from uuid NOT NULL,
    changed_by xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (directory, model, changed_by, faces_from)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);

-- The directories whose codes are in memory somewhere. epoch: another one after the changes were lost. Changes by
-- transactions before forgotten_before may be missing; forgotten_next is its next value, the horizon at marked_at.
CREATE UNLOGGED TABLE face_logs (
    directory text COLLATE "C" PRIMARY KEY REFERENCES directories ON DELETE CASCADE,
    epoch uuid NOT NULL DEFAULT gen_random_uuid(),
    forgotten_before xid8 NOT NULL DEFAULT '0',
    forgotten_next xid8 NOT NULL DEFAULT pg_snapshot_xmin(pg_current_snapshot()),
    marked_at timestamptz NOT NULL DEFAULT now()
);

-- With the rights of its owner: whoever may write faces has them written down.
CREATE FUNCTION note_face_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO face_changes (directory, model, faces_from)
        VALUES (OLD.directory, OLD.model, (left(OLD.face::text, 8) || '-0000-0000-0000-000000000000')::uuid)
        ON CONFLICT DO NOTHING;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO face_changes (directory, model, faces_from)
        VALUES (NEW.directory, NEW.model, (left(NEW.face::text, 8) || '-0000-0000-0000-000000000000')::uuid)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;

-- Who a face belongs to is asked of faces itself.
CREATE TRIGGER faces_changed AFTER INSERT OR DELETE OR UPDATE OF directory, model, face, embedding ON faces
    FOR EACH ROW EXECUTE FUNCTION note_face_change();
ALTER TABLE faces ENABLE ALWAYS TRIGGER faces_changed; -- also for rows that are replicated

DO $$
BEGIN
    IF to_regprocedure('protect_directories()') IS NOT NULL THEN
        PERFORM protect_directories();
    END IF;
END
$$;

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
