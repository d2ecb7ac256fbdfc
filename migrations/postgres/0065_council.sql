-- Meetings of a community (议事): who is called to what, what was said and decided, who does what by when, the minutes in their versions, where the paper
-- hangs. Opinions are kept by side of the table, never by name. What is undertaken is an ordinary case; here is only which.

CREATE TABLE council_meeting (
    district_id       BIGINT  NOT NULL REFERENCES district (id),
    id                UUID    NOT NULL,
    place_path        TEXT    NOT NULL,
    number            TEXT    NOT NULL,
    kind              TEXT    NOT NULL,
    state             TEXT    NOT NULL,
    title             TEXT    NOT NULL,
    starts_at         BIGINT  NOT NULL,
    ends_at           BIGINT  NOT NULL,
    venue             TEXT    NOT NULL,
    convener          TEXT    NOT NULL,
    -- SEQUENCE of RFC 5545: how often what was told of it has changed.
    sequence          BIGINT  NOT NULL,
    short_because     TEXT    NOT NULL,
    cancelled_because TEXT    NOT NULL,
    called_at         BIGINT,
    held_at           BIGINT,
    approved_at       BIGINT,
    published_at      BIGINT,
    notice_id         UUID,
    result_id         UUID,
    minutes           BIGINT  NOT NULL,
    made_at           BIGINT  NOT NULL,
    made_by           UUID    NOT NULL,
    changed_at        BIGINT  NOT NULL,
    version           BIGINT  NOT NULL,
    PRIMARY KEY (district_id, id)
);

CREATE INDEX council_meeting_place ON council_meeting (district_id, place_path, starts_at);
CREATE INDEX council_meeting_starts ON council_meeting (district_id, starts_at);

CREATE TABLE council_item (
    district_id  BIGINT  NOT NULL,
    id           UUID    NOT NULL,
    meeting_id   UUID    NOT NULL,
    no           BIGINT  NOT NULL,
    title        TEXT    NOT NULL,
    matter       TEXT    NOT NULL,
    place_path   TEXT    NOT NULL,
    source       TEXT    NOT NULL,
    source_id    UUID,
    -- The item of an earlier meeting that it goes on from, and the one that it goes on as.
    carried_from UUID,
    carried      BIGINT  NOT NULL,
    carried_to   UUID,
    electorate   TEXT    NOT NULL,
    outcome      TEXT    NOT NULL,
    decision     TEXT    NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT council_item_meeting FOREIGN KEY (district_id, meeting_id) REFERENCES council_meeting (district_id, id)
);

CREATE INDEX council_item_of ON council_item (district_id, meeting_id, no);
CREATE INDEX council_item_place ON council_item (district_id, place_path);
-- A case or a proposal is on an agenda once.
CREATE UNIQUE INDEX council_item_once ON council_item (district_id, meeting_id, source_id) WHERE source_id IS NOT NULL;

CREATE TABLE council_seat (
    district_id BIGINT  NOT NULL,
    id          UUID    NOT NULL,
    meeting_id  UUID    NOT NULL,
    party       TEXT    NOT NULL,
    person_id   UUID,
    title       TEXT    NOT NULL,
    -- The name of somebody without an account, sealed.
    sealed_name BYTEA,
    heads       BIGINT  NOT NULL,
    presence    TEXT    NOT NULL,
    confirmed   BIGINT  NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT council_seat_meeting FOREIGN KEY (district_id, meeting_id) REFERENCES council_meeting (district_id, id)
);

CREATE INDEX council_seat_of ON council_seat (district_id, meeting_id);
CREATE INDEX council_seat_person ON council_seat (district_id, person_id) WHERE person_id IS NOT NULL;
-- Somebody has one seat.
CREATE UNIQUE INDEX council_seat_once ON council_seat (district_id, meeting_id, person_id) WHERE person_id IS NOT NULL;

CREATE TABLE council_opinion (
    district_id BIGINT  NOT NULL,
    id          UUID    NOT NULL,
    item_id     UUID    NOT NULL,
    meeting_id  UUID    NOT NULL,
    party       TEXT    NOT NULL,
    stance      TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    answered    TEXT,
    answer      TEXT    NOT NULL,
    made_at     BIGINT  NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT council_opinion_item FOREIGN KEY (district_id, item_id) REFERENCES council_item (district_id, id)
);

CREATE INDEX council_opinion_of ON council_opinion (district_id, meeting_id);

-- A residents' vote (居民会议表决): heads, never areas; the owners' vote lies elsewhere.
CREATE TABLE council_tally (
    district_id BIGINT  NOT NULL,
    item_id     UUID    NOT NULL,
    meeting_id  UUID    NOT NULL,
    represented TEXT    NOT NULL,
    eligible    BIGINT  NOT NULL,
    present     BIGINT  NOT NULL,
    yes         BIGINT  NOT NULL,
    no          BIGINT  NOT NULL,
    abstained   BIGINT  NOT NULL,
    ruling      TEXT    NOT NULL,
    rule        TEXT    NOT NULL,
    made_at     BIGINT  NOT NULL,
    PRIMARY KEY (district_id, item_id),
    CONSTRAINT council_tally_item FOREIGN KEY (district_id, item_id) REFERENCES council_item (district_id, id)
);

CREATE INDEX council_tally_of ON council_tally (district_id, meeting_id);

CREATE TABLE council_action (
    district_id BIGINT  NOT NULL,
    id          UUID    NOT NULL,
    meeting_id  UUID    NOT NULL,
    item_id     UUID    NOT NULL,
    case_id     UUID    NOT NULL,
    what        TEXT    NOT NULL,
    who         TEXT    NOT NULL,
    due_at      BIGINT  NOT NULL,
    made_at     BIGINT  NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT council_action_item FOREIGN KEY (district_id, item_id) REFERENCES council_item (district_id, id),
    CONSTRAINT council_action_case FOREIGN KEY (district_id, case_id) REFERENCES case_file (district_id, id)
);

CREATE INDEX council_action_of ON council_action (district_id, meeting_id);

CREATE TABLE council_minutes (
    district_id BIGINT  NOT NULL,
    meeting_id  UUID    NOT NULL,
    version     BIGINT  NOT NULL,
    body        TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    made_at     BIGINT  NOT NULL,
    made_by     UUID    NOT NULL,
    -- Which change of the meeting it was: whatever was written down later is not in it.
    of_version  BIGINT  NOT NULL,
    approved_at BIGINT,
    approved_by UUID,
    PRIMARY KEY (district_id, meeting_id, version),
    CONSTRAINT council_minutes_meeting FOREIGN KEY (district_id, meeting_id) REFERENCES council_meeting (district_id, id)
);

-- A notice or a result as it hangs somewhere, with its photo (张贴凭证).
CREATE TABLE council_posting (
    district_id BIGINT  NOT NULL,
    id          UUID    NOT NULL,
    meeting_id  UUID    NOT NULL,
    paper       TEXT    NOT NULL,
    place_path  TEXT    NOT NULL,
    posted_at   BIGINT  NOT NULL,
    posted_by   UUID    NOT NULL,
    photo_hash  BYTEA,
    thumb_hash  BYTEA,
    PRIMARY KEY (district_id, id),
    CONSTRAINT council_posting_meeting FOREIGN KEY (district_id, meeting_id) REFERENCES council_meeting (district_id, id)
);

CREATE INDEX council_posting_of ON council_posting (district_id, meeting_id, posted_at);
CREATE INDEX council_posting_place ON council_posting (district_id, place_path);

-- Months in which a community held no joint meeting, each told once.
CREATE TABLE council_month (
    district_id BIGINT  NOT NULL,
    place_path  TEXT    NOT NULL,
    month       TEXT    NOT NULL,
    told_at     BIGINT  NOT NULL,
    PRIMARY KEY (district_id, place_path, month)
);

-- The calendar feed of somebody: the hash of the token in its address.
CREATE TABLE council_feed (
    district_id BIGINT  NOT NULL REFERENCES district (id),
    person_id   UUID    NOT NULL,
    token_hash  BYTEA    NOT NULL,
    made_at     BIGINT  NOT NULL,
    PRIMARY KEY (district_id, person_id)
);

CREATE INDEX council_feed_token ON council_feed (district_id, token_hash);
