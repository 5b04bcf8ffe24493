-- migrate:up

-- Row-level security: a connection with the role faceserver_directory sees and writes only the rows of the directory
-- that its setting faceserver.directory names, and none if it names none. The owner of the tables and all other roles
-- see what they saw before.
--
-- The policy calls the function itself and not through a subquery: together with the `directory = $1` of the
-- statement, PostgreSQL makes of it one comparison of the setting with $1 before the scan, and the plan stays as it is
-- without the policy.
--
-- To be called after each migration: it protects all tables with a column `directory` that are not protected yet. The
-- role is one for all databases of the server, which may be migrated at the same time, and an account may not be
-- allowed to create it. Returns whether the rows are protected.
CREATE FUNCTION protect_directories() RETURNS boolean
    LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    protected regclass;
    queue regclass;
    rows_of_directory text;
    rights text;
BEGIN
    IF to_regrole('faceserver_directory') IS NULL THEN
        BEGIN
            CREATE ROLE faceserver_directory NOLOGIN;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;  -- another database's migration was faster
            WHEN insufficient_privilege THEN RETURN false;
        END;
    END IF;
    IF NOT pg_has_role(current_user, 'faceserver_directory', 'SET') THEN
        BEGIN
            EXECUTE format('GRANT faceserver_directory TO %I WITH SET TRUE, INHERIT FALSE', current_user);
        EXCEPTION
            WHEN insufficient_privilege THEN NULL;  -- whoever may has to do it; until then the policies do nothing
            WHEN unique_violation OR internal_error THEN NULL;  -- the same account migrates another database
        END;
    END IF;
    GRANT USAGE ON SCHEMA public TO faceserver_directory;
    FOR protected IN
        SELECT attrelid::regclass FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE attname = 'directory' AND NOT attisdropped
        AND relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = attrelid AND polname = 'of_directory')
        ORDER BY relname
    LOOP
        rows_of_directory := 'directory = current_setting(''faceserver.directory'', true)';
        IF protected = 'keyed_requests'::regclass THEN  -- deletions mark the requests that are still running
            rows_of_directory := rows_of_directory || ' OR directory IS NULL';
        END IF;
        rights := CASE protected::text
            WHEN 'audit' THEN 'SELECT, INSERT'  -- entries are only added
            WHEN 'audit_keys' THEN 'SELECT, INSERT'  -- and end with their directory, by a trigger
            WHEN 'audit_chains' THEN 'SELECT'
            ELSE 'SELECT, INSERT, UPDATE, DELETE'
        END;
        EXECUTE format('GRANT %s ON %s TO faceserver_directory', rights, protected);
        EXECUTE format('CREATE POLICY all_rows ON %s USING (true)', protected);
        EXECUTE format(
            'CREATE POLICY of_directory ON %s AS RESTRICTIVE TO faceserver_directory USING (%s)',
            protected, rows_of_directory
        );
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', protected);
    END LOOP;
    FOR queue IN
        SELECT oid::regclass FROM pg_class
        WHERE relname LIKE 'procrastinate\_%' AND relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')
        AND NOT has_table_privilege('faceserver_directory', oid, 'SELECT')
    LOOP
        EXECUTE format('GRANT ALL ON %s TO faceserver_directory', queue);
    END LOOP;
    RETURN pg_has_role(current_user, 'faceserver_directory', 'SET');
END;
$$;

REVOKE EXECUTE ON FUNCTION protect_directories() FROM PUBLIC;

SELECT protect_directories();

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
