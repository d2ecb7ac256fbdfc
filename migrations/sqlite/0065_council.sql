-- Meetings of a community (议事): who is called to what, what was said and decided, who does what by when, the minutes in their versions, where the paper
-- hangs. Opinions are kept by side of the table, never by name. What is undertaken is an ordinary case; here is only which.

CREATE TABLE council_meeting (
    district_id       INTEGER NOT NULL REFERENCES district (id),
    id                BLOB    NOT NULL,
    place_path        TEXT    NOT NULL,
    number            TEXT    NOT NULL,
    kind              TEXT    NOT NULL,
    state             TEXT    NOT NULL,
    title             TEXT    NOT NULL,
    starts_at         INTEGER NOT NULL,
    ends_at           INTEGER NOT NULL,
    venue             TEXT    NOT NULL,
    convener          TEXT    NOT NULL,
    -- SEQUENCE of RFC 5545: how often what was told of it has changed.
    sequence          INTEGER NOT NULL,
    short_because     TEXT    NOT NULL,
    cancelled_because TEXT    NOT NULL,
    called_at         INTEGER,
    held_at           INTEGER,
    approved_at       INTEGER,
    published_at      INTEGER,
    notice_id         BLOB,
    result_id         BLOB,
    minutes           INTEGER NOT NULL,
    made_at           INTEGER NOT NULL,
    made_by           BLOB    NOT NULL,
    changed_at        INTEGER NOT NULL,
    version           INTEGER NOT NULL,
    PRIMARY KEY (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX council_meeting_place ON council_meeting (district_id, place_path, starts_at);
CREATE INDEX council_meeting_starts ON council_meeting (district_id, starts_at);

CREATE TABLE council_item (
    district_id  INTEGER NOT NULL,
    id           BLOB    NOT NULL,
    meeting_id   BLOB    NOT NULL,
    no           INTEGER NOT NULL,
    title        TEXT    NOT NULL,
    matter       TEXT    NOT NULL,
    place_path   TEXT    NOT NULL,
    source       TEXT    NOT NULL,
    source_id    BLOB,
    -- The item of an earlier meeting that it goes on from, and the one that it goes on as.
    carried_from BLOB,
    carried      INTEGER NOT NULL,
    carried_to   BLOB,
    electorate   TEXT    NOT NULL,
    outcome      TEXT    NOT NULL,
    decision     TEXT    NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT council_item_meeting FOREIGN KEY (district_id, meeting_id) REFERENCES council_meeting (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX council_item_of ON council_item (district_id, meeting_id, no);
CREATE INDEX council_item_place ON council_item (district_id, place_path);
-- A case or a proposal is on an agenda once.
CREATE UNIQUE INDEX council_item_once ON council_item (district_id, meeting_id, source_id) WHERE source_id IS NOT NULL;

CREATE TABLE council_seat (
    district_id INTEGER NOT NULL,
    id          BLOB    NOT NULL,
    meeting_id  BLOB    NOT NULL,
    party       TEXT    NOT NULL,
    person_id   BLOB,
    title       TEXT    NOT NULL,
    -- The name of somebody without an account, sealed.
    sealed_name BLOB,
    heads       INTEGER NOT NULL,
    presence    TEXT    NOT NULL,
    confirmed   INTEGER NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT council_seat_meeting FOREIGN KEY (district_id, meeting_id) REFERENCES council_meeting (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX council_seat_of ON council_seat (district_id, meeting_id);
CREATE INDEX council_seat_person ON council_seat (district_id, person_id) WHERE person_id IS NOT NULL;
-- Somebody has one seat.
CREATE UNIQUE INDEX council_seat_once ON council_seat (district_id, meeting_id, person_id) WHERE person_id IS NOT NULL;

CREATE TABLE council_opinion (
    district_id INTEGER NOT NULL,
    id          BLOB    NOT NULL,
    item_id     BLOB    NOT NULL,
    meeting_id  BLOB    NOT NULL,
    party       TEXT    NOT NULL,
    stance      TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    answered    TEXT,
    answer      TEXT    NOT NULL,
    made_at     INTEGER NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT council_opinion_item FOREIGN KEY (district_id, item_id) REFERENCES council_item (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX council_opinion_of ON council_opinion (district_id, meeting_id);

-- A residents' vote (居民会议表决): heads, never areas; the owners' vote lies elsewhere.
CREATE TABLE council_tally (
    district_id INTEGER NOT NULL,
    item_id     BLOB    NOT NULL,
    meeting_id  BLOB    NOT NULL,
    represented TEXT    NOT NULL,
    eligible    INTEGER NOT NULL,
    present     INTEGER NOT NULL,
    yes         INTEGER NOT NULL,
    no          INTEGER NOT NULL,
    abstained   INTEGER NOT NULL,
    ruling      TEXT    NOT NULL,
    rule        TEXT    NOT NULL,
    made_at     INTEGER NOT NULL,
    PRIMARY KEY (district_id, item_id),
    CONSTRAINT council_tally_item FOREIGN KEY (district_id, item_id) REFERENCES council_item (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX council_tally_of ON council_tally (district_id, meeting_id);

CREATE TABLE council_action (
    district_id INTEGER NOT NULL,
    id          BLOB    NOT NULL,
    meeting_id  BLOB    NOT NULL,
    item_id     BLOB    NOT NULL,
    case_id     BLOB    NOT NULL,
    what        TEXT    NOT NULL,
    who         TEXT    NOT NULL,
    due_at      INTEGER NOT NULL,
    made_at     INTEGER NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT council_action_item FOREIGN KEY (district_id, item_id) REFERENCES council_item (district_id, id),
    CONSTRAINT council_action_case FOREIGN KEY (district_id, case_id) REFERENCES case_file (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX council_action_of ON council_action (district_id, meeting_id);

CREATE TABLE council_minutes (
    district_id INTEGER NOT NULL,
    meeting_id  BLOB    NOT NULL,
    version     INTEGER NOT NULL,
    body        TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    made_at     INTEGER NOT NULL,
    made_by     BLOB    NOT NULL,
    -- Which change of the meeting it was: whatever was written down later is not in it.
    of_version  INTEGER NOT NULL,
    approved_at INTEGER,
    approved_by BLOB,
    PRIMARY KEY (district_id, meeting_id, version),
    CONSTRAINT council_minutes_meeting FOREIGN KEY (district_id, meeting_id) REFERENCES council_meeting (district_id, id)
) STRICT, WITHOUT ROWID;

-- A notice or a result as it hangs somewhere, with its photo (张贴凭证).
CREATE TABLE council_posting (
    district_id INTEGER NOT NULL,
    id          BLOB    NOT NULL,
    meeting_id  BLOB    NOT NULL,
    paper       TEXT    NOT NULL,
    place_path  TEXT    NOT NULL,
    posted_at   INTEGER NOT NULL,
    posted_by   BLOB    NOT NULL,
    photo_hash  BLOB,
    thumb_hash  BLOB,
    PRIMARY KEY (district_id, id),
    CONSTRAINT council_posting_meeting FOREIGN KEY (district_id, meeting_id) REFERENCES council_meeting (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX council_posting_of ON council_posting (district_id, meeting_id, posted_at);
CREATE INDEX council_posting_place ON council_posting (district_id, place_path);

-- Months in which a community held no joint meeting, each told once.
CREATE TABLE council_month (
    district_id INTEGER NOT NULL,
    place_path  TEXT    NOT NULL,
    month       TEXT    NOT NULL,
    told_at     INTEGER NOT NULL,
    PRIMARY KEY (district_id, place_path, month)
) STRICT, WITHOUT ROWID;

-- The calendar feed of somebody: the hash of the token in its address.
CREATE TABLE council_feed (
    district_id INTEGER NOT NULL REFERENCES district (id),
    person_id   BLOB    NOT NULL,
    token_hash  BLOB    NOT NULL,
    made_at     INTEGER NOT NULL,
    PRIMARY KEY (district_id, person_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX council_feed_token ON council_feed (district_id, token_hash);
