-- What each key spent on each day, and which jobs are whose. Quotas are compared with it; it belongs to no directory.

-- migrate:up

-- Gateways and workers add what they counted in memory about once a second, and read the sum of all of them back.
CREATE TABLE key_usage (
    key text COLLATE "C" NOT NULL, -- id of the key, or subject of the caller
    day date NOT NULL, -- in UTC, by the clock of the database
    kind text COLLATE "C" NOT NULL, -- such as `lane_seconds`
    amount double precision NOT NULL,
    PRIMARY KEY (key, day, kind)
) WITH (fillfactor = 50); -- rows are updated in place

-- Whose call asked for the job: its work counts as that key's, and keys take turns. NULL: nobody's.
ALTER TABLE jobs ADD COLUMN key text COLLATE "C";

CREATE INDEX jobs_by_key ON jobs (key) WHERE key IS NOT NULL;

-- The turn after that of the key's last job of a kind, in whatever directory; NULL if it has none. It runs as its owner,
-- because whoever enqueues a job may see the rows of one directory only.
CREATE FUNCTION next_turn_of_key(kind text, of_key text) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT max(1 - priority) FROM procrastinate_jobs JOIN jobs ON number = id
    WHERE queue_name = kind AND status IN ('todo', 'doing') AND jobs.key = of_key
$$;

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
