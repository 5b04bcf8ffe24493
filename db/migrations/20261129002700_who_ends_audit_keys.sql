-- The function that ends the keys of a directory's audit has the rights of its owner, and every account could call it.

-- migrate:up

-- Whoever may delete a directory may end its keys. An account that only reads could have made it impossible to tell whom
-- the entries of any directory name.
CREATE OR REPLACE FUNCTION audit_end_keys(of_directory text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    DELETE FROM audit_keys WHERE directory = of_directory
    AND has_table_privilege(session_user, 'directories', 'DELETE')
    AND (
        current_setting('role') <> 'faceserver_directory'
        OR of_directory = current_setting('faceserver.directory', true)
    )
$$;

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
