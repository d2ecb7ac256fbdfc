-- Words of cases: which case holds which token, kept from the journal behind what is reported. Holds no contact and no note.

-- The number of a case in the index. A text that changes gets a new number, so that what stands under the old one finds nothing.
CREATE TABLE case_doc (
    district_id  BIGINT  NOT NULL REFERENCES district (id),
    doc          BIGINT  NOT NULL,
    case_id      UUID NOT NULL,
    -- As it was indexed: open or ended, state, class, channel, role of the owner, place; one a line.
    marks        TEXT NOT NULL,
    text_hash    BIGINT  NOT NULL,
    PRIMARY KEY (district_id, doc)
);

CREATE UNIQUE INDEX case_doc_case ON case_doc (district_id, case_id);

-- For 4,096 numbers at a time, which of them hold a token: a list of two-byte numbers, or from 256 on a bit for each.
CREATE TABLE case_word (
    district_id  BIGINT NOT NULL,
    block        BIGINT  NOT NULL,
    word         TEXT COLLATE "C" NOT NULL,
    docs         BYTEA NOT NULL,
    PRIMARY KEY (district_id, block, word)
);

-- What was written without a journal line that names it: rows of files, cases that went along with a place.
CREATE TABLE case_unread (
    district_id  BIGINT NOT NULL,
    case_id      UUID NOT NULL,
    PRIMARY KEY (district_id, case_id)
);

-- How far the cases that were there before the index have been read, by id; gone when all of them are.
CREATE TABLE case_fill (
    district_id  BIGINT  NOT NULL PRIMARY KEY REFERENCES district (id),
    after_id     UUID NOT NULL
);

INSERT INTO case_fill (district_id, after_id) SELECT id, CAST('00000000-0000-0000-0000-000000000000' AS UUID) FROM district
    WHERE EXISTS (SELECT 1 FROM case_file WHERE case_file.district_id = district.id);
INSERT INTO journal_cursor (district_id, reader, seq) SELECT district_id, 'cases.words', last_seq FROM journal_counter;

-- What runs out first, among what can run out: the desk and the sweep.
CREATE INDEX case_open_clock ON case_file (district_id, clock, due_at, id) WHERE closed_at IS NULL;
DROP INDEX case_open_due;
