\restrict dbmate


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


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: directories; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.directories (
    directory text NOT NULL COLLATE pg_catalog."C",
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    fpir double precision,
    threshold double precision,
    threshold_model text COLLATE pg_catalog."C",
    CONSTRAINT directories_fpir_check CHECK (((fpir > (0)::double precision) AND (fpir < (1)::double precision))),
    CONSTRAINT directories_fpir_or_threshold CHECK ((num_nonnulls(fpir, threshold) <= 1)),
    CONSTRAINT directories_threshold_check CHECK (((threshold >= ('-1'::integer)::double precision) AND (threshold <= (1)::double precision))),
    CONSTRAINT directories_threshold_of_a_model CHECK (((threshold IS NULL) = (threshold_model IS NULL)))
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
    crop bytea NOT NULL,
    box integer[] NOT NULL,
    score double precision NOT NULL,
    image text NOT NULL COLLATE pg_catalog."C",
    image_sha256 bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT faces_box_check CHECK ((cardinality(box) = 4)),
    CONSTRAINT faces_image_sha256_check CHECK ((octet_length(image_sha256) = 32))
);


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
    CONSTRAINT images_sha256_check CHECK ((octet_length(sha256) = 32)),
    CONSTRAINT images_size_bytes_check CHECK ((size_bytes > 0))
);


--
-- Name: persons; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.persons (
    directory text NOT NULL COLLATE pg_catalog."C",
    person text NOT NULL COLLATE pg_catalog."C",
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: schema_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schema_migrations (
    version character varying NOT NULL
);


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
-- Name: faces faces_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces
    ADD CONSTRAINT faces_pkey PRIMARY KEY (directory, face);


--
-- Name: images images_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.images
    ADD CONSTRAINT images_pkey PRIMARY KEY (directory, image);


--
-- Name: persons persons_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.persons
    ADD CONSTRAINT persons_pkey PRIMARY KEY (directory, person);


--
-- Name: schema_migrations schema_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);


--
-- Name: faces_by_image; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_by_image ON public.faces USING btree (directory, image);


--
-- Name: faces_by_model_and_person; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX faces_by_model_and_person ON public.faces USING btree (directory, model, person);


--
-- Name: images_by_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX images_by_expiry ON public.images USING btree (expires_at) WHERE (expires_at IS NOT NULL);


--
-- Name: images_by_image; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX images_by_image ON public.images USING btree (image);


--
-- Name: faces faces_directory_image_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces
    ADD CONSTRAINT faces_directory_image_fkey FOREIGN KEY (directory, image) REFERENCES public.images(directory, image);


--
-- Name: faces faces_directory_person_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.faces
    ADD CONSTRAINT faces_directory_person_fkey FOREIGN KEY (directory, person) REFERENCES public.persons(directory, person);


--
-- Name: persons persons_directory_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.persons
    ADD CONSTRAINT persons_directory_fkey FOREIGN KEY (directory) REFERENCES public.directories(directory);


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
    ('20261122030000');
