-- How well a face can be recognized, and the floor below which a directory neither recognizes nor enrols faces.

-- migrate:up

-- 0 to 1: the chance that the face matches a good photograph of the same person. NULL: not measured; faces that were
-- enrolled before are measured from their crops.
ALTER TABLE faces ADD COLUMN recognizability real CHECK (recognizability BETWEEN 0 AND 1);
ALTER TABLE collapsed_faces ADD COLUMN recognizability real;

-- Finds the faces of a directory below a floor, the least recognizable first, and those not measured yet. The model comes
-- later than in a search, so that no search reads a directory in this order.
CREATE INDEX faces_by_recognizability ON faces (directory, recognizability, model, face);

-- NULL: the model's own floor. 0: off.
ALTER TABLE directories ADD COLUMN recognizability_floor double precision
    CHECK (recognizability_floor BETWEEN 0 AND 1);

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
