\restrict dbmate

-- Dumped from database version 18.4
-- Dumped by pg_dump version 18.4

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: vector; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;


--
-- Name: EXTENSION vector; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION vector IS 'vector data type and ivfflat and hnsw access methods';


--
-- Name: procrastinate_job_event_type; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.procrastinate_job_event_type AS ENUM (
    'deferred',
    'started',
    'deferred_for_retry',
    'failed',
    'succeeded',
    'cancelled',
    'abort_requested',
    'aborted',
    'scheduled',
    'retried'
);


--
-- Name: procrastinate_job_status; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.procrastinate_job_status AS ENUM (
    'todo',
    'doing',
    'succeeded',
    'failed',
    'cancelled',
    'aborting',
    'aborted'
);


--
-- Name: procrastinate_job_to_defer_v1; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.procrastinate_job_to_defer_v1 AS (
	queue_name character varying,
	task_name character varying,
	priority integer,
	lock text,
	queueing_lock text,
	args jsonb,
	scheduled_at timestamp with time zone
);


--
-- Name: jobs_begin(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.jobs_begin() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.queueing_lock := NULL;
    RETURN NEW;
END;
$$;


--
-- Name: procrastinate_cancel_job_v1(bigint, boolean, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_cancel_job_v1(job_id bigint, abort boolean, delete_job boolean) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
BEGIN
    IF delete_job THEN
        DELETE FROM procrastinate_jobs
        WHERE id = job_id AND status = 'todo'
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        IF abort THEN
            UPDATE procrastinate_jobs
            SET abort_requested = true,
                status = CASE status
                    WHEN 'todo' THEN 'cancelled'::procrastinate_job_status ELSE status
                END
            WHERE id = job_id AND status IN ('todo', 'doing')
            RETURNING id INTO _job_id;
        ELSE
            UPDATE procrastinate_jobs
            SET status = 'cancelled'::procrastinate_job_status
            WHERE id = job_id AND status = 'todo'
            RETURNING id INTO _job_id;
        END IF;
    END IF;
    RETURN _job_id;
END;
$$;


--
-- Name: procrastinate_defer_jobs_v1(public.procrastinate_job_to_defer_v1[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_defer_jobs_v1(jobs public.procrastinate_job_to_defer_v1[]) RETURNS bigint[]
    LANGUAGE plpgsql
    AS $$
DECLARE
    job_ids bigint[];
BEGIN
    WITH inserted_jobs AS (
        INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
        SELECT (job).queue_name,
               (job).task_name,
               (job).priority,
               (job).lock,
               (job).queueing_lock,
               (job).args,
               (job).scheduled_at
        FROM unnest(jobs) AS job
        RETURNING id
    )
    SELECT array_agg(id) FROM inserted_jobs INTO job_ids;

    RETURN job_ids;
END;
$$;


--
-- Name: procrastinate_defer_periodic_job_v2(character varying, character varying, character varying, character varying, integer, character varying, bigint, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_defer_periodic_job_v2(_queue_name character varying, _lock character varying, _queueing_lock character varying, _task_name character varying, _priority integer, _periodic_id character varying, _defer_timestamp bigint, _args jsonb) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
    _defer_id bigint;
BEGIN
    INSERT
        INTO procrastinate_periodic_defers (task_name, periodic_id, defer_timestamp)
        VALUES (_task_name, _periodic_id, _defer_timestamp)
        ON CONFLICT DO NOTHING
        RETURNING id into _defer_id;

    IF _defer_id IS NULL THEN
        RETURN NULL;
    END IF;

    UPDATE procrastinate_periodic_defers
        SET job_id = (
            SELECT COALESCE((
                SELECT unnest(procrastinate_defer_jobs_v1(
                    ARRAY[
                        ROW(
                            _queue_name,
                            _task_name,
                            _priority,
                            _lock,
                            _queueing_lock,
                            _args,
                            NULL::timestamptz
                        )
                    ]::procrastinate_job_to_defer_v1[]
                ))
            ), NULL)
        )
        WHERE id = _defer_id
        RETURNING job_id INTO _job_id;

    DELETE
        FROM procrastinate_periodic_defers
        USING (
            SELECT id
            FROM procrastinate_periodic_defers
            WHERE procrastinate_periodic_defers.task_name = _task_name
            AND procrastinate_periodic_defers.periodic_id = _periodic_id
            AND procrastinate_periodic_defers.defer_timestamp < _defer_timestamp
            ORDER BY id
            FOR UPDATE
        ) to_delete
        WHERE procrastinate_periodic_defers.id = to_delete.id;

    RETURN _job_id;
END;
$$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: procrastinate_jobs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.procrastinate_jobs (
    id bigint NOT NULL,
    queue_name character varying(128) NOT NULL,
    task_name character varying(128) NOT NULL,
    priority integer DEFAULT 0 NOT NULL,
    lock text,
    queueing_lock text,
    args jsonb DEFAULT '{}'::jsonb NOT NULL,
    status public.procrastinate_job_status DEFAULT 'todo'::public.procrastinate_job_status NOT NULL,
    scheduled_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    abort_requested boolean DEFAULT false NOT NULL,
    worker_id bigint,
    CONSTRAINT check_not_todo_abort_requested CHECK ((NOT ((status = 'todo'::public.procrastinate_job_status) AND (abort_requested = true))))
);


--
-- Name: procrastinate_fetch_job_v2(character varying[], bigint); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_fetch_job_v2(target_queue_names character varying[], p_worker_id bigint) RETURNS public.procrastinate_jobs
    LANGUAGE plpgsql
    AS $$
DECLARE
    found_jobs procrastinate_jobs;
BEGIN
    WITH candidate AS (
        SELECT jobs.*
            FROM procrastinate_jobs AS jobs
            WHERE
                -- reject the job if its lock has earlier or higher priority jobs
                NOT EXISTS (
                    SELECT 1
                        FROM procrastinate_jobs AS other_jobs
                        WHERE
                            jobs.lock IS NOT NULL
                            AND other_jobs.lock = jobs.lock
                            AND (
                                -- job with same lock is already running
                                other_jobs.status = 'doing'
                                OR
                                -- job with same lock is waiting and has higher priority (or same priority but was queued first)
                                (
                                    other_jobs.status = 'todo'
                                    AND (
                                        other_jobs.priority > jobs.priority
                                        OR (
                                        other_jobs.priority = jobs.priority
                                        AND other_jobs.id < jobs.id
                                        )
                                    )
                                )
                            )
                )
                AND jobs.status = 'todo'
                AND (target_queue_names IS NULL OR jobs.queue_name = ANY( target_queue_names ))
                AND (jobs.scheduled_at IS NULL OR jobs.scheduled_at <= now())
            ORDER BY jobs.priority DESC, jobs.id ASC LIMIT 1
            FOR UPDATE OF jobs SKIP LOCKED
    )
    UPDATE procrastinate_jobs
        SET status = 'doing', worker_id = p_worker_id
        FROM candidate
        WHERE procrastinate_jobs.id = candidate.id
        RETURNING procrastinate_jobs.* INTO found_jobs;

 RETURN found_jobs;
END;
$$;


--
-- Name: procrastinate_finish_job_v1(bigint, public.procrastinate_job_status, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_finish_job_v1(job_id bigint, end_status public.procrastinate_job_status, delete_job boolean) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
BEGIN
    IF end_status NOT IN ('succeeded', 'failed', 'aborted') THEN
        RAISE 'End status should be either "succeeded", "failed" or "aborted" (job id: %)', job_id;
    END IF;
    IF delete_job THEN
        DELETE FROM procrastinate_jobs
        WHERE id = job_id AND status IN ('todo', 'doing')
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = end_status,
            abort_requested = false,
            attempts = CASE status
                WHEN 'doing' THEN attempts + 1 ELSE attempts
            END
        WHERE id = job_id AND status IN ('todo', 'doing')
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        RAISE 'Job was not found or not in "doing" or "todo" status (job id: %)', job_id;
    END IF;
END;
$$;


--
-- Name: procrastinate_notify_queue_abort_job_v1(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_notify_queue_abort_job_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    payload TEXT;
BEGIN
    SELECT json_build_object('type', 'abort_job_requested', 'job_id', NEW.id)::text INTO payload;
    PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
    PERFORM pg_notify('procrastinate_any_queue_v1', payload);
    RETURN NEW;
END;
$$;


--
-- Name: procrastinate_notify_queue_job_inserted_v1(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_notify_queue_job_inserted_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    payload TEXT;
BEGIN
    SELECT json_build_object('type', 'job_inserted', 'job_id', NEW.id)::text INTO payload;
    PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
    PERFORM pg_notify('procrastinate_any_queue_v1', payload);
    RETURN NEW;
END;
$$;


--
-- Name: procrastinate_prune_stalled_workers_v1(double precision); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_prune_stalled_workers_v1(seconds_since_heartbeat double precision) RETURNS TABLE(worker_id bigint)
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN QUERY
    DELETE FROM procrastinate_workers
    WHERE last_heartbeat < NOW() - (seconds_since_heartbeat || 'SECOND')::INTERVAL
    RETURNING procrastinate_workers.id;
END;
$$;


--
-- Name: procrastinate_register_worker_v1(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_register_worker_v1() RETURNS TABLE(worker_id bigint)
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN QUERY
    INSERT INTO procrastinate_workers DEFAULT VALUES
    RETURNING procrastinate_workers.id;
END;
$$;


--
-- Name: procrastinate_retry_job_v1(bigint, timestamp with time zone, integer, character varying, character varying); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_retry_job_v1(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
    _abort_requested boolean;
BEGIN
    SELECT abort_requested FROM procrastinate_jobs
    WHERE id = job_id AND status = 'doing'
    FOR UPDATE
    INTO _abort_requested;
    IF _abort_requested THEN
        UPDATE procrastinate_jobs
        SET status = 'failed'::procrastinate_job_status
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = 'todo'::procrastinate_job_status,
            attempts = attempts + 1,
            scheduled_at = retry_at,
            priority = COALESCE(new_priority, priority),
            queue_name = COALESCE(new_queue_name, queue_name),
            lock = COALESCE(new_lock, lock)
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    END IF;

    IF _job_id IS NULL THEN
        RAISE 'Job was not found or not in "doing" status (job id: %)', job_id;
    END IF;
END;
$$;


--
-- Name: procrastinate_retry_job_v2(bigint, timestamp with time zone, integer, character varying, character varying); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_retry_job_v2(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
    _abort_requested boolean;
    _current_status procrastinate_job_status;
BEGIN
    SELECT status, abort_requested FROM procrastinate_jobs
    WHERE id = job_id AND status IN ('doing', 'failed')
    FOR UPDATE
    INTO _current_status, _abort_requested;
    IF _current_status = 'doing' AND _abort_requested THEN
        UPDATE procrastinate_jobs
        SET status = 'failed'::procrastinate_job_status
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = 'todo'::procrastinate_job_status,
            attempts = attempts + 1,
            scheduled_at = retry_at,
            priority = COALESCE(new_priority, priority),
            queue_name = COALESCE(new_queue_name, queue_name),
            lock = COALESCE(new_lock, lock)
        WHERE id = job_id AND status IN ('doing', 'failed')
        RETURNING id INTO _job_id;
    END IF;

    IF _job_id IS NULL THEN
        RAISE 'Job was not found or has an invalid status to retry (job id: %)', job_id;
    END IF;

END;
$$;


--
-- Name: procrastinate_trigger_abort_requested_events_procedure_v1(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type)
        VALUES (NEW.id, 'abort_requested'::procrastinate_job_event_type);
    RETURN NEW;
END;
$$;


--
-- Name: procrastinate_trigger_function_scheduled_events_v1(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type, at)
        VALUES (NEW.id, 'scheduled'::procrastinate_job_event_type, NEW.scheduled_at);

    RETURN NEW;
END;
$$;


--
-- Name: procrastinate_trigger_function_status_events_insert_v1(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type)
        VALUES (NEW.id, 'deferred'::procrastinate_job_event_type);
    RETURN NEW;
END;
$$;


--
-- Name: procrastinate_trigger_function_status_events_update_v1(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_trigger_function_status_events_update_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    WITH t AS (
        SELECT CASE
            WHEN OLD.status = 'todo'::procrastinate_job_status
                AND NEW.status = 'doing'::procrastinate_job_status
                THEN 'started'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'todo'::procrastinate_job_status
                THEN 'deferred_for_retry'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'failed'::procrastinate_job_status
                THEN 'failed'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'succeeded'::procrastinate_job_status
                THEN 'succeeded'::procrastinate_job_event_type
            WHEN OLD.status = 'todo'::procrastinate_job_status
                AND (
                    NEW.status = 'cancelled'::procrastinate_job_status
                    OR NEW.status = 'failed'::procrastinate_job_status
                    OR NEW.status = 'succeeded'::procrastinate_job_status
                )
                THEN 'cancelled'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'aborted'::procrastinate_job_status
                THEN 'aborted'::procrastinate_job_event_type
            WHEN OLD.status = 'failed'::procrastinate_job_status
                AND NEW.status = 'todo'::procrastinate_job_status
                THEN 'retried'::procrastinate_job_event_type
            ELSE NULL
        END as event_type
    )
    INSERT INTO procrastinate_events(job_id, type)
        SELECT NEW.id, t.event_type
        FROM t
        WHERE t.event_type IS NOT NULL;
    RETURN NEW;
END;
$$;


--
-- Name: procrastinate_unlink_periodic_defers_v1(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_unlink_periodic_defers_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE procrastinate_periodic_defers
    SET job_id = NULL
    WHERE job_id = OLD.id;
    RETURN OLD;
END;
$$;


--
-- Name: procrastinate_unregister_worker_v1(bigint); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_unregister_worker_v1(worker_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    DELETE FROM procrastinate_workers
    WHERE id = worker_id;
END;
$$;


--
-- Name: procrastinate_update_heartbeat_v1(bigint); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_update_heartbeat_v1(worker_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE procrastinate_workers
    SET last_heartbeat = NOW()
    WHERE id = worker_id;
END;
$$;


--
-- Name: archives; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.archives (
    directory text NOT NULL COLLATE pg_catalog."C",
    job uuid NOT NULL,
    archive text NOT NULL COLLATE pg_catalog."C",
    purpose text NOT NULL,
    complete boolean DEFAULT false NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    retry_at timestamp with time zone,
    erased text[] DEFAULT '{}'::text[] NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT archives_purpose_check CHECK ((purpose = ANY (ARRAY['import'::text, 'export'::text])))
);


--
-- Name: collapsed_faces; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.collapsed_faces (
    directory text NOT NULL COLLATE pg_catalog."C",
    face uuid NOT NULL,
    merge uuid NOT NULL,
    person text NOT NULL COLLATE pg_catalog."C",
    kept_face uuid NOT NULL,
    model text NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec NOT NULL,
    crop bytea NOT NULL,
    box integer[] NOT NULL,
    score double precision NOT NULL,
    image_sha256 bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    quality jsonb,
    merges uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    owners text[] DEFAULT '{}'::text[] NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: deletions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.deletions (
    directory text NOT NULL COLLATE pg_catalog."C",
    deletion uuid DEFAULT gen_random_uuid() NOT NULL,
    person text COLLATE pg_catalog."C",
    face uuid,
    persons bigint NOT NULL,
    faces bigint NOT NULL,
    images bigint NOT NULL,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT deletions_check CHECK (((finished_at IS NULL) OR (person IS NULL)))
);


--
-- Name: directories; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.directories (
    directory text NOT NULL COLLATE pg_catalog."C",
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    fpir double precision,
    threshold double precision,
    threshold_model text COLLATE pg_catalog."C",
    scoring text,
    recognized_retention_seconds bigint,
    unseen_retention_days integer,
    quality jsonb,
    revision bigint DEFAULT 1 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT directories_fpir_check CHECK (((fpir > (0)::double precision) AND (fpir < (1)::double precision))),
    CONSTRAINT directories_fpir_or_threshold CHECK ((num_nonnulls(fpir, threshold) <= 1)),
    CONSTRAINT directories_quality_check CHECK ((jsonb_typeof(quality) = 'object'::text)),
    CONSTRAINT directories_recognized_retention_seconds_check CHECK ((recognized_retention_seconds >= 0)),
    CONSTRAINT directories_scoring_check CHECK ((scoring = ANY (ARRAY['max'::text, 'mean'::text]))),
    CONSTRAINT directories_threshold_check CHECK (((threshold >= ('-1'::integer)::double precision) AND (threshold <= (1)::double precision))),
    CONSTRAINT directories_threshold_of_a_model CHECK (((threshold IS NULL) = (threshold_model IS NULL))),
    CONSTRAINT directories_unseen_retention_days_check CHECK ((unseen_retention_days > 0))
);


--
-- Name: faces; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces (
    directory text NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() NOT NULL,
    person text NOT NULL COLLATE pg_catalog."C",
    model text NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED NOT NULL,
    crop bytea NOT NULL,
    box integer[] NOT NULL,
    score double precision NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
PARTITION BY HASH (directory);
ALTER TABLE ONLY public.faces ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_0; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_0 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_0 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_0 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_1; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_1 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_1 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_1 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_10; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_10 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_10 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_10 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_11; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_11 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_11 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_11 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_12; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_12 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_12 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_12 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_13; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_13 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_13 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_13 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_14; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_14 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_14 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_14 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_15; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_15 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_15 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_15 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_16; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_16 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_16 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_16 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_17; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_17 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_17 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_17 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_18; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_18 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_18 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_18 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_19; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_19 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_19 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_19 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_2; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_2 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_2 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_2 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_20; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_20 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_20 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_20 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_21; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_21 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_21 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_21 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_22; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_22 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_22 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_22 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_23; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_23 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_23 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_23 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_24; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_24 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_24 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_24 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_25; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_25 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_25 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_25 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_26; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_26 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_26 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_26 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_27; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_27 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_27 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_27 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_28; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_28 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_28 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_28 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_29; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_29 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_29 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_29 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_3; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_3 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_3 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_3 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_30; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_30 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_30 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_30 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_31; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_31 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_31 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_31 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_32; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_32 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_32 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_32 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_33; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_33 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_33 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_33 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_34; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_34 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_34 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_34 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_35; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_35 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_35 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_35 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_36; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_36 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_36 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_36 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_37; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_37 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_37 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_37 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_38; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_38 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_38 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_38 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_39; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_39 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_39 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_39 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_4; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_4 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_4 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_4 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_40; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_40 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_40 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_40 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_41; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_41 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_41 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_41 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_42; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_42 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_42 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_42 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_43; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_43 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_43 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_43 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_44; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_44 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_44 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_44 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_45; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_45 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_45 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_45 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_46; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_46 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_46 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_46 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_47; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_47 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_47 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_47 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_48; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_48 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_48 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_48 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_49; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_49 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_49 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_49 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_5; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_5 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_5 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_5 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_50; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_50 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_50 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_50 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_51; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_51 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_51 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_51 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_52; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_52 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_52 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_52 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_53; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_53 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_53 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_53 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_54; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_54 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_54 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_54 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_55; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_55 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_55 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_55 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_56; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_56 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_56 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_56 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_57; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_57 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_57 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_57 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_58; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_58 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_58 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_58 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_59; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_59 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_59 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_59 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_6; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_6 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_6 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_6 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_60; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_60 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_60 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_60 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_61; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_61 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_61 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_61 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_62; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_62 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_62 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_62 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_63; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_63 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_63 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_63 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_7; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_7 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_7 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_7 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_8; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_8 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_8 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_8 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: faces_9; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.faces_9 (
    directory text CONSTRAINT faces_directory_not_null NOT NULL COLLATE pg_catalog."C",
    face uuid DEFAULT gen_random_uuid() CONSTRAINT faces_face_not_null NOT NULL,
    person text CONSTRAINT faces_person_not_null NOT NULL COLLATE pg_catalog."C",
    model text CONSTRAINT faces_model_not_null NOT NULL COLLATE pg_catalog."C",
    embedding public.halfvec CONSTRAINT faces_embedding_not_null NOT NULL,
    code bit varying GENERATED ALWAYS AS (public.binary_quantize(embedding)) STORED CONSTRAINT faces_code_not_null NOT NULL,
    crop bytea CONSTRAINT faces_crop_not_null NOT NULL,
    box integer[] CONSTRAINT faces_box_not_null NOT NULL,
    score double precision CONSTRAINT faces_score_not_null NOT NULL,
    image text COLLATE pg_catalog."C",
    image_sha256 bytea CONSTRAINT faces_image_sha256_not_null NOT NULL,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT faces_created_at_not_null NOT NULL,
    quality jsonb,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02');
ALTER TABLE ONLY public.faces_9 ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces_9 ALTER COLUMN crop SET STORAGE EXTERNAL;


--
-- Name: images; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.images (
    directory text NOT NULL COLLATE pg_catalog."C",
    image text NOT NULL COLLATE pg_catalog."C",
    media_type text NOT NULL,
    size_bytes bigint NOT NULL,
    sha256 bytea NOT NULL,
    expires_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    retry_at timestamp with time zone,
    deletion uuid,
    written_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT images_sha256_check CHECK ((octet_length(sha256) = 32)),
    CONSTRAINT images_size_bytes_check CHECK ((size_bytes > 0))
);


--
-- Name: import_items; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.import_items (
    directory text NOT NULL COLLATE pg_catalog."C",
    job uuid NOT NULL,
    n bigint NOT NULL,
    person text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    source jsonb NOT NULL,
    outcome text,
    face uuid,
    code text,
    detail text,
    CONSTRAINT import_items_outcome_check CHECK ((outcome = ANY (ARRAY['created'::text, 'known'::text, 'refused'::text, 'failed'::text])))
);


--
-- Name: imports; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.imports (
    directory text NOT NULL COLLATE pg_catalog."C",
    job uuid NOT NULL,
    planned boolean NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: jobs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.jobs (
    job uuid DEFAULT gen_random_uuid() NOT NULL,
    number bigint NOT NULL,
    directory text COLLATE pg_catalog."C",
    done bigint DEFAULT 0 NOT NULL,
    total bigint,
    note text,
    crashes integer DEFAULT 0 NOT NULL,
    problem_code text,
    problem text,
    CONSTRAINT jobs_check CHECK (((problem_code IS NULL) = (problem IS NULL))),
    CONSTRAINT jobs_done_check CHECK ((done >= 0)),
    CONSTRAINT jobs_total_check CHECK ((total >= 0))
);


--
-- Name: keyed_requests; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.keyed_requests (
    key text NOT NULL COLLATE pg_catalog."C",
    fingerprint bytea NOT NULL,
    run uuid NOT NULL,
    lost_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    directory text COLLATE pg_catalog."C",
    status smallint,
    headers jsonb,
    body bytea,
    erased text[] DEFAULT '{}'::text[] NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT keyed_requests_fingerprint_check CHECK ((octet_length(fingerprint) = 32))
);


--
-- Name: matched_images; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.matched_images (
    directory text NOT NULL COLLATE pg_catalog."C",
    person text NOT NULL COLLATE pg_catalog."C",
    image text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: merged_faces; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.merged_faces (
    directory text NOT NULL COLLATE pg_catalog."C",
    face uuid NOT NULL,
    merge uuid NOT NULL,
    person text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: merged_persons; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.merged_persons (
    directory text NOT NULL COLLATE pg_catalog."C",
    merge uuid NOT NULL,
    person text NOT NULL COLLATE pg_catalog."C",
    display_name text,
    external_id text COLLATE pg_catalog."C",
    metadata jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone,
    merges uuid[] NOT NULL
);


--
-- Name: merges; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.merges (
    directory text NOT NULL COLLATE pg_catalog."C",
    merge uuid DEFAULT gen_random_uuid() NOT NULL,
    person text NOT NULL COLLATE pg_catalog."C",
    merged_at timestamp with time zone DEFAULT now() NOT NULL,
    undone_at timestamp with time zone
);


--
-- Name: persons; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.persons (
    directory text NOT NULL COLLATE pg_catalog."C",
    person text NOT NULL COLLATE pg_catalog."C",
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    display_name text,
    external_id text COLLATE pg_catalog."C",
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone,
    CONSTRAINT persons_metadata_check CHECK ((jsonb_typeof(metadata) = 'object'::text))
);


--
-- Name: procrastinate_events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.procrastinate_events (
    id bigint NOT NULL,
    job_id bigint NOT NULL,
    type public.procrastinate_job_event_type,
    at timestamp with time zone DEFAULT now()
);


--
-- Name: procrastinate_events_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.procrastinate_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: procrastinate_events_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.procrastinate_events_id_seq OWNED BY public.procrastinate_events.id;


--
-- Name: procrastinate_jobs_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.procrastinate_jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: procrastinate_jobs_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.procrastinate_jobs_id_seq OWNED BY public.procrastinate_jobs.id;


--
-- Name: procrastinate_periodic_defers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.procrastinate_periodic_defers (
    id bigint NOT NULL,
    task_name character varying(128) NOT NULL,
    defer_timestamp bigint,
    job_id bigint,
    periodic_id character varying(128) DEFAULT ''::character varying NOT NULL
);


--
-- Name: procrastinate_periodic_defers_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.procrastinate_periodic_defers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: procrastinate_periodic_defers_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.procrastinate_periodic_defers_id_seq OWNED BY public.procrastinate_periodic_defers.id;


--
-- Name: procrastinate_workers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.procrastinate_workers (
    id bigint NOT NULL,
    last_heartbeat timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: procrastinate_workers_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.procrastinate_workers ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.procrastinate_workers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: schema_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schema_migrations (
    version character varying NOT NULL
);


--
-- Name: search_indexes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.search_indexes (
    directory text NOT NULL COLLATE pg_catalog."C",
    model text NOT NULL COLLATE pg_catalog."C",
    dimension integer NOT NULL,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT search_indexes_dimension_check CHECK ((dimension > 0))
);


--
-- Name: faces_0; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_0 FOR VALUES WITH (modulus 64, remainder 0);


--
-- Name: faces_1; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_1 FOR VALUES WITH (modulus 64, remainder 1);


--
-- Name: faces_10; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_10 FOR VALUES WITH (modulus 64, remainder 10);


--
-- Name: faces_11; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_11 FOR VALUES WITH (modulus 64, remainder 11);


--
-- Name: faces_12; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_12 FOR VALUES WITH (modulus 64, remainder 12);


--
-- Name: faces_13; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_13 FOR VALUES WITH (modulus 64, remainder 13);


--
-- Name: faces_14; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_14 FOR VALUES WITH (modulus 64, remainder 14);


--
-- Name: faces_15; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_15 FOR VALUES WITH (modulus 64, remainder 15);


--
-- Name: faces_16; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_16 FOR VALUES WITH (modulus 64, remainder 16);


--
-- Name: faces_17; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_17 FOR VALUES WITH (modulus 64, remainder 17);


--
-- Name: faces_18; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_18 FOR VALUES WITH (modulus 64, remainder 18);


--
-- Name: faces_19; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_19 FOR VALUES WITH (modulus 64, remainder 19);


--
-- Name: faces_2; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_2 FOR VALUES WITH (modulus 64, remainder 2);


--
-- Name: faces_20; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_20 FOR VALUES WITH (modulus 64, remainder 20);


--
-- Name: faces_21; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_21 FOR VALUES WITH (modulus 64, remainder 21);


--
-- Name: faces_22; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_22 FOR VALUES WITH (modulus 64, remainder 22);


--
-- Name: faces_23; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_23 FOR VALUES WITH (modulus 64, remainder 23);


--
-- Name: faces_24; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_24 FOR VALUES WITH (modulus 64, remainder 24);


--
-- Name: faces_25; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_25 FOR VALUES WITH (modulus 64, remainder 25);


--
-- Name: faces_26; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_26 FOR VALUES WITH (modulus 64, remainder 26);


--
-- Name: faces_27; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_27 FOR VALUES WITH (modulus 64, remainder 27);


--
-- Name: faces_28; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_28 FOR VALUES WITH (modulus 64, remainder 28);


--
-- Name: faces_29; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_29 FOR VALUES WITH (modulus 64, remainder 29);


--
-- Name: faces_3; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_3 FOR VALUES WITH (modulus 64, remainder 3);


--
-- Name: faces_30; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_30 FOR VALUES WITH (modulus 64, remainder 30);


--
-- Name: faces_31; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_31 FOR VALUES WITH (modulus 64, remainder 31);


--
-- Name: faces_32; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_32 FOR VALUES WITH (modulus 64, remainder 32);


--
-- Name: faces_33; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_33 FOR VALUES WITH (modulus 64, remainder 33);


--
-- Name: faces_34; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_34 FOR VALUES WITH (modulus 64, remainder 34);


--
-- Name: faces_35; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_35 FOR VALUES WITH (modulus 64, remainder 35);


--
-- Name: faces_36; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_36 FOR VALUES WITH (modulus 64, remainder 36);


--
-- Name: faces_37; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_37 FOR VALUES WITH (modulus 64, remainder 37);


--
-- Name: faces_38; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_38 FOR VALUES WITH (modulus 64, remainder 38);


--
-- Name: faces_39; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_39 FOR VALUES WITH (modulus 64, remainder 39);


--
-- Name: faces_4; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_4 FOR VALUES WITH (modulus 64, remainder 4);


--
-- Name: faces_40; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_40 FOR VALUES WITH (modulus 64, remainder 40);


--
-- Name: faces_41; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_41 FOR VALUES WITH (modulus 64, remainder 41);


--
-- Name: faces_42; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_42 FOR VALUES WITH (modulus 64, remainder 42);


--
-- Name: faces_43; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_43 FOR VALUES WITH (modulus 64, remainder 43);


--
-- Name: faces_44; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_44 FOR VALUES WITH (modulus 64, remainder 44);


--
-- Name: faces_45; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_45 FOR VALUES WITH (modulus 64, remainder 45);


--
-- Name: faces_46; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_46 FOR VALUES WITH (modulus 64, remainder 46);


--
-- Name: faces_47; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_47 FOR VALUES WITH (modulus 64, remainder 47);


--
-- Name: faces_48; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_48 FOR VALUES WITH (modulus 64, remainder 48);


--
-- Name: faces_49; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_49 FOR VALUES WITH (modulus 64, remainder 49);


--
-- Name: faces_5; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_5 FOR VALUES WITH (modulus 64, remainder 5);


--
-- Name: faces_50; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_50 FOR VALUES WITH (modulus 64, remainder 50);


--
-- Name: faces_51; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_51 FOR VALUES WITH (modulus 64, remainder 51);


--
-- Name: faces_52; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_52 FOR VALUES WITH (modulus 64, remainder 52);


--
-- Name: faces_53; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_53 FOR VALUES WITH (modulus 64, remainder 53);


--
-- Name: faces_54; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_54 FOR VALUES WITH (modulus 64, remainder 54);


--
-- Name: faces_55; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_55 FOR VALUES WITH (modulus 64, remainder 55);


--
-- Name: faces_56; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_56 FOR VALUES WITH (modulus 64, remainder 56);


--
-- Name: faces_57; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_57 FOR VALUES WITH (modulus 64, remainder 57);


--
-- Name: faces_58; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_58 FOR VALUES WITH (modulus 64, remainder 58);


--
-- Name: faces_59; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_59 FOR VALUES WITH (modulus 64, remainder 59);


--
-- Name: faces_6; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_6 FOR VALUES WITH (modulus 64, remainder 6);


--
-- Name: faces_60; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_60 FOR VALUES WITH (modulus 64, remainder 60);


--
-- Name: faces_61; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_61 FOR VALUES WITH (modulus 64, remainder 61);


--
-- Name: faces_62; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_62 FOR VALUES WITH (modulus 64, remainder 62);


--
-- Name: faces_63; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_63 FOR VALUES WITH (modulus 64, remainder 63);


--
-- Name: faces_7; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_7 FOR VALUES WITH (modulus 64, remainder 7);


--
-- Name: faces_8; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_8 FOR VALUES WITH (modulus 64, remainder 8);


--
-- Name: faces_9; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces ATTACH PARTITION public.faces_9 FOR VALUES WITH (modulus 64, remainder 9);


--
-- Name: procrastinate_events id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_events ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_events_id_seq'::regclass);


--
-- Name: procrastinate_jobs id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_jobs ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_jobs_id_seq'::regclass);


--
-- Name: procrastinate_periodic_defers id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_periodic_defers ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_periodic_defers_id_seq'::regclass);


--
-- Name: archives archives_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.archives
    ADD CONSTRAINT archives_pkey PRIMARY KEY (directory, job);


--
-- Name: collapsed_faces collapsed_faces_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.collapsed_faces
    ADD CONSTRAINT collapsed_faces_pkey PRIMARY KEY (directory, face);


--
-- Name: deletions deletions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.deletions
    ADD CONSTRAINT deletions_pkey PRIMARY KEY (directory, deletion);


--
-- Name: directories directories_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.directories
    ADD CONSTRAINT directories_pkey PRIMARY KEY (directory);


--
-- Name: faces faces_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces
    ADD CONSTRAINT faces_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_0 faces_0_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_0
    ADD CONSTRAINT faces_0_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces faces_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces
    ADD CONSTRAINT faces_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_0 faces_0_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_0
    ADD CONSTRAINT faces_0_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_10 faces_10_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_10
    ADD CONSTRAINT faces_10_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_10 faces_10_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_10
    ADD CONSTRAINT faces_10_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_11 faces_11_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_11
    ADD CONSTRAINT faces_11_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_11 faces_11_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_11
    ADD CONSTRAINT faces_11_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_12 faces_12_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_12
    ADD CONSTRAINT faces_12_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_12 faces_12_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_12
    ADD CONSTRAINT faces_12_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_13 faces_13_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_13
    ADD CONSTRAINT faces_13_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_13 faces_13_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_13
    ADD CONSTRAINT faces_13_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_14 faces_14_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_14
    ADD CONSTRAINT faces_14_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_14 faces_14_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_14
    ADD CONSTRAINT faces_14_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_15 faces_15_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_15
    ADD CONSTRAINT faces_15_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_15 faces_15_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_15
    ADD CONSTRAINT faces_15_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_16 faces_16_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_16
    ADD CONSTRAINT faces_16_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_16 faces_16_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_16
    ADD CONSTRAINT faces_16_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_17 faces_17_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_17
    ADD CONSTRAINT faces_17_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_17 faces_17_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_17
    ADD CONSTRAINT faces_17_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_18 faces_18_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_18
    ADD CONSTRAINT faces_18_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_18 faces_18_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_18
    ADD CONSTRAINT faces_18_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_19 faces_19_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_19
    ADD CONSTRAINT faces_19_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_19 faces_19_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_19
    ADD CONSTRAINT faces_19_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_1 faces_1_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_1
    ADD CONSTRAINT faces_1_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_1 faces_1_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_1
    ADD CONSTRAINT faces_1_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_20 faces_20_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_20
    ADD CONSTRAINT faces_20_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_20 faces_20_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_20
    ADD CONSTRAINT faces_20_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_21 faces_21_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_21
    ADD CONSTRAINT faces_21_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_21 faces_21_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_21
    ADD CONSTRAINT faces_21_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_22 faces_22_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_22
    ADD CONSTRAINT faces_22_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_22 faces_22_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_22
    ADD CONSTRAINT faces_22_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_23 faces_23_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_23
    ADD CONSTRAINT faces_23_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_23 faces_23_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_23
    ADD CONSTRAINT faces_23_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_24 faces_24_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_24
    ADD CONSTRAINT faces_24_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_24 faces_24_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_24
    ADD CONSTRAINT faces_24_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_25 faces_25_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_25
    ADD CONSTRAINT faces_25_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_25 faces_25_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_25
    ADD CONSTRAINT faces_25_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_26 faces_26_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_26
    ADD CONSTRAINT faces_26_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_26 faces_26_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_26
    ADD CONSTRAINT faces_26_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_27 faces_27_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_27
    ADD CONSTRAINT faces_27_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_27 faces_27_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_27
    ADD CONSTRAINT faces_27_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_28 faces_28_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_28
    ADD CONSTRAINT faces_28_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_28 faces_28_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_28
    ADD CONSTRAINT faces_28_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_29 faces_29_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_29
    ADD CONSTRAINT faces_29_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_29 faces_29_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_29
    ADD CONSTRAINT faces_29_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_2 faces_2_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_2
    ADD CONSTRAINT faces_2_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_2 faces_2_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_2
    ADD CONSTRAINT faces_2_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_30 faces_30_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_30
    ADD CONSTRAINT faces_30_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_30 faces_30_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_30
    ADD CONSTRAINT faces_30_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_31 faces_31_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_31
    ADD CONSTRAINT faces_31_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_31 faces_31_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_31
    ADD CONSTRAINT faces_31_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_32 faces_32_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_32
    ADD CONSTRAINT faces_32_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_32 faces_32_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_32
    ADD CONSTRAINT faces_32_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_33 faces_33_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_33
    ADD CONSTRAINT faces_33_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_33 faces_33_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_33
    ADD CONSTRAINT faces_33_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_34 faces_34_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_34
    ADD CONSTRAINT faces_34_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_34 faces_34_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_34
    ADD CONSTRAINT faces_34_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_35 faces_35_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_35
    ADD CONSTRAINT faces_35_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_35 faces_35_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_35
    ADD CONSTRAINT faces_35_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_36 faces_36_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_36
    ADD CONSTRAINT faces_36_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_36 faces_36_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_36
    ADD CONSTRAINT faces_36_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_37 faces_37_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_37
    ADD CONSTRAINT faces_37_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_37 faces_37_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_37
    ADD CONSTRAINT faces_37_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_38 faces_38_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_38
    ADD CONSTRAINT faces_38_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_38 faces_38_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_38
    ADD CONSTRAINT faces_38_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_39 faces_39_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_39
    ADD CONSTRAINT faces_39_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_39 faces_39_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_39
    ADD CONSTRAINT faces_39_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_3 faces_3_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_3
    ADD CONSTRAINT faces_3_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_3 faces_3_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_3
    ADD CONSTRAINT faces_3_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_40 faces_40_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_40
    ADD CONSTRAINT faces_40_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_40 faces_40_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_40
    ADD CONSTRAINT faces_40_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_41 faces_41_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_41
    ADD CONSTRAINT faces_41_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_41 faces_41_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_41
    ADD CONSTRAINT faces_41_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_42 faces_42_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_42
    ADD CONSTRAINT faces_42_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_42 faces_42_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_42
    ADD CONSTRAINT faces_42_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_43 faces_43_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_43
    ADD CONSTRAINT faces_43_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_43 faces_43_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_43
    ADD CONSTRAINT faces_43_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_44 faces_44_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_44
    ADD CONSTRAINT faces_44_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_44 faces_44_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_44
    ADD CONSTRAINT faces_44_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_45 faces_45_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_45
    ADD CONSTRAINT faces_45_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_45 faces_45_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_45
    ADD CONSTRAINT faces_45_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_46 faces_46_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_46
    ADD CONSTRAINT faces_46_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_46 faces_46_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_46
    ADD CONSTRAINT faces_46_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_47 faces_47_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_47
    ADD CONSTRAINT faces_47_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_47 faces_47_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_47
    ADD CONSTRAINT faces_47_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_48 faces_48_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_48
    ADD CONSTRAINT faces_48_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_48 faces_48_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_48
    ADD CONSTRAINT faces_48_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_49 faces_49_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_49
    ADD CONSTRAINT faces_49_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_49 faces_49_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_49
    ADD CONSTRAINT faces_49_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_4 faces_4_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_4
    ADD CONSTRAINT faces_4_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_4 faces_4_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_4
    ADD CONSTRAINT faces_4_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_50 faces_50_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_50
    ADD CONSTRAINT faces_50_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_50 faces_50_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_50
    ADD CONSTRAINT faces_50_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_51 faces_51_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_51
    ADD CONSTRAINT faces_51_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_51 faces_51_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_51
    ADD CONSTRAINT faces_51_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_52 faces_52_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_52
    ADD CONSTRAINT faces_52_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_52 faces_52_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_52
    ADD CONSTRAINT faces_52_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_53 faces_53_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_53
    ADD CONSTRAINT faces_53_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_53 faces_53_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_53
    ADD CONSTRAINT faces_53_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_54 faces_54_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_54
    ADD CONSTRAINT faces_54_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_54 faces_54_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_54
    ADD CONSTRAINT faces_54_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_55 faces_55_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_55
    ADD CONSTRAINT faces_55_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_55 faces_55_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_55
    ADD CONSTRAINT faces_55_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_56 faces_56_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_56
    ADD CONSTRAINT faces_56_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_56 faces_56_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_56
    ADD CONSTRAINT faces_56_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_57 faces_57_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_57
    ADD CONSTRAINT faces_57_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_57 faces_57_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_57
    ADD CONSTRAINT faces_57_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_58 faces_58_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_58
    ADD CONSTRAINT faces_58_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_58 faces_58_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_58
    ADD CONSTRAINT faces_58_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_59 faces_59_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_59
    ADD CONSTRAINT faces_59_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_59 faces_59_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_59
    ADD CONSTRAINT faces_59_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_5 faces_5_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_5
    ADD CONSTRAINT faces_5_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_5 faces_5_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_5
    ADD CONSTRAINT faces_5_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_60 faces_60_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_60
    ADD CONSTRAINT faces_60_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_60 faces_60_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_60
    ADD CONSTRAINT faces_60_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_61 faces_61_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_61
    ADD CONSTRAINT faces_61_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_61 faces_61_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_61
    ADD CONSTRAINT faces_61_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_62 faces_62_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_62
    ADD CONSTRAINT faces_62_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_62 faces_62_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_62
    ADD CONSTRAINT faces_62_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_63 faces_63_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_63
    ADD CONSTRAINT faces_63_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_63 faces_63_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_63
    ADD CONSTRAINT faces_63_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_6 faces_6_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_6
    ADD CONSTRAINT faces_6_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_6 faces_6_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_6
    ADD CONSTRAINT faces_6_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_7 faces_7_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_7
    ADD CONSTRAINT faces_7_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_7 faces_7_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_7
    ADD CONSTRAINT faces_7_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_8 faces_8_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_8
    ADD CONSTRAINT faces_8_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_8 faces_8_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_8
    ADD CONSTRAINT faces_8_pkey PRIMARY KEY (directory, face);


--
-- Name: faces_9 faces_9_directory_person_image_sha256_model_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_9
    ADD CONSTRAINT faces_9_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);


--
-- Name: faces_9 faces_9_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces_9
    ADD CONSTRAINT faces_9_pkey PRIMARY KEY (directory, face);


--
-- Name: images images_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.images
    ADD CONSTRAINT images_pkey PRIMARY KEY (directory, image);


--
-- Name: import_items import_items_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.import_items
    ADD CONSTRAINT import_items_pkey PRIMARY KEY (directory, job, n);


--
-- Name: imports imports_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.imports
    ADD CONSTRAINT imports_pkey PRIMARY KEY (directory, job);


--
-- Name: jobs jobs_number_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_number_key UNIQUE (number);


--
-- Name: jobs jobs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (job);


--
-- Name: keyed_requests keyed_requests_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.keyed_requests
    ADD CONSTRAINT keyed_requests_pkey PRIMARY KEY (key);


--
-- Name: matched_images matched_images_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.matched_images
    ADD CONSTRAINT matched_images_pkey PRIMARY KEY (directory, person, image);


--
-- Name: merged_faces merged_faces_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.merged_faces
    ADD CONSTRAINT merged_faces_pkey PRIMARY KEY (directory, face, merge);


--
-- Name: merged_persons merged_persons_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.merged_persons
    ADD CONSTRAINT merged_persons_pkey PRIMARY KEY (directory, merge, person);


--
-- Name: merges merges_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.merges
    ADD CONSTRAINT merges_pkey PRIMARY KEY (directory, merge);


--
-- Name: persons persons_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.persons
    ADD CONSTRAINT persons_pkey PRIMARY KEY (directory, person);


--
-- Name: procrastinate_events procrastinate_events_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_pkey PRIMARY KEY (id);


--
-- Name: procrastinate_jobs procrastinate_jobs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_pkey PRIMARY KEY (id);


--
-- Name: procrastinate_periodic_defers procrastinate_periodic_defers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_pkey PRIMARY KEY (id);


--
-- Name: procrastinate_periodic_defers procrastinate_periodic_defers_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_unique UNIQUE (task_name, periodic_id, defer_timestamp);


--
-- Name: procrastinate_workers procrastinate_workers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_workers
    ADD CONSTRAINT procrastinate_workers_pkey PRIMARY KEY (id);


--
-- Name: schema_migrations schema_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);


--
-- Name: search_indexes search_indexes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.search_indexes
    ADD CONSTRAINT search_indexes_pkey PRIMARY KEY (directory, model);


--
-- Name: archives_by_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX archives_by_expiry ON public.archives USING btree (expires_at);


--
-- Name: collapsed_faces_by_kept_face; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX collapsed_faces_by_kept_face ON public.collapsed_faces USING btree (directory, kept_face);


--
-- Name: collapsed_faces_by_merge; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX collapsed_faces_by_merge ON public.collapsed_faces USING btree (directory, merge, person);


--
-- Name: deletions_by_deletion; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX deletions_by_deletion ON public.deletions USING btree (deletion);


--
-- Name: deletions_unfinished; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX deletions_unfinished ON public.deletions USING btree (directory, deletion) WHERE (finished_at IS NULL);


--
-- Name: faces_by_image; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_by_image ON ONLY public.faces USING btree (directory, image);


--
-- Name: faces_0_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_0_directory_image_idx ON public.faces_0 USING btree (directory, image);


--
-- Name: faces_by_model_and_person; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_by_model_and_person ON ONLY public.faces USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_0_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_0_directory_model_person_face_code_idx ON public.faces_0 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_10_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_10_directory_image_idx ON public.faces_10 USING btree (directory, image);


--
-- Name: faces_10_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_10_directory_model_person_face_code_idx ON public.faces_10 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_11_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_11_directory_image_idx ON public.faces_11 USING btree (directory, image);


--
-- Name: faces_11_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_11_directory_model_person_face_code_idx ON public.faces_11 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_12_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_12_directory_image_idx ON public.faces_12 USING btree (directory, image);


--
-- Name: faces_12_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_12_directory_model_person_face_code_idx ON public.faces_12 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_13_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_13_directory_image_idx ON public.faces_13 USING btree (directory, image);


--
-- Name: faces_13_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_13_directory_model_person_face_code_idx ON public.faces_13 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_14_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_14_directory_image_idx ON public.faces_14 USING btree (directory, image);


--
-- Name: faces_14_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_14_directory_model_person_face_code_idx ON public.faces_14 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_15_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_15_directory_image_idx ON public.faces_15 USING btree (directory, image);


--
-- Name: faces_15_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_15_directory_model_person_face_code_idx ON public.faces_15 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_16_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_16_directory_image_idx ON public.faces_16 USING btree (directory, image);


--
-- Name: faces_16_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_16_directory_model_person_face_code_idx ON public.faces_16 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_17_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_17_directory_image_idx ON public.faces_17 USING btree (directory, image);


--
-- Name: faces_17_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_17_directory_model_person_face_code_idx ON public.faces_17 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_18_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_18_directory_image_idx ON public.faces_18 USING btree (directory, image);


--
-- Name: faces_18_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_18_directory_model_person_face_code_idx ON public.faces_18 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_19_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_19_directory_image_idx ON public.faces_19 USING btree (directory, image);


--
-- Name: faces_19_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_19_directory_model_person_face_code_idx ON public.faces_19 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_1_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_1_directory_image_idx ON public.faces_1 USING btree (directory, image);


--
-- Name: faces_1_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_1_directory_model_person_face_code_idx ON public.faces_1 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_20_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_20_directory_image_idx ON public.faces_20 USING btree (directory, image);


--
-- Name: faces_20_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_20_directory_model_person_face_code_idx ON public.faces_20 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_21_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_21_directory_image_idx ON public.faces_21 USING btree (directory, image);


--
-- Name: faces_21_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_21_directory_model_person_face_code_idx ON public.faces_21 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_22_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_22_directory_image_idx ON public.faces_22 USING btree (directory, image);


--
-- Name: faces_22_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_22_directory_model_person_face_code_idx ON public.faces_22 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_23_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_23_directory_image_idx ON public.faces_23 USING btree (directory, image);


--
-- Name: faces_23_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_23_directory_model_person_face_code_idx ON public.faces_23 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_24_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_24_directory_image_idx ON public.faces_24 USING btree (directory, image);


--
-- Name: faces_24_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_24_directory_model_person_face_code_idx ON public.faces_24 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_25_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_25_directory_image_idx ON public.faces_25 USING btree (directory, image);


--
-- Name: faces_25_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_25_directory_model_person_face_code_idx ON public.faces_25 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_26_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_26_directory_image_idx ON public.faces_26 USING btree (directory, image);


--
-- Name: faces_26_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_26_directory_model_person_face_code_idx ON public.faces_26 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_27_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_27_directory_image_idx ON public.faces_27 USING btree (directory, image);


--
-- Name: faces_27_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_27_directory_model_person_face_code_idx ON public.faces_27 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_28_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_28_directory_image_idx ON public.faces_28 USING btree (directory, image);


--
-- Name: faces_28_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_28_directory_model_person_face_code_idx ON public.faces_28 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_29_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_29_directory_image_idx ON public.faces_29 USING btree (directory, image);


--
-- Name: faces_29_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_29_directory_model_person_face_code_idx ON public.faces_29 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_2_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_2_directory_image_idx ON public.faces_2 USING btree (directory, image);


--
-- Name: faces_2_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_2_directory_model_person_face_code_idx ON public.faces_2 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_30_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_30_directory_image_idx ON public.faces_30 USING btree (directory, image);


--
-- Name: faces_30_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_30_directory_model_person_face_code_idx ON public.faces_30 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_31_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_31_directory_image_idx ON public.faces_31 USING btree (directory, image);


--
-- Name: faces_31_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_31_directory_model_person_face_code_idx ON public.faces_31 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_32_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_32_directory_image_idx ON public.faces_32 USING btree (directory, image);


--
-- Name: faces_32_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_32_directory_model_person_face_code_idx ON public.faces_32 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_33_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_33_directory_image_idx ON public.faces_33 USING btree (directory, image);


--
-- Name: faces_33_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_33_directory_model_person_face_code_idx ON public.faces_33 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_34_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_34_directory_image_idx ON public.faces_34 USING btree (directory, image);


--
-- Name: faces_34_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_34_directory_model_person_face_code_idx ON public.faces_34 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_35_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_35_directory_image_idx ON public.faces_35 USING btree (directory, image);


--
-- Name: faces_35_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_35_directory_model_person_face_code_idx ON public.faces_35 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_36_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_36_directory_image_idx ON public.faces_36 USING btree (directory, image);


--
-- Name: faces_36_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_36_directory_model_person_face_code_idx ON public.faces_36 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_37_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_37_directory_image_idx ON public.faces_37 USING btree (directory, image);


--
-- Name: faces_37_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_37_directory_model_person_face_code_idx ON public.faces_37 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_38_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_38_directory_image_idx ON public.faces_38 USING btree (directory, image);


--
-- Name: faces_38_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_38_directory_model_person_face_code_idx ON public.faces_38 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_39_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_39_directory_image_idx ON public.faces_39 USING btree (directory, image);


--
-- Name: faces_39_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_39_directory_model_person_face_code_idx ON public.faces_39 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_3_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_3_directory_image_idx ON public.faces_3 USING btree (directory, image);


--
-- Name: faces_3_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_3_directory_model_person_face_code_idx ON public.faces_3 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_40_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_40_directory_image_idx ON public.faces_40 USING btree (directory, image);


--
-- Name: faces_40_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_40_directory_model_person_face_code_idx ON public.faces_40 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_41_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_41_directory_image_idx ON public.faces_41 USING btree (directory, image);


--
-- Name: faces_41_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_41_directory_model_person_face_code_idx ON public.faces_41 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_42_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_42_directory_image_idx ON public.faces_42 USING btree (directory, image);


--
-- Name: faces_42_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_42_directory_model_person_face_code_idx ON public.faces_42 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_43_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_43_directory_image_idx ON public.faces_43 USING btree (directory, image);


--
-- Name: faces_43_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_43_directory_model_person_face_code_idx ON public.faces_43 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_44_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_44_directory_image_idx ON public.faces_44 USING btree (directory, image);


--
-- Name: faces_44_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_44_directory_model_person_face_code_idx ON public.faces_44 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_45_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_45_directory_image_idx ON public.faces_45 USING btree (directory, image);


--
-- Name: faces_45_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_45_directory_model_person_face_code_idx ON public.faces_45 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_46_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_46_directory_image_idx ON public.faces_46 USING btree (directory, image);


--
-- Name: faces_46_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_46_directory_model_person_face_code_idx ON public.faces_46 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_47_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_47_directory_image_idx ON public.faces_47 USING btree (directory, image);


--
-- Name: faces_47_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_47_directory_model_person_face_code_idx ON public.faces_47 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_48_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_48_directory_image_idx ON public.faces_48 USING btree (directory, image);


--
-- Name: faces_48_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_48_directory_model_person_face_code_idx ON public.faces_48 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_49_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_49_directory_image_idx ON public.faces_49 USING btree (directory, image);


--
-- Name: faces_49_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_49_directory_model_person_face_code_idx ON public.faces_49 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_4_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_4_directory_image_idx ON public.faces_4 USING btree (directory, image);


--
-- Name: faces_4_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_4_directory_model_person_face_code_idx ON public.faces_4 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_50_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_50_directory_image_idx ON public.faces_50 USING btree (directory, image);


--
-- Name: faces_50_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_50_directory_model_person_face_code_idx ON public.faces_50 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_51_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_51_directory_image_idx ON public.faces_51 USING btree (directory, image);


--
-- Name: faces_51_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_51_directory_model_person_face_code_idx ON public.faces_51 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_52_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_52_directory_image_idx ON public.faces_52 USING btree (directory, image);


--
-- Name: faces_52_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_52_directory_model_person_face_code_idx ON public.faces_52 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_53_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_53_directory_image_idx ON public.faces_53 USING btree (directory, image);


--
-- Name: faces_53_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_53_directory_model_person_face_code_idx ON public.faces_53 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_54_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_54_directory_image_idx ON public.faces_54 USING btree (directory, image);


--
-- Name: faces_54_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_54_directory_model_person_face_code_idx ON public.faces_54 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_55_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_55_directory_image_idx ON public.faces_55 USING btree (directory, image);


--
-- Name: faces_55_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_55_directory_model_person_face_code_idx ON public.faces_55 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_56_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_56_directory_image_idx ON public.faces_56 USING btree (directory, image);


--
-- Name: faces_56_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_56_directory_model_person_face_code_idx ON public.faces_56 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_57_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_57_directory_image_idx ON public.faces_57 USING btree (directory, image);


--
-- Name: faces_57_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_57_directory_model_person_face_code_idx ON public.faces_57 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_58_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_58_directory_image_idx ON public.faces_58 USING btree (directory, image);


--
-- Name: faces_58_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_58_directory_model_person_face_code_idx ON public.faces_58 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_59_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_59_directory_image_idx ON public.faces_59 USING btree (directory, image);


--
-- Name: faces_59_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_59_directory_model_person_face_code_idx ON public.faces_59 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_5_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_5_directory_image_idx ON public.faces_5 USING btree (directory, image);


--
-- Name: faces_5_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_5_directory_model_person_face_code_idx ON public.faces_5 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_60_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_60_directory_image_idx ON public.faces_60 USING btree (directory, image);


--
-- Name: faces_60_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_60_directory_model_person_face_code_idx ON public.faces_60 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_61_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_61_directory_image_idx ON public.faces_61 USING btree (directory, image);


--
-- Name: faces_61_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_61_directory_model_person_face_code_idx ON public.faces_61 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_62_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_62_directory_image_idx ON public.faces_62 USING btree (directory, image);


--
-- Name: faces_62_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_62_directory_model_person_face_code_idx ON public.faces_62 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_63_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_63_directory_image_idx ON public.faces_63 USING btree (directory, image);


--
-- Name: faces_63_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_63_directory_model_person_face_code_idx ON public.faces_63 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_6_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_6_directory_image_idx ON public.faces_6 USING btree (directory, image);


--
-- Name: faces_6_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_6_directory_model_person_face_code_idx ON public.faces_6 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_7_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_7_directory_image_idx ON public.faces_7 USING btree (directory, image);


--
-- Name: faces_7_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_7_directory_model_person_face_code_idx ON public.faces_7 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_8_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_8_directory_image_idx ON public.faces_8 USING btree (directory, image);


--
-- Name: faces_8_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_8_directory_model_person_face_code_idx ON public.faces_8 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: faces_9_directory_image_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_9_directory_image_idx ON public.faces_9 USING btree (directory, image);


--
-- Name: faces_9_directory_model_person_face_code_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_9_directory_model_person_face_code_idx ON public.faces_9 USING btree (directory, model, person) INCLUDE (face, code);


--
-- Name: idx_procrastinate_jobs_worker_not_null; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_procrastinate_jobs_worker_not_null ON public.procrastinate_jobs USING btree (worker_id) WHERE ((worker_id IS NOT NULL) AND (status = 'doing'::public.procrastinate_job_status));


--
-- Name: idx_procrastinate_workers_last_heartbeat; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_procrastinate_workers_last_heartbeat ON public.procrastinate_workers USING btree (last_heartbeat);


--
-- Name: images_by_deletion; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX images_by_deletion ON public.images USING btree (directory, deletion) WHERE (deletion IS NOT NULL);


--
-- Name: images_by_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX images_by_expiry ON public.images USING btree (expires_at) WHERE ((expires_at IS NOT NULL) AND (retry_at IS NULL));


--
-- Name: images_by_image; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX images_by_image ON public.images USING btree (image);


--
-- Name: images_by_retry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX images_by_retry ON public.images USING btree (retry_at) WHERE (retry_at IS NOT NULL);


--
-- Name: import_items_by_person; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX import_items_by_person ON public.import_items USING btree (directory, person);


--
-- Name: keyed_requests_by_directory; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX keyed_requests_by_directory ON public.keyed_requests USING btree (directory);


--
-- Name: keyed_requests_by_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX keyed_requests_by_expiry ON public.keyed_requests USING btree (expires_at);


--
-- Name: keyed_requests_in_work; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX keyed_requests_in_work ON public.keyed_requests USING btree (key) WHERE (status IS NULL);


--
-- Name: matched_images_by_image; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX matched_images_by_image ON public.matched_images USING btree (directory, image);


--
-- Name: merged_faces_by_merge; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX merged_faces_by_merge ON public.merged_faces USING btree (directory, merge, person);


--
-- Name: merges_by_person; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX merges_by_person ON public.merges USING btree (directory, person);


--
-- Name: persons_by_created_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX persons_by_created_at ON public.persons USING btree (directory, created_at, person);


--
-- Name: persons_by_external_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX persons_by_external_id ON public.persons USING btree (directory, external_id) WHERE (external_id IS NOT NULL);


--
-- Name: persons_by_last_seen_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX persons_by_last_seen_at ON public.persons USING btree (directory, COALESCE(last_seen_at, '-infinity'::timestamp with time zone), person);


--
-- Name: persons_by_metadata; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX persons_by_metadata ON public.persons USING gin (metadata jsonb_path_ops);


--
-- Name: procrastinate_events_job_id_fkey_v1; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX procrastinate_events_job_id_fkey_v1 ON public.procrastinate_events USING btree (job_id);


--
-- Name: procrastinate_jobs_id_lock_idx_v1; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX procrastinate_jobs_id_lock_idx_v1 ON public.procrastinate_jobs USING btree (id, lock) WHERE (status = ANY (ARRAY['todo'::public.procrastinate_job_status, 'doing'::public.procrastinate_job_status]));


--
-- Name: procrastinate_jobs_lock_idx_v1; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX procrastinate_jobs_lock_idx_v1 ON public.procrastinate_jobs USING btree (lock) WHERE (status = 'doing'::public.procrastinate_job_status);


--
-- Name: procrastinate_jobs_priority_idx_v1; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX procrastinate_jobs_priority_idx_v1 ON public.procrastinate_jobs USING btree (priority DESC, id) WHERE (status = 'todo'::public.procrastinate_job_status);


--
-- Name: procrastinate_jobs_queue_name_idx_v1; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX procrastinate_jobs_queue_name_idx_v1 ON public.procrastinate_jobs USING btree (queue_name);


--
-- Name: procrastinate_jobs_queueing_lock_idx_v1; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX procrastinate_jobs_queueing_lock_idx_v1 ON public.procrastinate_jobs USING btree (queueing_lock) WHERE (status = 'todo'::public.procrastinate_job_status);


--
-- Name: procrastinate_periodic_defers_job_id_fkey_v1; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX procrastinate_periodic_defers_job_id_fkey_v1 ON public.procrastinate_periodic_defers USING btree (job_id);


--
-- Name: faces_0_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_0_directory_image_idx;


--
-- Name: faces_0_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_0_directory_model_person_face_code_idx;


--
-- Name: faces_0_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_0_directory_person_image_sha256_model_key;


--
-- Name: faces_0_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_0_pkey;


--
-- Name: faces_10_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_10_directory_image_idx;


--
-- Name: faces_10_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_10_directory_model_person_face_code_idx;


--
-- Name: faces_10_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_10_directory_person_image_sha256_model_key;


--
-- Name: faces_10_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_10_pkey;


--
-- Name: faces_11_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_11_directory_image_idx;


--
-- Name: faces_11_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_11_directory_model_person_face_code_idx;


--
-- Name: faces_11_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_11_directory_person_image_sha256_model_key;


--
-- Name: faces_11_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_11_pkey;


--
-- Name: faces_12_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_12_directory_image_idx;


--
-- Name: faces_12_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_12_directory_model_person_face_code_idx;


--
-- Name: faces_12_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_12_directory_person_image_sha256_model_key;


--
-- Name: faces_12_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_12_pkey;


--
-- Name: faces_13_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_13_directory_image_idx;


--
-- Name: faces_13_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_13_directory_model_person_face_code_idx;


--
-- Name: faces_13_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_13_directory_person_image_sha256_model_key;


--
-- Name: faces_13_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_13_pkey;


--
-- Name: faces_14_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_14_directory_image_idx;


--
-- Name: faces_14_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_14_directory_model_person_face_code_idx;


--
-- Name: faces_14_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_14_directory_person_image_sha256_model_key;


--
-- Name: faces_14_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_14_pkey;


--
-- Name: faces_15_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_15_directory_image_idx;


--
-- Name: faces_15_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_15_directory_model_person_face_code_idx;


--
-- Name: faces_15_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_15_directory_person_image_sha256_model_key;


--
-- Name: faces_15_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_15_pkey;


--
-- Name: faces_16_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_16_directory_image_idx;


--
-- Name: faces_16_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_16_directory_model_person_face_code_idx;


--
-- Name: faces_16_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_16_directory_person_image_sha256_model_key;


--
-- Name: faces_16_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_16_pkey;


--
-- Name: faces_17_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_17_directory_image_idx;


--
-- Name: faces_17_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_17_directory_model_person_face_code_idx;


--
-- Name: faces_17_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_17_directory_person_image_sha256_model_key;


--
-- Name: faces_17_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_17_pkey;


--
-- Name: faces_18_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_18_directory_image_idx;


--
-- Name: faces_18_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_18_directory_model_person_face_code_idx;


--
-- Name: faces_18_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_18_directory_person_image_sha256_model_key;


--
-- Name: faces_18_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_18_pkey;


--
-- Name: faces_19_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_19_directory_image_idx;


--
-- Name: faces_19_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_19_directory_model_person_face_code_idx;


--
-- Name: faces_19_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_19_directory_person_image_sha256_model_key;


--
-- Name: faces_19_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_19_pkey;


--
-- Name: faces_1_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_1_directory_image_idx;


--
-- Name: faces_1_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_1_directory_model_person_face_code_idx;


--
-- Name: faces_1_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_1_directory_person_image_sha256_model_key;


--
-- Name: faces_1_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_1_pkey;


--
-- Name: faces_20_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_20_directory_image_idx;


--
-- Name: faces_20_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_20_directory_model_person_face_code_idx;


--
-- Name: faces_20_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_20_directory_person_image_sha256_model_key;


--
-- Name: faces_20_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_20_pkey;


--
-- Name: faces_21_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_21_directory_image_idx;


--
-- Name: faces_21_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_21_directory_model_person_face_code_idx;


--
-- Name: faces_21_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_21_directory_person_image_sha256_model_key;


--
-- Name: faces_21_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_21_pkey;


--
-- Name: faces_22_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_22_directory_image_idx;


--
-- Name: faces_22_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_22_directory_model_person_face_code_idx;


--
-- Name: faces_22_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_22_directory_person_image_sha256_model_key;


--
-- Name: faces_22_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_22_pkey;


--
-- Name: faces_23_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_23_directory_image_idx;


--
-- Name: faces_23_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_23_directory_model_person_face_code_idx;


--
-- Name: faces_23_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_23_directory_person_image_sha256_model_key;


--
-- Name: faces_23_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_23_pkey;


--
-- Name: faces_24_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_24_directory_image_idx;


--
-- Name: faces_24_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_24_directory_model_person_face_code_idx;


--
-- Name: faces_24_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_24_directory_person_image_sha256_model_key;


--
-- Name: faces_24_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_24_pkey;


--
-- Name: faces_25_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_25_directory_image_idx;


--
-- Name: faces_25_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_25_directory_model_person_face_code_idx;


--
-- Name: faces_25_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_25_directory_person_image_sha256_model_key;


--
-- Name: faces_25_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_25_pkey;


--
-- Name: faces_26_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_26_directory_image_idx;


--
-- Name: faces_26_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_26_directory_model_person_face_code_idx;


--
-- Name: faces_26_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_26_directory_person_image_sha256_model_key;


--
-- Name: faces_26_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_26_pkey;


--
-- Name: faces_27_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_27_directory_image_idx;


--
-- Name: faces_27_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_27_directory_model_person_face_code_idx;


--
-- Name: faces_27_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_27_directory_person_image_sha256_model_key;


--
-- Name: faces_27_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_27_pkey;


--
-- Name: faces_28_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_28_directory_image_idx;


--
-- Name: faces_28_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_28_directory_model_person_face_code_idx;


--
-- Name: faces_28_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_28_directory_person_image_sha256_model_key;


--
-- Name: faces_28_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_28_pkey;


--
-- Name: faces_29_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_29_directory_image_idx;


--
-- Name: faces_29_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_29_directory_model_person_face_code_idx;


--
-- Name: faces_29_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_29_directory_person_image_sha256_model_key;


--
-- Name: faces_29_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_29_pkey;


--
-- Name: faces_2_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_2_directory_image_idx;


--
-- Name: faces_2_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_2_directory_model_person_face_code_idx;


--
-- Name: faces_2_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_2_directory_person_image_sha256_model_key;


--
-- Name: faces_2_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_2_pkey;


--
-- Name: faces_30_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_30_directory_image_idx;


--
-- Name: faces_30_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_30_directory_model_person_face_code_idx;


--
-- Name: faces_30_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_30_directory_person_image_sha256_model_key;


--
-- Name: faces_30_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_30_pkey;


--
-- Name: faces_31_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_31_directory_image_idx;


--
-- Name: faces_31_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_31_directory_model_person_face_code_idx;


--
-- Name: faces_31_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_31_directory_person_image_sha256_model_key;


--
-- Name: faces_31_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_31_pkey;


--
-- Name: faces_32_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_32_directory_image_idx;


--
-- Name: faces_32_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_32_directory_model_person_face_code_idx;


--
-- Name: faces_32_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_32_directory_person_image_sha256_model_key;


--
-- Name: faces_32_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_32_pkey;


--
-- Name: faces_33_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_33_directory_image_idx;


--
-- Name: faces_33_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_33_directory_model_person_face_code_idx;


--
-- Name: faces_33_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_33_directory_person_image_sha256_model_key;


--
-- Name: faces_33_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_33_pkey;


--
-- Name: faces_34_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_34_directory_image_idx;


--
-- Name: faces_34_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_34_directory_model_person_face_code_idx;


--
-- Name: faces_34_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_34_directory_person_image_sha256_model_key;


--
-- Name: faces_34_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_34_pkey;


--
-- Name: faces_35_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_35_directory_image_idx;


--
-- Name: faces_35_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_35_directory_model_person_face_code_idx;


--
-- Name: faces_35_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_35_directory_person_image_sha256_model_key;


--
-- Name: faces_35_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_35_pkey;


--
-- Name: faces_36_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_36_directory_image_idx;


--
-- Name: faces_36_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_36_directory_model_person_face_code_idx;


--
-- Name: faces_36_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_36_directory_person_image_sha256_model_key;


--
-- Name: faces_36_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_36_pkey;


--
-- Name: faces_37_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_37_directory_image_idx;


--
-- Name: faces_37_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_37_directory_model_person_face_code_idx;


--
-- Name: faces_37_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_37_directory_person_image_sha256_model_key;


--
-- Name: faces_37_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_37_pkey;


--
-- Name: faces_38_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_38_directory_image_idx;


--
-- Name: faces_38_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_38_directory_model_person_face_code_idx;


--
-- Name: faces_38_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_38_directory_person_image_sha256_model_key;


--
-- Name: faces_38_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_38_pkey;


--
-- Name: faces_39_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_39_directory_image_idx;


--
-- Name: faces_39_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_39_directory_model_person_face_code_idx;


--
-- Name: faces_39_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_39_directory_person_image_sha256_model_key;


--
-- Name: faces_39_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_39_pkey;


--
-- Name: faces_3_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_3_directory_image_idx;


--
-- Name: faces_3_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_3_directory_model_person_face_code_idx;


--
-- Name: faces_3_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_3_directory_person_image_sha256_model_key;


--
-- Name: faces_3_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_3_pkey;


--
-- Name: faces_40_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_40_directory_image_idx;


--
-- Name: faces_40_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_40_directory_model_person_face_code_idx;


--
-- Name: faces_40_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_40_directory_person_image_sha256_model_key;


--
-- Name: faces_40_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_40_pkey;


--
-- Name: faces_41_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_41_directory_image_idx;


--
-- Name: faces_41_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_41_directory_model_person_face_code_idx;


--
-- Name: faces_41_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_41_directory_person_image_sha256_model_key;


--
-- Name: faces_41_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_41_pkey;


--
-- Name: faces_42_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_42_directory_image_idx;


--
-- Name: faces_42_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_42_directory_model_person_face_code_idx;


--
-- Name: faces_42_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_42_directory_person_image_sha256_model_key;


--
-- Name: faces_42_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_42_pkey;


--
-- Name: faces_43_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_43_directory_image_idx;


--
-- Name: faces_43_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_43_directory_model_person_face_code_idx;


--
-- Name: faces_43_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_43_directory_person_image_sha256_model_key;


--
-- Name: faces_43_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_43_pkey;


--
-- Name: faces_44_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_44_directory_image_idx;


--
-- Name: faces_44_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_44_directory_model_person_face_code_idx;


--
-- Name: faces_44_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_44_directory_person_image_sha256_model_key;


--
-- Name: faces_44_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_44_pkey;


--
-- Name: faces_45_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_45_directory_image_idx;


--
-- Name: faces_45_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_45_directory_model_person_face_code_idx;


--
-- Name: faces_45_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_45_directory_person_image_sha256_model_key;


--
-- Name: faces_45_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_45_pkey;


--
-- Name: faces_46_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_46_directory_image_idx;


--
-- Name: faces_46_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_46_directory_model_person_face_code_idx;


--
-- Name: faces_46_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_46_directory_person_image_sha256_model_key;


--
-- Name: faces_46_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_46_pkey;


--
-- Name: faces_47_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_47_directory_image_idx;


--
-- Name: faces_47_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_47_directory_model_person_face_code_idx;


--
-- Name: faces_47_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_47_directory_person_image_sha256_model_key;


--
-- Name: faces_47_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_47_pkey;


--
-- Name: faces_48_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_48_directory_image_idx;


--
-- Name: faces_48_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_48_directory_model_person_face_code_idx;


--
-- Name: faces_48_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_48_directory_person_image_sha256_model_key;


--
-- Name: faces_48_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_48_pkey;


--
-- Name: faces_49_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_49_directory_image_idx;


--
-- Name: faces_49_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_49_directory_model_person_face_code_idx;


--
-- Name: faces_49_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_49_directory_person_image_sha256_model_key;


--
-- Name: faces_49_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_49_pkey;


--
-- Name: faces_4_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_4_directory_image_idx;


--
-- Name: faces_4_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_4_directory_model_person_face_code_idx;


--
-- Name: faces_4_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_4_directory_person_image_sha256_model_key;


--
-- Name: faces_4_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_4_pkey;


--
-- Name: faces_50_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_50_directory_image_idx;


--
-- Name: faces_50_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_50_directory_model_person_face_code_idx;


--
-- Name: faces_50_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_50_directory_person_image_sha256_model_key;


--
-- Name: faces_50_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_50_pkey;


--
-- Name: faces_51_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_51_directory_image_idx;


--
-- Name: faces_51_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_51_directory_model_person_face_code_idx;


--
-- Name: faces_51_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_51_directory_person_image_sha256_model_key;


--
-- Name: faces_51_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_51_pkey;


--
-- Name: faces_52_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_52_directory_image_idx;


--
-- Name: faces_52_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_52_directory_model_person_face_code_idx;


--
-- Name: faces_52_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_52_directory_person_image_sha256_model_key;


--
-- Name: faces_52_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_52_pkey;


--
-- Name: faces_53_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_53_directory_image_idx;


--
-- Name: faces_53_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_53_directory_model_person_face_code_idx;


--
-- Name: faces_53_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_53_directory_person_image_sha256_model_key;


--
-- Name: faces_53_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_53_pkey;


--
-- Name: faces_54_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_54_directory_image_idx;


--
-- Name: faces_54_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_54_directory_model_person_face_code_idx;


--
-- Name: faces_54_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_54_directory_person_image_sha256_model_key;


--
-- Name: faces_54_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_54_pkey;


--
-- Name: faces_55_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_55_directory_image_idx;


--
-- Name: faces_55_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_55_directory_model_person_face_code_idx;


--
-- Name: faces_55_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_55_directory_person_image_sha256_model_key;


--
-- Name: faces_55_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_55_pkey;


--
-- Name: faces_56_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_56_directory_image_idx;


--
-- Name: faces_56_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_56_directory_model_person_face_code_idx;


--
-- Name: faces_56_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_56_directory_person_image_sha256_model_key;


--
-- Name: faces_56_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_56_pkey;


--
-- Name: faces_57_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_57_directory_image_idx;


--
-- Name: faces_57_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_57_directory_model_person_face_code_idx;


--
-- Name: faces_57_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_57_directory_person_image_sha256_model_key;


--
-- Name: faces_57_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_57_pkey;


--
-- Name: faces_58_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_58_directory_image_idx;


--
-- Name: faces_58_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_58_directory_model_person_face_code_idx;


--
-- Name: faces_58_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_58_directory_person_image_sha256_model_key;


--
-- Name: faces_58_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_58_pkey;


--
-- Name: faces_59_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_59_directory_image_idx;


--
-- Name: faces_59_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_59_directory_model_person_face_code_idx;


--
-- Name: faces_59_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_59_directory_person_image_sha256_model_key;


--
-- Name: faces_59_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_59_pkey;


--
-- Name: faces_5_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_5_directory_image_idx;


--
-- Name: faces_5_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_5_directory_model_person_face_code_idx;


--
-- Name: faces_5_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_5_directory_person_image_sha256_model_key;


--
-- Name: faces_5_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_5_pkey;


--
-- Name: faces_60_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_60_directory_image_idx;


--
-- Name: faces_60_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_60_directory_model_person_face_code_idx;


--
-- Name: faces_60_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_60_directory_person_image_sha256_model_key;


--
-- Name: faces_60_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_60_pkey;


--
-- Name: faces_61_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_61_directory_image_idx;


--
-- Name: faces_61_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_61_directory_model_person_face_code_idx;


--
-- Name: faces_61_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_61_directory_person_image_sha256_model_key;


--
-- Name: faces_61_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_61_pkey;


--
-- Name: faces_62_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_62_directory_image_idx;


--
-- Name: faces_62_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_62_directory_model_person_face_code_idx;


--
-- Name: faces_62_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_62_directory_person_image_sha256_model_key;


--
-- Name: faces_62_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_62_pkey;


--
-- Name: faces_63_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_63_directory_image_idx;


--
-- Name: faces_63_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_63_directory_model_person_face_code_idx;


--
-- Name: faces_63_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_63_directory_person_image_sha256_model_key;


--
-- Name: faces_63_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_63_pkey;


--
-- Name: faces_6_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_6_directory_image_idx;


--
-- Name: faces_6_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_6_directory_model_person_face_code_idx;


--
-- Name: faces_6_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_6_directory_person_image_sha256_model_key;


--
-- Name: faces_6_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_6_pkey;


--
-- Name: faces_7_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_7_directory_image_idx;


--
-- Name: faces_7_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_7_directory_model_person_face_code_idx;


--
-- Name: faces_7_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_7_directory_person_image_sha256_model_key;


--
-- Name: faces_7_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_7_pkey;


--
-- Name: faces_8_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_8_directory_image_idx;


--
-- Name: faces_8_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_8_directory_model_person_face_code_idx;


--
-- Name: faces_8_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_8_directory_person_image_sha256_model_key;


--
-- Name: faces_8_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_8_pkey;


--
-- Name: faces_9_directory_image_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_image ATTACH PARTITION public.faces_9_directory_image_idx;


--
-- Name: faces_9_directory_model_person_face_code_idx; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_by_model_and_person ATTACH PARTITION public.faces_9_directory_model_person_face_code_idx;


--
-- Name: faces_9_directory_person_image_sha256_model_key; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_directory_person_image_sha256_model_key ATTACH PARTITION public.faces_9_directory_person_image_sha256_model_key;


--
-- Name: faces_9_pkey; Type: INDEX ATTACH; Schema: public; Owner: -
--

ALTER INDEX public.faces_pkey ATTACH PARTITION public.faces_9_pkey;


--
-- Name: procrastinate_jobs jobs_begin; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER jobs_begin BEFORE UPDATE OF status ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'doing'::public.procrastinate_job_status)) EXECUTE FUNCTION public.jobs_begin();


--
-- Name: procrastinate_jobs procrastinate_jobs_notify_queue_job_aborted_v1; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER procrastinate_jobs_notify_queue_job_aborted_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN (((old.abort_requested = false) AND (new.abort_requested = true) AND (new.status = 'doing'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_notify_queue_abort_job_v1();


--
-- Name: procrastinate_jobs procrastinate_jobs_notify_queue_job_inserted_v1; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_notify_queue_job_inserted_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_abort_requested_events_v1; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER procrastinate_trigger_abort_requested_events_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.abort_requested = true)) EXECUTE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_delete_jobs_v1; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER procrastinate_trigger_delete_jobs_v1 BEFORE DELETE ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_unlink_periodic_defers_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_scheduled_events_v1; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER procrastinate_trigger_scheduled_events_v1 AFTER INSERT OR UPDATE ON public.procrastinate_jobs FOR EACH ROW WHEN (((new.scheduled_at IS NOT NULL) AND (new.status = 'todo'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_status_events_insert_v1; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER procrastinate_trigger_status_events_insert_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_status_events_update_v1; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER procrastinate_trigger_status_events_update_v1 AFTER UPDATE OF status ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_update_v1();


--
-- Name: collapsed_faces collapsed_faces_directory_kept_face_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.collapsed_faces
    ADD CONSTRAINT collapsed_faces_directory_kept_face_fkey FOREIGN KEY (directory, kept_face) REFERENCES public.faces(directory, face) ON DELETE CASCADE;


--
-- Name: collapsed_faces collapsed_faces_directory_merge_person_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.collapsed_faces
    ADD CONSTRAINT collapsed_faces_directory_merge_person_fkey FOREIGN KEY (directory, merge, person) REFERENCES public.merged_persons(directory, merge, person) ON DELETE CASCADE;


--
-- Name: faces faces_directory_image_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE public.faces
    ADD CONSTRAINT faces_directory_image_fkey FOREIGN KEY (directory, image) REFERENCES public.images(directory, image);


--
-- Name: faces faces_directory_person_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE public.faces
    ADD CONSTRAINT faces_directory_person_fkey FOREIGN KEY (directory, person) REFERENCES public.persons(directory, person);


--
-- Name: jobs jobs_number_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_number_fkey FOREIGN KEY (number) REFERENCES public.procrastinate_jobs(id) ON DELETE CASCADE;


--
-- Name: matched_images matched_images_directory_image_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.matched_images
    ADD CONSTRAINT matched_images_directory_image_fkey FOREIGN KEY (directory, image) REFERENCES public.images(directory, image) ON DELETE CASCADE;


--
-- Name: matched_images matched_images_directory_person_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.matched_images
    ADD CONSTRAINT matched_images_directory_person_fkey FOREIGN KEY (directory, person) REFERENCES public.persons(directory, person) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: merged_faces merged_faces_directory_face_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.merged_faces
    ADD CONSTRAINT merged_faces_directory_face_fkey FOREIGN KEY (directory, face) REFERENCES public.faces(directory, face) ON DELETE CASCADE;


--
-- Name: merged_faces merged_faces_directory_merge_person_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.merged_faces
    ADD CONSTRAINT merged_faces_directory_merge_person_fkey FOREIGN KEY (directory, merge, person) REFERENCES public.merged_persons(directory, merge, person) ON DELETE CASCADE;


--
-- Name: merged_persons merged_persons_directory_merge_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.merged_persons
    ADD CONSTRAINT merged_persons_directory_merge_fkey FOREIGN KEY (directory, merge) REFERENCES public.merges(directory, merge) ON DELETE CASCADE;


--
-- Name: merges merges_directory_person_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.merges
    ADD CONSTRAINT merges_directory_person_fkey FOREIGN KEY (directory, person) REFERENCES public.persons(directory, person) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: persons persons_directory_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.persons
    ADD CONSTRAINT persons_directory_fkey FOREIGN KEY (directory) REFERENCES public.directories(directory);


--
-- Name: procrastinate_events procrastinate_events_job_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id) ON DELETE CASCADE;


--
-- Name: procrastinate_jobs procrastinate_jobs_worker_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES public.procrastinate_workers(id) ON DELETE SET NULL;


--
-- Name: procrastinate_periodic_defers procrastinate_periodic_defers_job_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id);


--
-- PostgreSQL database dump complete
--

\unrestrict dbmate


--
-- Dbmate schema migrations
--

INSERT INTO public.schema_migrations (version) VALUES
    ('20261122000000'),
    ('20261122010000'),
    ('20261122010100'),
    ('20261122020000'),
    ('20261122020100'),
    ('20261122030000'),
    ('20261122040000'),
    ('20261122040100'),
    ('20261122040200'),
    ('20261122040300'),
    ('20261122040400'),
    ('20261122040500'),
    ('20261122040600'),
    ('20261122040700'),
    ('20261122040701'),
    ('20261122040710');
