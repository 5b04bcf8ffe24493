"""A database as CompreFace keeps it."""

# The columns that are read, and which of them may be NULL, as in CompreFace 1.2.
TABLES = """
CREATE TABLE model (id bigint PRIMARY KEY, name varchar, guid varchar, app_id bigint, api_key varchar UNIQUE);
CREATE TABLE subject (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), api_key varchar(36), subject_name varchar);
CREATE TABLE img (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), content bytea);
CREATE TABLE embedding (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), subject_id uuid NOT NULL REFERENCES subject,
    embedding float8[] NOT NULL, calculator varchar NOT NULL, img_id uuid REFERENCES img
);
INSERT INTO model VALUES (1, 'staff', 'g', 1, 'key-1'), (2, 'guests', 'h', 1, 'key-2');
"""
FACE = """
WITH new AS (INSERT INTO img (content) SELECT %(photo)s::bytea WHERE %(photo)s::bytea IS NOT NULL RETURNING id),
known AS (SELECT id FROM subject WHERE subject_name = %(person)s AND api_key = %(key)s),
added AS (
    INSERT INTO subject (api_key, subject_name) SELECT %(key)s, %(person)s WHERE NOT EXISTS (SELECT FROM known)
    RETURNING id
)
INSERT INTO embedding (subject_id, embedding, calculator, img_id)
SELECT (SELECT id FROM known UNION ALL SELECT id FROM added), '{0.5,0.5}', 'facenet.Calculator@20180402-114759',
    (SELECT id FROM new)
"""
