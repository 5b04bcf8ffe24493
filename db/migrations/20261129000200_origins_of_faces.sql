-- Where the embedding of an enrolled face comes from, so that what a bundle brought unchecked can be told from the rest.

-- migrate:up

-- photograph: from a photograph. crop: from a crop, or a bundle's embedding that agrees with the crop. bundle: from a
-- bundle that was trusted. NULL: enrolled by a release that did not record it.
ALTER TABLE faces ADD COLUMN origin text CHECK (origin IN ('photograph', 'crop', 'bundle'));
ALTER TABLE collapsed_faces ADD COLUMN origin text;

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
