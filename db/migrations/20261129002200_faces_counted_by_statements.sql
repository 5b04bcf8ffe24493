-- The number of a person's faces is kept by the statements that write faces: a table that is spread over several servers
-- has no triggers.

-- migrate:up

-- Faces that the previous release writes while it still runs are not counted; a worker of this one counts again.
DROP TRIGGER faces_added ON faces;
DROP TRIGGER faces_removed ON faces;
DROP TRIGGER faces_moved ON faces;
DROP FUNCTION count_faces();
DROP FUNCTION count_moved_faces();

-- Ends the keys of a directory that has just been deleted. With the owner's rights, for a connection that is bound to a
-- directory may delete no keys, and only those of this directory. The trigger stays for the previous release.
CREATE FUNCTION audit_end_keys(of_directory text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    DELETE FROM audit_keys WHERE directory = of_directory AND (
        current_setting('role') <> 'faceserver_directory'
        OR of_directory = current_setting('faceserver.directory', true)
    )
$$;

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
