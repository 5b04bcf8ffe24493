-- Consent of persons, the restriction of their processing, and a directory's rules about both.

-- migrate:up

-- All NULL: no consent is recorded. text: identifier of the text that was agreed to. basis: see the API.
ALTER TABLE persons
    ADD COLUMN consent_given_at timestamptz,
    ADD COLUMN consent_text text,
    ADD COLUMN consent_basis text,
    ADD COLUMN consent_until timestamptz, -- NULL: without an end
    ADD COLUMN consent_withdrawn_at timestamptz,
    ADD COLUMN restricted boolean NOT NULL DEFAULT false, -- the person stays, and is never named
    -- The consent is valid before this time; -infinity: there is none.
    ADD COLUMN consent_ends_at timestamptz NOT NULL GENERATED ALWAYS AS (
        CASE WHEN consent_given_at IS NULL THEN '-infinity'
            ELSE coalesce(least(consent_until, consent_withdrawn_at), 'infinity') END
    ) STORED,
    ADD CONSTRAINT persons_consent_complete CHECK (
        (num_nulls(consent_given_at, consent_text, consent_basis) = 0)
        OR (num_nonnulls(consent_given_at, consent_text, consent_basis, consent_until, consent_withdrawn_at) = 0)
    ),
    ADD CONSTRAINT persons_consent_in_order CHECK (
        consent_until > consent_given_at AND consent_withdrawn_at >= consent_given_at
    );

-- Whom a search must not name: read in each search, so both hold no other persons than those, and all that is needed.
CREATE INDEX persons_restricted ON persons (directory, person) WHERE restricted;
CREATE INDEX persons_by_consent_end ON persons (directory, consent_ends_at, person);

ALTER TABLE merged_persons
    ADD COLUMN consent_given_at timestamptz,
    ADD COLUMN consent_text text,
    ADD COLUMN consent_basis text,
    ADD COLUMN consent_until timestamptz,
    ADD COLUMN consent_withdrawn_at timestamptz,
    ADD COLUMN restricted boolean NOT NULL DEFAULT false;

ALTER TABLE directories
    ADD COLUMN require_consent boolean, -- NULL: false
    ADD COLUMN delete_without_consent_days integer CHECK (delete_without_consent_days >= 0); -- NULL: never

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
