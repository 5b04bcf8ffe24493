-- Jobs: work that takes longer than a request. The queue stores what to run and when; these are our additions to it.

-- migrate:up

-- A row exists from the request for the job, or, if the job is periodic, from its first run.
CREATE TABLE jobs (
    job uuid PRIMARY KEY DEFAULT gen_random_uuid(), -- shown to the client who asked for it; it cannot be guessed
    number bigint NOT NULL UNIQUE REFERENCES procrastinate_jobs ON DELETE CASCADE,
    directory text COLLATE "C", -- NULL: not about one directory
    done bigint NOT NULL DEFAULT 0 CHECK (done >= 0),
    total bigint CHECK (total >= 0), -- NULL: not known
    note text,
    crashes integer NOT NULL DEFAULT 0, -- how many workers died while they ran it
    problem_code text,
    problem text,
    CHECK ((problem_code IS NULL) = (problem IS NULL))
);

-- At most one job may wait under a queueing lock. A job that starts gives its lock up: if its worker died and it went
-- back to the queue while another job waited under the same lock, the unique index would reject it.
CREATE FUNCTION jobs_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.queueing_lock := NULL;
    RETURN NEW;
END;
$$;

CREATE TRIGGER jobs_begin BEFORE UPDATE OF status ON procrastinate_jobs
    FOR EACH ROW WHEN (NEW.status = 'doing') EXECUTE FUNCTION jobs_begin();

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
