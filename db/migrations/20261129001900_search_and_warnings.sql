-- What a page for people needs: persons found by any part of their name, doubts about enrolled faces and pairs of
-- look-alikes that stay listed until somebody decides, and lists by time.

-- migrate:up

-- A name as it is searched and sorted: without case, accents, and widths. Decomposed by compatibility (NFKD), without
-- the marks of Latin, Greek, Cyrillic, Hebrew and Arabic letters and without invisible characters; each capital letter
-- is its small one, and letters that do not decompose are those that people without them write. It depends on no
-- collation, so that no upgrade of an operating system changes what is stored.
CREATE FUNCTION folded_name(name text) RETURNS text
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

ALTER TABLE persons
    ADD COLUMN search_text text COLLATE "C" NOT NULL GENERATED ALWAYS AS (
        folded_name(person) || E'\n' || folded_name(coalesce(display_name, '')) || E'\n'
        || folded_name(coalesce(external_id, ''))
    ) STORED,
    ADD COLUMN sort_name text COLLATE "C" NOT NULL GENERATED ALWAYS AS (
        left(folded_name(coalesce(display_name, person)), 100)
    ) STORED;

CREATE INDEX persons_by_name ON persons (directory, sort_name, person);

-- Doubts about whom a face shows. person: whose face it was when it was compared; a face that somebody else has since
-- has to be compared again. Dismissed doubts stay, so that they do not return.
CREATE TABLE face_warnings (
    directory text COLLATE "C" NOT NULL,
    face uuid NOT NULL,
    code text NOT NULL CHECK (code IN ('enrolled-as-another', 'closer-to-another', 'unlike-own')),
    person text COLLATE "C" NOT NULL,
    other text COLLATE "C", -- whom the face resembles
    value double precision NOT NULL,
    threshold double precision NOT NULL,
    found_at timestamptz NOT NULL DEFAULT now(),
    checked_at timestamptz NOT NULL DEFAULT now(),
    dismissed_at timestamptz,
    dismissal text CHECK (dismissal IN ('face', 'pair')), -- what somebody said is right: the face, or the two persons
    PRIMARY KEY (directory, face, code),
    CHECK ((dismissed_at IS NULL) = (dismissal IS NULL)),
    FOREIGN KEY (directory, face) REFERENCES faces ON DELETE CASCADE,
    FOREIGN KEY (directory, person) REFERENCES persons ON UPDATE CASCADE ON DELETE CASCADE,
    FOREIGN KEY (directory, other) REFERENCES persons ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX face_warnings_by_time ON face_warnings (directory, found_at, face, code);
CREATE INDEX face_warnings_by_person ON face_warnings (directory, person);
CREATE INDEX face_warnings_by_other ON face_warnings (directory, other) WHERE other IS NOT NULL;

-- Pairs of persons who may be one person. The order of the two says nothing: a new id may reverse it.
CREATE TABLE lookalikes (
    directory text COLLATE "C" NOT NULL,
    person text COLLATE "C" NOT NULL,
    other text COLLATE "C" NOT NULL CHECK (other <> person),
    similarity double precision, -- NULL: said to be two people before a likeness was found
    found_at timestamptz NOT NULL DEFAULT now(),
    checked_at timestamptz NOT NULL DEFAULT now(),
    dismissed_at timestamptz,
    PRIMARY KEY (directory, person, other),
    FOREIGN KEY (directory, person) REFERENCES persons ON UPDATE CASCADE ON DELETE CASCADE,
    FOREIGN KEY (directory, other) REFERENCES persons ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE UNIQUE INDEX lookalikes_pairs ON lookalikes (directory, least(person, other), greatest(person, other));
CREATE INDEX lookalikes_by_other ON lookalikes (directory, other);
CREATE INDEX lookalikes_by_similarity ON lookalikes (directory, coalesce(similarity, -2), person, other);

-- The latest comparison of a directory's faces with each other: position is the last face that it has compared.
CREATE TABLE comparisons (
    directory text COLLATE "C" PRIMARY KEY REFERENCES directories ON DELETE CASCADE,
    job uuid NOT NULL,
    model text COLLATE "C" NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    position uuid NOT NULL,
    compared bigint NOT NULL DEFAULT 0,
    finished_at timestamptz
);

CREATE INDEX images_by_creation ON images (directory, created_at, image);
CREATE INDEX merges_by_time ON merges (directory, merged_at, merge);
CREATE INDEX deletions_by_time ON deletions (directory, requested_at, deletion);

DO $$
BEGIN
    IF to_regprocedure('protect_directories()') IS NOT NULL THEN
        PERFORM protect_directories();
    END IF;
END
$$;

-- migrate:down
-- Migrations only go forward: the code of the previous release runs on the new schema.
