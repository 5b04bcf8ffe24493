-- What the migrations make, for reading: pg_dump's statements without the 64 partitions of faces, the objects of the
-- queue, which are procrastinate's, and dbmate's schema_migrations. Never run; the comments are in the migrations.
-- Written by: python -m tests.integration.db.schema

CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;

CREATE FUNCTION public.audit_end_keys(of_directory text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    DELETE FROM audit_keys WHERE directory = of_directory
    AND has_table_privilege(session_user, 'directories', 'DELETE')
    AND (
        current_setting('role') <> 'faceserver_directory'
        OR of_directory = current_setting('faceserver.directory', true)
    )
$$;

CREATE FUNCTION public.audit_forget(of_chain text, up_to bigint) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    last bytea;
    removed bigint;
BEGIN
    SELECT hash INTO last FROM audit
    WHERE coalesce(directory, '') = of_chain AND position = up_to;
    IF last IS NULL THEN
        RETURN 0;
    END IF;
    UPDATE audit_chains SET kept_after = up_to, checkpoint = last WHERE directory = of_chain;
    DELETE FROM audit WHERE coalesce(directory, '') = of_chain AND position <= up_to;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END
$$;

CREATE FUNCTION public.audit_kept() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (
            SELECT FROM removed LEFT JOIN audit_chains AS chain ON chain.directory = coalesce(removed.directory, '')
            WHERE coalesce(removed.position > chain.kept_after, true)
        ) THEN
            RETURN NULL;
        END IF;
    END IF;
    RAISE 'entries of the audit cannot be removed' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE FUNCTION public.audit_keys_end() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    DELETE FROM audit_keys WHERE directory = OLD.directory;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.audit_new_unsealed() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    RAISE 'entries of the audit are sealed after they are written' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE FUNCTION public.audit_only_sealed() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    unsealed audit := NEW;
BEGIN
    unsealed.position := NULL;
    unsealed.hash := NULL;
    IF unsealed IS DISTINCT FROM OLD OR NEW.hash IS NULL THEN
        RAISE 'entries of the audit cannot be changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION public.audit_persons(of_directory text, named text[], make boolean) RETURNS bytea[]
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    hashed bytea[];
BEGIN
    IF cardinality(named) = 0 OR of_directory IS NULL THEN
        RETURN '{}';
    END IF;
    FOR attempt IN 1..2 LOOP
        SELECT array_agg(sha256(outer_key || sha256(inner_key || convert_to(person, 'UTF8')))) INTO hashed
        FROM audit_keys CROSS JOIN unnest(named) AS person WHERE directory = of_directory;
        EXIT WHEN hashed IS NOT NULL OR NOT make;
        INSERT INTO audit_keys (directory) VALUES (of_directory) ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN coalesce(hashed, '{}');
END
$$;

CREATE FUNCTION public.audit_record(of_directory text, by_subject text, did text, named text[], what text, ended text, request text, from_address text, counted jsonb) RETURNS bigint
    LANGUAGE sql
    SET search_path TO 'public', 'pg_temp'
    AS $$
    INSERT INTO audit (directory, subject, action, persons, object, outcome, request_id, address, counts)
    VALUES (of_directory, by_subject, did, audit_persons(of_directory, named, true), what, ended, request, from_address,
        counted)
    RETURNING id
$$;

CREATE FUNCTION public.folded_name(name text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
SELECT btrim(regexp_replace(CASE WHEN octet_length(name) = length(name) THEN lower(name COLLATE "C") ELSE
    replace(replace(replace(replace(replace(translate(
        lower(regexp_replace(
            normalize(name, NFKD) COLLATE "C",
            '[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0640\u064b-\u065f\u0670\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f]',
            '', 'g'
        )),
        'ÆÐØÞĐĦŁŊŒŦƁƂƄƆƇƉƊƋƎƏƐƑƓƔƖƗƘƜƝƟƢƤƦƧƩƬƮƱƲƳƵƷƸƼǤǶǷȜȠȢȤȺȻȽȾɁɃɄɅɆɈɊɌɎͰͲͶͿΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥ'
        'ΦΧΨΩςϏϘϚϜϞϠϢϤϦϨϪϬϮϷϺϽϾϿЂЄЅІЈЉЊЋЏАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯѠѢѤѦѨѪѬѮѰѲѴѸѺѼѾҀҊҌҎҐҒҔҖҘҚ'
        'ҜҞҠҢҤҦҨҪҬҮҰҲҴҶҸҺҼҾӀӃӅӇӉӋӍӔӘӠӨӶӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜԞԠԢԤԦԨԪԬԮԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏ'
        'ՐՑՒՓՔՕՖႠႡႢႣႤႥႦႧႨႩႪႫႬႭႮႯႰႱႲႳႴႵႶႷႸႹႺႻႼႽႾႿჀჁჂჃჄჅჇჍᲀᲁᲂᲃᲄᲅᲆᲇᲈᲐᲑᲒᲓᲔᲕᲖᲗᲘᲙᲚᲛᲜᲝᲞᲟᲠᲡᲢᲣᲤᲥᲦᲧᲨᲩᲪᲫᲬᲭᲮᲯ'
        'ᲰᲱᲲᲳᲴᲵᲶᲷᲸᲹᲺᲽᲾᲿỺỼỾøłđðħŧıŋƀɓɗǥɨɫɵʉƶƴ’‘ʼʻ`‐‒–—',
        'ædoþdhlnœtbƃƅɔƈɖdƌǝəɛƒɠɣɩiƙɯɲoƣƥʀƨʃƭʈʊʋyzʒƹƽgƕƿȝƞȣȥⱥȼƚⱦɂbuʌɇɉɋɍɏͱͳͷϳαβγδεζηθικλμνξοπρστυ'
        'φχψωσϗϙϛϝϟϡϣϥϧϩϫϭϯϸϻͻͼͽђєѕіјљњћџабвгдежзиклмнопрстуфхцчшщъыьэюяѡѣѥѧѩѫѭѯѱѳѵѹѻѽѿҁҋҍҏґғҕҗҙқ'
        'ҝҟҡңҥҧҩҫҭүұҳҵҷҹһҽҿӏӄӆӈӊӌӎӕәӡөӷӻӽӿԁԃԅԇԉԋԍԏԑԓԕԗԙԛԝԟԡԣԥԧԩԫԭԯաբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտ'
        'րցւփքօֆⴀⴁⴂⴃⴄⴅⴆⴇⴈⴉⴊⴋⴌⴍⴎⴏⴐⴑⴒⴓⴔⴕⴖⴗⴘⴙⴚⴛⴜⴝⴞⴟⴠⴡⴢⴣⴤⴥⴧⴭвдосттъѣꙋაბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯ'
        'ჰჱჲჳჴჵჶჷჸჹჺჽჾჿỻỽỿolddhtinbbdgilouzy''''''''''----'
    ), 'ß', 'ss'), 'ẞ', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th')
END, '\s+', ' ', 'g'))
$$;

CREATE FUNCTION public.jobs_begin() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.queueing_lock := NULL;
    RETURN NEW;
END;
$$;

CREATE FUNCTION public.next_turn_of_key(kind text, of_key text) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT max(1 - priority) FROM procrastinate_jobs JOIN jobs ON number = id
    WHERE queue_name = kind AND status IN ('todo', 'doing') AND jobs.key = of_key
$$;

CREATE FUNCTION public.note_face_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
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

CREATE FUNCTION public.notify_of_key() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_notify('faceserver_keys', CASE TG_OP WHEN 'DELETE' THEN OLD.id ELSE NEW.id END);
    RETURN NULL;
END
$$;

CREATE FUNCTION public.notify_of_session() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_notify('faceserver_keys', 'session:' || OLD.id);
    RETURN NULL;
END
$$;

CREATE FUNCTION public.spelled_out(name text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
SELECT CASE WHEN octet_length(name) = length(name) THEN name ELSE
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(
        normalize(name, NFC) COLLATE "C", '[Ää]', 'ae', 'g'), '[ÖöØø]', 'oe', 'g'), '[Üü]', 'ue', 'g'), '[Åå]', 'aa', 'g'
    )
END
$$;

CREATE FUNCTION public.other_spelling(name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (public.spelled_out(name) <> NORMALIZE(name, NFC)) THEN ('
'::text || public.folded_name(public.spelled_out(name))) ELSE ''::text END;

CREATE FUNCTION public.protect_directories() RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
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

CREATE TABLE public.archives (
    directory text NOT NULL COLLATE pg_catalog."C",
    job uuid NOT NULL,
    archive text NOT NULL COLLATE pg_catalog."C",
    purpose text NOT NULL,
    complete boolean DEFAULT false NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    retry_at timestamp with time zone,
    erased text[] DEFAULT '{}'::text[] NOT NULL COLLATE pg_catalog."C",
    key_id uuid,
    CONSTRAINT archives_purpose_check CHECK ((purpose = ANY (ARRAY['import'::text, 'export'::text])))
);

CREATE TABLE public.audit (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    directory text COLLATE pg_catalog."C",
    subject text NOT NULL,
    action text NOT NULL,
    persons bytea[] DEFAULT '{}'::bytea[] NOT NULL,
    object text,
    outcome text DEFAULT 'ok'::text NOT NULL,
    request_id text DEFAULT ''::text NOT NULL,
    address text DEFAULT ''::text NOT NULL,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    "position" bigint,
    hash bytea,
    CONSTRAINT audit_check CHECK ((("position" IS NULL) = (hash IS NULL))),
    CONSTRAINT audit_hash_check CHECK ((octet_length(hash) = 32))
);

CREATE TABLE public.audit_chains (
    directory text NOT NULL COLLATE pg_catalog."C",
    "position" bigint NOT NULL,
    head bytea NOT NULL,
    kept_after bigint DEFAULT 0 NOT NULL,
    checkpoint bytea DEFAULT decode(repeat('00'::text, 32), 'hex'::text) NOT NULL
);

ALTER TABLE public.audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.audit_keys (
    directory text NOT NULL COLLATE pg_catalog."C",
    inner_key bytea DEFAULT (((uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) || uuid_send(gen_random_uuid())) || uuid_send(gen_random_uuid())) NOT NULL,
    outer_key bytea DEFAULT (((uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) || uuid_send(gen_random_uuid())) || uuid_send(gen_random_uuid())) NOT NULL
);

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
    owners text[] DEFAULT '{}'::text[] NOT NULL COLLATE pg_catalog."C",
    recognizability real,
    origin text,
    crop_key uuid
);

CREATE TABLE public.comparisons (
    directory text NOT NULL COLLATE pg_catalog."C",
    job uuid NOT NULL,
    model text NOT NULL COLLATE pg_catalog."C",
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    "position" uuid NOT NULL,
    compared bigint DEFAULT 0 NOT NULL,
    finished_at timestamp with time zone
);

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
    subject text,
    CONSTRAINT deletions_check CHECK (((finished_at IS NULL) OR (person IS NULL)))
);

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
    recognizability_floor double precision,
    keep_originals boolean,
    require_consent boolean,
    delete_without_consent_days integer,
    tags jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT directories_delete_without_consent_days_check CHECK ((delete_without_consent_days >= 0)),
    CONSTRAINT directories_fpir_check CHECK (((fpir > (0)::double precision) AND (fpir < (1)::double precision))),
    CONSTRAINT directories_fpir_or_threshold CHECK ((num_nonnulls(fpir, threshold) <= 1)),
    CONSTRAINT directories_quality_check CHECK ((jsonb_typeof(quality) = 'object'::text)),
    CONSTRAINT directories_recognizability_floor_check CHECK (((recognizability_floor >= (0)::double precision) AND (recognizability_floor <= (1)::double precision))),
    CONSTRAINT directories_recognized_retention_seconds_check CHECK ((recognized_retention_seconds >= 0)),
    CONSTRAINT directories_scoring_check CHECK ((scoring = ANY (ARRAY['max'::text, 'mean'::text]))),
    CONSTRAINT directories_tags_check CHECK ((jsonb_typeof(tags) = 'object'::text)),
    CONSTRAINT directories_threshold_check CHECK (((threshold >= ('-1'::integer)::double precision) AND (threshold <= (1)::double precision))),
    CONSTRAINT directories_threshold_of_a_model CHECK (((threshold IS NULL) = (threshold_model IS NULL))),
    CONSTRAINT directories_unseen_retention_days_check CHECK ((unseen_retention_days > 0))
);

CREATE TABLE public.directory_keys (
    directory text NOT NULL COLLATE pg_catalog."C",
    key_id uuid NOT NULL,
    wrapped bytea NOT NULL,
    master_id text NOT NULL COLLATE pg_catalog."C",
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    retired_at timestamp with time zone
);

CREATE TABLE public.directory_tags (
    directory text NOT NULL COLLATE pg_catalog."C",
    tag bigint NOT NULL
);

CREATE UNLOGGED TABLE public.face_changes (
    directory text NOT NULL COLLATE pg_catalog."C",
    model text NOT NULL COLLATE pg_catalog."C",
    faces_from uuid NOT NULL,
    changed_by xid8 DEFAULT pg_current_xact_id() NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='10000');

CREATE UNLOGGED TABLE public.face_logs (
    directory text NOT NULL COLLATE pg_catalog."C",
    epoch uuid DEFAULT gen_random_uuid() NOT NULL,
    forgotten_before xid8 DEFAULT '0'::xid8 NOT NULL,
    forgotten_next xid8 DEFAULT pg_snapshot_xmin(pg_current_snapshot()) NOT NULL,
    marked_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.face_warnings (
    directory text NOT NULL COLLATE pg_catalog."C",
    face uuid NOT NULL,
    code text NOT NULL,
    person text NOT NULL COLLATE pg_catalog."C",
    other text COLLATE pg_catalog."C",
    value double precision NOT NULL,
    threshold double precision NOT NULL,
    found_at timestamp with time zone DEFAULT now() NOT NULL,
    checked_at timestamp with time zone DEFAULT now() NOT NULL,
    dismissed_at timestamp with time zone,
    dismissal text,
    CONSTRAINT face_warnings_check CHECK (((dismissed_at IS NULL) = (dismissal IS NULL))),
    CONSTRAINT face_warnings_code_check CHECK ((code = ANY (ARRAY['enrolled-as-another'::text, 'closer-to-another'::text, 'unlike-own'::text]))),
    CONSTRAINT face_warnings_dismissal_check CHECK ((dismissal = ANY (ARRAY['face'::text, 'pair'::text])))
);

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
    recognizability real,
    origin text,
    crop_key uuid,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32)),
    CONSTRAINT faces_origin_check CHECK ((origin = ANY (ARRAY['photograph'::text, 'crop'::text, 'bundle'::text]))),
    CONSTRAINT faces_recognizability_check CHECK (((recognizability >= (0)::double precision) AND (recognizability <= (1)::double precision)))
)
PARTITION BY HASH (directory);
ALTER TABLE ONLY public.faces ALTER COLUMN code SET STORAGE PLAIN;
ALTER TABLE ONLY public.faces ALTER COLUMN crop SET STORAGE EXTERNAL;

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
    stored_sha256 bytea,
    key_id uuid,
    CONSTRAINT images_sha256_check CHECK ((octet_length(sha256) = 32)),
    CONSTRAINT images_size_bytes_check CHECK ((size_bytes > 0)),
    CONSTRAINT images_stored_sha256_check CHECK ((octet_length(stored_sha256) = 32))
);

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
    warnings jsonb,
    other text COLLATE pg_catalog."C",
    CONSTRAINT import_items_outcome_check CHECK ((outcome = ANY (ARRAY['created'::text, 'known'::text, 'refused'::text, 'failed'::text, 'skipped'::text]))),
    CONSTRAINT import_items_warnings_check CHECK ((jsonb_typeof(warnings) = 'array'::text))
);

CREATE TABLE public.imports (
    directory text NOT NULL COLLATE pg_catalog."C",
    job uuid NOT NULL,
    planned boolean NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    compared_to bigint DEFAULT '-1'::integer NOT NULL
);

CREATE TABLE public.indexed_faces (
    directory text NOT NULL COLLATE pg_catalog."C",
    face uuid NOT NULL,
    external_image_id text,
    width integer,
    height integer,
    CONSTRAINT indexed_faces_check CHECK (((width IS NULL) = (height IS NULL))),
    CONSTRAINT indexed_faces_height_check CHECK ((height > 0)),
    CONSTRAINT indexed_faces_width_check CHECK ((width > 0))
);

CREATE TABLE public.installation_secrets (
    name text NOT NULL COLLATE pg_catalog."C",
    secret bytea NOT NULL,
    CONSTRAINT installation_secrets_secret_check CHECK ((octet_length(secret) = 32))
);

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
    subject text,
    key text COLLATE pg_catalog."C",
    CONSTRAINT jobs_check CHECK (((problem_code IS NULL) = (problem IS NULL))),
    CONSTRAINT jobs_done_check CHECK ((done >= 0)),
    CONSTRAINT jobs_total_check CHECK ((total >= 0))
);

CREATE TABLE public.key_usage (
    key text NOT NULL COLLATE pg_catalog."C",
    day date NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    amount double precision NOT NULL
)
WITH (fillfactor='50');

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

CREATE TABLE public.keys (
    id text NOT NULL COLLATE pg_catalog."C",
    kind text DEFAULT 'bearer'::text NOT NULL,
    hash bytea,
    previous_hash bytea,
    previous_until timestamp with time zone,
    encrypted_secret bytea,
    name text NOT NULL,
    note text,
    scopes text[] NOT NULL,
    everywhere boolean DEFAULT false NOT NULL,
    names text[] DEFAULT '{}'::text[] NOT NULL,
    prefixes text[] DEFAULT '{}'::text[] NOT NULL,
    limits jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by text NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    last_used_at timestamp with time zone,
    CONSTRAINT keys_check CHECK (((encrypted_secret IS NULL) OR (kind = 'pair'::text))),
    CONSTRAINT keys_check1 CHECK (((previous_hash IS NULL) = (previous_until IS NULL))),
    CONSTRAINT keys_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT keys_kind_check CHECK ((kind = ANY (ARRAY['bearer'::text, 'uuid'::text, 'pair'::text]))),
    CONSTRAINT keys_previous_hash_check CHECK ((octet_length(previous_hash) = 32))
);

CREATE TABLE public.lookalikes (
    directory text NOT NULL COLLATE pg_catalog."C",
    person text NOT NULL COLLATE pg_catalog."C",
    other text NOT NULL COLLATE pg_catalog."C",
    similarity double precision,
    found_at timestamp with time zone DEFAULT now() NOT NULL,
    checked_at timestamp with time zone DEFAULT now() NOT NULL,
    dismissed_at timestamp with time zone,
    CONSTRAINT lookalikes_check CHECK ((other <> person))
);

CREATE TABLE public.matched_images (
    directory text NOT NULL COLLATE pg_catalog."C",
    person text NOT NULL COLLATE pg_catalog."C",
    image text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.merged_faces (
    directory text NOT NULL COLLATE pg_catalog."C",
    face uuid NOT NULL,
    merge uuid NOT NULL,
    person text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.merged_persons (
    directory text NOT NULL COLLATE pg_catalog."C",
    merge uuid NOT NULL,
    person text NOT NULL COLLATE pg_catalog."C",
    display_name text,
    external_id text COLLATE pg_catalog."C",
    metadata jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone,
    merges uuid[] NOT NULL,
    consent_given_at timestamp with time zone,
    consent_text text,
    consent_basis text,
    consent_until timestamp with time zone,
    consent_withdrawn_at timestamp with time zone,
    restricted boolean DEFAULT false NOT NULL
);

CREATE TABLE public.merges (
    directory text NOT NULL COLLATE pg_catalog."C",
    merge uuid DEFAULT gen_random_uuid() NOT NULL,
    person text NOT NULL COLLATE pg_catalog."C",
    merged_at timestamp with time zone DEFAULT now() NOT NULL,
    undone_at timestamp with time zone
);

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
    consent_given_at timestamp with time zone,
    consent_text text,
    consent_basis text,
    consent_until timestamp with time zone,
    consent_withdrawn_at timestamp with time zone,
    restricted boolean DEFAULT false NOT NULL,
    consent_ends_at timestamp with time zone GENERATED ALWAYS AS (
CASE
    WHEN (consent_given_at IS NULL) THEN '-infinity'::timestamp with time zone
    ELSE COALESCE(LEAST(consent_until, consent_withdrawn_at), 'infinity'::timestamp with time zone)
END) STORED NOT NULL,
    sort_name text GENERATED ALWAYS AS ("left"(public.folded_name(COALESCE(display_name, person)), 100)) STORED NOT NULL COLLATE pg_catalog."C",
    face_count bigint DEFAULT 0 NOT NULL,
    search_text text GENERATED ALWAYS AS ((((((((public.folded_name(person) || '
'::text) || public.folded_name(COALESCE(display_name, ''::text))) || '
'::text) || public.folded_name(COALESCE(external_id, ''::text))) || public.other_spelling(person)) || public.other_spelling(COALESCE(display_name, ''::text))) || public.other_spelling(COALESCE(external_id, ''::text)))) STORED NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT persons_consent_complete CHECK (((num_nulls(consent_given_at, consent_text, consent_basis) = 0) OR (num_nonnulls(consent_given_at, consent_text, consent_basis, consent_until, consent_withdrawn_at) = 0))),
    CONSTRAINT persons_consent_in_order CHECK (((consent_until > consent_given_at) AND (consent_withdrawn_at >= consent_given_at))),
    CONSTRAINT persons_metadata_check CHECK ((jsonb_typeof(metadata) = 'object'::text))
);

CREATE TABLE public.search_indexes (
    directory text NOT NULL COLLATE pg_catalog."C",
    model text NOT NULL COLLATE pg_catalog."C",
    dimension integer NOT NULL,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT search_indexes_dimension_check CHECK ((dimension > 0))
);

CREATE TABLE public.sessions (
    id text NOT NULL COLLATE pg_catalog."C",
    subject text NOT NULL,
    key text COLLATE pg_catalog."C",
    token jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT sessions_check CHECK (((key IS NULL) <> (token IS NULL))),
    CONSTRAINT sessions_id_check CHECK ((id ~ '^[0-9a-f]{64}$'::text))
);

CREATE TABLE public.signing_keys (
    day integer NOT NULL,
    secret bytea NOT NULL,
    CONSTRAINT signing_keys_secret_check CHECK ((octet_length(secret) = 32))
);

ALTER TABLE ONLY public.archives
    ADD CONSTRAINT archives_pkey PRIMARY KEY (directory, job);

ALTER TABLE ONLY public.audit_chains
    ADD CONSTRAINT audit_chains_pkey PRIMARY KEY (directory);

ALTER TABLE ONLY public.audit_keys
    ADD CONSTRAINT audit_keys_pkey PRIMARY KEY (directory);

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.collapsed_faces
    ADD CONSTRAINT collapsed_faces_pkey PRIMARY KEY (directory, face);

ALTER TABLE ONLY public.comparisons
    ADD CONSTRAINT comparisons_pkey PRIMARY KEY (directory);

ALTER TABLE ONLY public.deletions
    ADD CONSTRAINT deletions_pkey PRIMARY KEY (directory, deletion);

ALTER TABLE ONLY public.directories
    ADD CONSTRAINT directories_pkey PRIMARY KEY (directory);

ALTER TABLE ONLY public.directory_keys
    ADD CONSTRAINT directory_keys_pkey PRIMARY KEY (directory, key_id);

ALTER TABLE ONLY public.directory_tags
    ADD CONSTRAINT directory_tags_pkey PRIMARY KEY (directory);

ALTER TABLE ONLY public.face_changes
    ADD CONSTRAINT face_changes_pkey PRIMARY KEY (directory, model, changed_by, faces_from);

ALTER TABLE ONLY public.face_logs
    ADD CONSTRAINT face_logs_pkey PRIMARY KEY (directory);

ALTER TABLE ONLY public.face_warnings
    ADD CONSTRAINT face_warnings_pkey PRIMARY KEY (directory, face, code);

ALTER TABLE ONLY public.faces
    ADD CONSTRAINT faces_directory_person_image_sha256_model_key UNIQUE (directory, person, image_sha256, model);

ALTER TABLE ONLY public.faces
    ADD CONSTRAINT faces_pkey PRIMARY KEY (directory, face);

ALTER TABLE ONLY public.images
    ADD CONSTRAINT images_pkey PRIMARY KEY (directory, image);

ALTER TABLE ONLY public.import_items
    ADD CONSTRAINT import_items_pkey PRIMARY KEY (directory, job, n);

ALTER TABLE ONLY public.imports
    ADD CONSTRAINT imports_pkey PRIMARY KEY (directory, job);

ALTER TABLE ONLY public.indexed_faces
    ADD CONSTRAINT indexed_faces_pkey PRIMARY KEY (directory, face);

ALTER TABLE ONLY public.installation_secrets
    ADD CONSTRAINT installation_secrets_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_number_key UNIQUE (number);

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (job);

ALTER TABLE ONLY public.key_usage
    ADD CONSTRAINT key_usage_pkey PRIMARY KEY (key, day, kind);

ALTER TABLE ONLY public.keyed_requests
    ADD CONSTRAINT keyed_requests_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.keys
    ADD CONSTRAINT keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lookalikes
    ADD CONSTRAINT lookalikes_pkey PRIMARY KEY (directory, person, other);

ALTER TABLE ONLY public.matched_images
    ADD CONSTRAINT matched_images_pkey PRIMARY KEY (directory, person, image);

ALTER TABLE ONLY public.merged_faces
    ADD CONSTRAINT merged_faces_pkey PRIMARY KEY (directory, face, merge);

ALTER TABLE ONLY public.merged_persons
    ADD CONSTRAINT merged_persons_pkey PRIMARY KEY (directory, merge, person);

ALTER TABLE ONLY public.merges
    ADD CONSTRAINT merges_pkey PRIMARY KEY (directory, merge);

ALTER TABLE ONLY public.persons
    ADD CONSTRAINT persons_pkey PRIMARY KEY (directory, person);

ALTER TABLE ONLY public.search_indexes
    ADD CONSTRAINT search_indexes_pkey PRIMARY KEY (directory, model);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.signing_keys
    ADD CONSTRAINT signing_keys_pkey PRIMARY KEY (day);

CREATE INDEX archives_by_expiry ON public.archives USING btree (expires_at);

CREATE INDEX audit_by_directory ON public.audit USING btree (directory, id);

CREATE INDEX audit_by_position ON public.audit USING btree (COALESCE(directory, ''::text), "position") WHERE ("position" IS NOT NULL);

CREATE INDEX audit_by_time ON public.audit USING brin (at);

CREATE INDEX audit_unsealed ON public.audit USING btree (id) WHERE (hash IS NULL);

CREATE INDEX collapsed_faces_by_kept_face ON public.collapsed_faces USING btree (directory, kept_face);

CREATE INDEX collapsed_faces_by_merge ON public.collapsed_faces USING btree (directory, merge, person);

CREATE INDEX deletions_by_deletion ON public.deletions USING btree (deletion);

CREATE INDEX deletions_by_time ON public.deletions USING btree (directory, requested_at, deletion);

CREATE INDEX deletions_unfinished ON public.deletions USING btree (directory, deletion) WHERE (finished_at IS NULL);

CREATE UNIQUE INDEX directory_keys_in_use ON public.directory_keys USING btree (directory) WHERE (retired_at IS NULL);

CREATE INDEX directory_tags_by_tag ON public.directory_tags USING btree (tag);

CREATE INDEX face_warnings_by_other ON public.face_warnings USING btree (directory, other) WHERE (other IS NOT NULL);

CREATE INDEX face_warnings_by_person ON public.face_warnings USING btree (directory, person);

CREATE INDEX face_warnings_by_time ON public.face_warnings USING btree (directory, found_at, face, code);

CREATE INDEX faces_unencrypted ON ONLY public.faces USING btree (directory, face) WHERE (crop_key IS NULL);

CREATE INDEX faces_by_image ON ONLY public.faces USING btree (directory, image);

CREATE INDEX faces_by_model_and_person ON ONLY public.faces USING btree (directory, model, person) INCLUDE (face, code);

CREATE INDEX faces_by_recognizability ON ONLY public.faces USING btree (directory, recognizability, model, face);

CREATE INDEX images_as_sent ON public.images USING btree (directory, image) WHERE (stored_sha256 IS NULL);

CREATE INDEX images_by_creation ON public.images USING btree (directory, created_at, image);

CREATE INDEX images_by_deletion ON public.images USING btree (directory, deletion) WHERE (deletion IS NOT NULL);

CREATE INDEX images_by_expiry ON public.images USING btree (expires_at) WHERE ((expires_at IS NOT NULL) AND (retry_at IS NULL));

CREATE INDEX images_by_image ON public.images USING btree (image);

CREATE INDEX images_by_retry ON public.images USING btree (retry_at) WHERE (retry_at IS NOT NULL);

CREATE INDEX images_unencrypted ON public.images USING btree (directory, image) WHERE (key_id IS NULL);

CREATE INDEX import_items_by_other ON public.import_items USING btree (directory, other) WHERE (other IS NOT NULL);

CREATE INDEX import_items_by_person ON public.import_items USING btree (directory, person);

CREATE INDEX jobs_by_key ON public.jobs USING btree (key) WHERE (key IS NOT NULL);

CREATE INDEX jobs_by_subject ON public.jobs USING btree (subject) WHERE (subject IS NOT NULL);

CREATE INDEX keyed_requests_by_directory ON public.keyed_requests USING btree (directory);

CREATE INDEX keyed_requests_by_expiry ON public.keyed_requests USING btree (expires_at);

CREATE INDEX keyed_requests_in_work ON public.keyed_requests USING btree (key) WHERE (status IS NULL);

CREATE UNIQUE INDEX keys_by_hash ON public.keys USING btree (hash) WHERE (kind = 'uuid'::text);

CREATE INDEX keys_by_previous_hash ON public.keys USING btree (previous_hash) WHERE ((kind = 'uuid'::text) AND (previous_hash IS NOT NULL));

CREATE INDEX lookalikes_by_other ON public.lookalikes USING btree (directory, other);

CREATE INDEX lookalikes_by_similarity ON public.lookalikes USING btree (directory, COALESCE(similarity, ('-2'::integer)::double precision), person, other);

CREATE UNIQUE INDEX lookalikes_pairs ON public.lookalikes USING btree (directory, LEAST(person, other), GREATEST(person, other));

CREATE INDEX matched_images_by_image ON public.matched_images USING btree (directory, image);

CREATE INDEX merged_faces_by_merge ON public.merged_faces USING btree (directory, merge, person);

CREATE INDEX merges_by_person ON public.merges USING btree (directory, person);

CREATE INDEX merges_by_time ON public.merges USING btree (directory, merged_at, merge);

CREATE INDEX persons_by_consent_end ON public.persons USING btree (directory, consent_ends_at, person);

CREATE INDEX persons_by_created_at ON public.persons USING btree (directory, created_at, person);

CREATE UNIQUE INDEX persons_by_external_id ON public.persons USING btree (directory, external_id) WHERE (external_id IS NOT NULL);

CREATE INDEX persons_by_faces ON public.persons USING btree (directory, face_count, person);

CREATE INDEX persons_by_folded_name ON public.persons USING btree (directory, "left"(public.folded_name(person), 100));

CREATE INDEX persons_by_last_seen_at ON public.persons USING btree (directory, COALESCE(last_seen_at, '-infinity'::timestamp with time zone), person);

CREATE INDEX persons_by_metadata ON public.persons USING gin (metadata jsonb_path_ops);

CREATE INDEX persons_by_name ON public.persons USING btree (directory, sort_name, person);

CREATE INDEX persons_restricted ON public.persons USING btree (directory, person) WHERE restricted;

CREATE INDEX persons_unnamed ON public.persons USING btree (directory, sort_name, person) WHERE (display_name IS NULL);

CREATE INDEX sessions_by_key ON public.sessions USING btree (key);

CREATE INDEX sessions_by_subject ON public.sessions USING btree (subject, last_used_at);

CREATE TRIGGER audit_kept AFTER DELETE ON public.audit REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION public.audit_kept();

CREATE TRIGGER audit_keys_end AFTER DELETE ON public.directories FOR EACH ROW EXECUTE FUNCTION public.audit_keys_end();

CREATE TRIGGER audit_new_unsealed BEFORE INSERT ON public.audit FOR EACH ROW WHEN (((new.hash IS NOT NULL) OR (new."position" IS NOT NULL))) EXECUTE FUNCTION public.audit_new_unsealed();

CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION public.audit_kept();

CREATE TRIGGER audit_only_sealed BEFORE UPDATE ON public.audit FOR EACH ROW EXECUTE FUNCTION public.audit_only_sealed();

CREATE TRIGGER faces_changed AFTER INSERT OR DELETE OR UPDATE OF directory, model, face, embedding ON public.faces FOR EACH ROW EXECUTE FUNCTION public.note_face_change();

ALTER TABLE public.faces ENABLE ALWAYS TRIGGER faces_changed;

CREATE TRIGGER jobs_begin BEFORE UPDATE OF status ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'doing'::public.procrastinate_job_status)) EXECUTE FUNCTION public.jobs_begin();

CREATE TRIGGER keys_changed AFTER INSERT OR DELETE OR UPDATE OF kind, hash, previous_hash, previous_until, scopes, everywhere, names, prefixes, limits, expires_at, revoked_at ON public.keys FOR EACH ROW EXECUTE FUNCTION public.notify_of_key();

CREATE TRIGGER sessions_ended AFTER DELETE ON public.sessions FOR EACH ROW EXECUTE FUNCTION public.notify_of_session();

ALTER TABLE ONLY public.collapsed_faces
    ADD CONSTRAINT collapsed_faces_directory_kept_face_fkey FOREIGN KEY (directory, kept_face) REFERENCES public.faces(directory, face) ON DELETE CASCADE;

ALTER TABLE ONLY public.collapsed_faces
    ADD CONSTRAINT collapsed_faces_directory_merge_person_fkey FOREIGN KEY (directory, merge, person) REFERENCES public.merged_persons(directory, merge, person) ON DELETE CASCADE;

ALTER TABLE ONLY public.comparisons
    ADD CONSTRAINT comparisons_directory_fkey FOREIGN KEY (directory) REFERENCES public.directories(directory) ON DELETE CASCADE;

ALTER TABLE ONLY public.face_logs
    ADD CONSTRAINT face_logs_directory_fkey FOREIGN KEY (directory) REFERENCES public.directories(directory) ON DELETE CASCADE;

ALTER TABLE ONLY public.face_warnings
    ADD CONSTRAINT face_warnings_directory_face_fkey FOREIGN KEY (directory, face) REFERENCES public.faces(directory, face) ON DELETE CASCADE;

ALTER TABLE ONLY public.face_warnings
    ADD CONSTRAINT face_warnings_directory_other_fkey FOREIGN KEY (directory, other) REFERENCES public.persons(directory, person) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE ONLY public.face_warnings
    ADD CONSTRAINT face_warnings_directory_person_fkey FOREIGN KEY (directory, person) REFERENCES public.persons(directory, person) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE public.faces
    ADD CONSTRAINT faces_directory_image_fkey FOREIGN KEY (directory, image) REFERENCES public.images(directory, image);

ALTER TABLE public.faces
    ADD CONSTRAINT faces_directory_person_fkey FOREIGN KEY (directory, person) REFERENCES public.persons(directory, person);

ALTER TABLE ONLY public.indexed_faces
    ADD CONSTRAINT indexed_faces_directory_face_fkey FOREIGN KEY (directory, face) REFERENCES public.faces(directory, face) ON DELETE CASCADE;

ALTER TABLE ONLY public.indexed_faces
    ADD CONSTRAINT indexed_faces_directory_fkey FOREIGN KEY (directory) REFERENCES public.directories(directory) ON DELETE CASCADE;

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_number_fkey FOREIGN KEY (number) REFERENCES public.procrastinate_jobs(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.lookalikes
    ADD CONSTRAINT lookalikes_directory_other_fkey FOREIGN KEY (directory, other) REFERENCES public.persons(directory, person) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE ONLY public.lookalikes
    ADD CONSTRAINT lookalikes_directory_person_fkey FOREIGN KEY (directory, person) REFERENCES public.persons(directory, person) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE ONLY public.matched_images
    ADD CONSTRAINT matched_images_directory_image_fkey FOREIGN KEY (directory, image) REFERENCES public.images(directory, image) ON DELETE CASCADE;

ALTER TABLE ONLY public.matched_images
    ADD CONSTRAINT matched_images_directory_person_fkey FOREIGN KEY (directory, person) REFERENCES public.persons(directory, person) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE ONLY public.merged_faces
    ADD CONSTRAINT merged_faces_directory_face_fkey FOREIGN KEY (directory, face) REFERENCES public.faces(directory, face) ON DELETE CASCADE;

ALTER TABLE ONLY public.merged_faces
    ADD CONSTRAINT merged_faces_directory_merge_person_fkey FOREIGN KEY (directory, merge, person) REFERENCES public.merged_persons(directory, merge, person) ON DELETE CASCADE;

ALTER TABLE ONLY public.merged_persons
    ADD CONSTRAINT merged_persons_directory_merge_fkey FOREIGN KEY (directory, merge) REFERENCES public.merges(directory, merge) ON DELETE CASCADE;

ALTER TABLE ONLY public.merges
    ADD CONSTRAINT merges_directory_person_fkey FOREIGN KEY (directory, person) REFERENCES public.persons(directory, person) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE ONLY public.persons
    ADD CONSTRAINT persons_directory_fkey FOREIGN KEY (directory) REFERENCES public.directories(directory);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_key_fkey FOREIGN KEY (key) REFERENCES public.keys(id) ON DELETE CASCADE;

CREATE POLICY all_rows ON public.archives USING (true);

CREATE POLICY all_rows ON public.audit USING (true);

CREATE POLICY all_rows ON public.audit_chains USING (true);

CREATE POLICY all_rows ON public.audit_keys USING (true);

CREATE POLICY all_rows ON public.collapsed_faces USING (true);

CREATE POLICY all_rows ON public.comparisons USING (true);

CREATE POLICY all_rows ON public.deletions USING (true);

CREATE POLICY all_rows ON public.directories USING (true);

CREATE POLICY all_rows ON public.directory_keys USING (true);

CREATE POLICY all_rows ON public.directory_tags USING (true);

CREATE POLICY all_rows ON public.face_changes USING (true);

CREATE POLICY all_rows ON public.face_logs USING (true);

CREATE POLICY all_rows ON public.face_warnings USING (true);

CREATE POLICY all_rows ON public.faces USING (true);

CREATE POLICY all_rows ON public.images USING (true);

CREATE POLICY all_rows ON public.import_items USING (true);

CREATE POLICY all_rows ON public.imports USING (true);

CREATE POLICY all_rows ON public.indexed_faces USING (true);

CREATE POLICY all_rows ON public.jobs USING (true);

CREATE POLICY all_rows ON public.keyed_requests USING (true);

CREATE POLICY all_rows ON public.lookalikes USING (true);

CREATE POLICY all_rows ON public.matched_images USING (true);

CREATE POLICY all_rows ON public.merged_faces USING (true);

CREATE POLICY all_rows ON public.merged_persons USING (true);

CREATE POLICY all_rows ON public.merges USING (true);

CREATE POLICY all_rows ON public.persons USING (true);

CREATE POLICY all_rows ON public.search_indexes USING (true);

ALTER TABLE public.archives ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_chains ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.collapsed_faces ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.comparisons ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.deletions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.directories ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.directory_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.directory_tags ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.face_changes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.face_logs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.face_warnings ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.faces ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.images ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_items ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.imports ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.indexed_faces ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.jobs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.keyed_requests ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.lookalikes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.matched_images ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.merged_faces ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.merged_persons ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.merges ENABLE ROW LEVEL SECURITY;

CREATE POLICY of_directory ON public.archives AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.audit AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.audit_chains AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.audit_keys AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.collapsed_faces AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.comparisons AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.deletions AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.directories AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.directory_keys AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.directory_tags AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.face_changes AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.face_logs AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.face_warnings AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.faces AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.images AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.import_items AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.imports AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.indexed_faces AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.jobs AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.keyed_requests AS RESTRICTIVE TO faceserver_directory USING (((directory = current_setting('faceserver.directory'::text, true)) OR (directory IS NULL)));

CREATE POLICY of_directory ON public.lookalikes AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.matched_images AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.merged_faces AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.merged_persons AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.merges AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.persons AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

CREATE POLICY of_directory ON public.search_indexes AS RESTRICTIVE TO faceserver_directory USING ((directory = current_setting('faceserver.directory'::text, true)));

ALTER TABLE public.persons ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.search_indexes ENABLE ROW LEVEL SECURITY;
