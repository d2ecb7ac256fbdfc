-- Words of cases: which case holds which token, kept from the journal behind what is reported. Holds no contact and no note.

-- The number of a case in the index. A text that changes gets a new number, so that what stands under the old one finds nothing.
CREATE TABLE case_doc (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    doc          INTEGER NOT NULL,
    case_id      BLOB NOT NULL,
    -- As it was indexed: open or ended, state, class, channel, role of the owner, place; one a line.
    marks        TEXT NOT NULL,
    text_hash    INTEGER NOT NULL,
    PRIMARY KEY (district_id, doc)
) WITHOUT ROWID;

CREATE UNIQUE INDEX case_doc_case ON case_doc (district_id, case_id);

-- For 4,096 numbers at a time, which of them hold a token: a list of two-byte numbers, or from 256 on a bit for each.
CREATE TABLE case_word (
    district_id  INTEGER NOT NULL,
    block        INTEGER NOT NULL,
    word         TEXT    NOT NULL,
    docs         BLOB NOT NULL,
    PRIMARY KEY (district_id, block, word)
) WITHOUT ROWID;

-- What was written without a journal line that names it: rows of files, cases that went along with a place.
CREATE TABLE case_unread (
    district_id  INTEGER NOT NULL,
    case_id      BLOB NOT NULL,
    PRIMARY KEY (district_id, case_id)
) WITHOUT ROWID;

-- How far the cases that were there before the index have been read, by id; gone when all of them are.
CREATE TABLE case_fill (
    district_id  INTEGER NOT NULL PRIMARY KEY REFERENCES district (id),
    after_id     BLOB NOT NULL
) WITHOUT ROWID;

INSERT INTO case_fill (district_id, after_id) SELECT id, x'00000000000000000000000000000000' FROM district
    WHERE EXISTS (SELECT 1 FROM case_file WHERE case_file.district_id = district.id);
INSERT INTO journal_cursor (district_id, reader, seq) SELECT district_id, 'cases.words', last_seq FROM journal_counter;

-- What runs out first, among what can run out: the desk and the sweep.
CREATE INDEX case_open_clock ON case_file (district_id, clock, due_at, id) WHERE closed_at IS NULL;
DROP INDEX case_open_due;
