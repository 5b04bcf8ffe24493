-- Lists of persons ordered by their number of faces, and names found however their umlauts are spelled.

-- migrate:up

-- The number of a person's faces, of all models. It is kept by triggers and not by the statements that write faces, so
-- that it is right whichever release writes them.
ALTER TABLE persons ADD COLUMN face_count bigint NOT NULL DEFAULT 0;

-- Statements that write the faces of several persons change these persons in the order of their names, as everything
-- else does that locks several of them.
CREATE FUNCTION count_faces() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    changed record;
BEGIN
    FOR changed IN
        SELECT directory, person, CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END AS faces
        FROM changed_faces GROUP BY directory, person ORDER BY directory, person
    LOOP
        UPDATE persons SET face_count = face_count + changed.faces
        WHERE directory = changed.directory AND person = changed.person;
    END LOOP;
    RETURN NULL;
END
$$;

-- A person who is gone after the statement was renamed by it, and kept the number.
CREATE FUNCTION count_moved_faces() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    moved record;
BEGIN
    FOR moved IN
        SELECT directory, earlier.person AS from_person, later.person AS to_person, count(*) AS faces
        FROM earlier_faces AS earlier JOIN later_faces AS later USING (directory, face)
        WHERE earlier.person <> later.person
        GROUP BY directory, earlier.person, later.person ORDER BY directory, earlier.person, later.person
    LOOP
        UPDATE persons SET face_count = face_count - moved.faces
        WHERE directory = moved.directory AND person = moved.from_person;
        IF FOUND THEN
            UPDATE persons SET face_count = face_count + moved.faces
            WHERE directory = moved.directory AND person = moved.to_person;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

CREATE TRIGGER faces_added AFTER INSERT ON faces REFERENCING NEW TABLE AS changed_faces
    FOR EACH STATEMENT EXECUTE FUNCTION count_faces();
CREATE TRIGGER faces_removed AFTER DELETE ON faces REFERENCING OLD TABLE AS changed_faces
    FOR EACH STATEMENT EXECUTE FUNCTION count_faces();
CREATE TRIGGER faces_moved AFTER UPDATE ON faces REFERENCING OLD TABLE AS earlier_faces NEW TABLE AS later_faces
    FOR EACH STATEMENT EXECUTE FUNCTION count_moved_faces();

-- A name with the letters that people without them spell as two (ICAO Doc 9303, part 3): Müller as Mueller.
CREATE FUNCTION spelled_out(name text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
SELECT CASE WHEN octet_length(name) = length(name) THEN name ELSE
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(
        normalize(name, NFC) COLLATE "C", '[Ää]', 'ae', 'g'), '[ÖöØø]', 'oe', 'g'), '[Üü]', 'ue', 'g'), '[Åå]', 'aa', 'g'
    )
END
$$;

-- What is added to the searched text of a name that can be spelled in another way. Its body is parsed now: a restore
-- evaluates it without a search path.
CREATE FUNCTION other_spelling(name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN spelled_out(name) <> normalize(name, NFC) THEN E'\n' || folded_name(spelled_out(name)) ELSE '' END;

CREATE FUNCTION counted_faces(of_directory text, of_person text) RETURNS bigint
    LANGUAGE sql STABLE
AS $$ SELECT count(*) FROM faces WHERE directory = of_directory AND person = of_person $$;

-- This writes all persons once. The triggers have locked `faces` against writers.
ALTER TABLE persons
    ALTER COLUMN face_count TYPE bigint USING counted_faces(directory, person),
    DROP COLUMN search_text,
    ADD COLUMN search_text text COLLATE "C" NOT NULL GENERATED ALWAYS AS (
        folded_name(person) || E'\n' || folded_name(coalesce(display_name, '')) || E'\n'
        || folded_name(coalesce(external_id, '')) || other_spelling(person)
        || other_spelling(coalesce(display_name, '')) || other_spelling(coalesce(external_id, ''))
    ) STORED;

DROP FUNCTION counted_faces(text, text);

CREATE INDEX persons_by_faces ON persons (directory, face_count, person);
CREATE INDEX persons_unnamed ON persons (directory, sort_name, person) WHERE display_name IS NULL;

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
