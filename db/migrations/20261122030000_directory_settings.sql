-- Settings of a directory, one column each; NULL leaves a thing to the service's default.
-- A threshold is a cosine of one model and means nothing for another's, so the model is kept with it.

-- migrate:up
ALTER TABLE directories
    ADD COLUMN fpir double precision CHECK (fpir > 0 AND fpir < 1),
    ADD COLUMN threshold double precision CHECK (threshold BETWEEN -1 AND 1),
    ADD COLUMN threshold_model text COLLATE "C",
    ADD CONSTRAINT directories_fpir_or_threshold CHECK (num_nonnulls(fpir, threshold) <= 1),
    ADD CONSTRAINT directories_threshold_of_a_model CHECK ((threshold IS NULL) = (threshold_model IS NULL));

-- migrate:down
-- Migrations only go forward: code of the previous release runs on the new schema.
