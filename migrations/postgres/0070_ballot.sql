-- Owner votes (业主表决): the register of owners, votes and their matters, who may vote in each, ballots and paper ballots that wait for the second
-- reading. Who an owner or a proxy is lies sealed; ballots lie by seat and never by name.

CREATE TABLE ballot_owner (
    district_id BIGINT  NOT NULL REFERENCES district (id),
    id          UUID    NOT NULL,
    -- The number of the document as a keyed hash: owners are told apart by it, not by their names.
    lookup      BYTEA   NOT NULL,
    -- Name and number, sealed.
    sealed      BYTEA   NOT NULL,
    recorded_at BIGINT  NOT NULL,
    PRIMARY KEY (district_id, id)
);

CREATE UNIQUE INDEX ballot_owner_lookup ON ballot_owner (district_id, lookup);

CREATE TABLE ballot_unit (
    district_id BIGINT  NOT NULL REFERENCES district (id),
    id          UUID    NOT NULL,
    code        TEXT    NOT NULL,
    place_path  TEXT COLLATE "C" NOT NULL,
    kind        TEXT    NOT NULL,
    -- 0.01 m².
    area        BIGINT  NOT NULL,
    area_source TEXT    NOT NULL,
    standing    TEXT    NOT NULL,
    -- The same for all parts of one owner.
    head        BYTEA   NOT NULL,
    owners      BIGINT  NOT NULL,
    recorded_at BIGINT  NOT NULL,
    struck_at   BIGINT,
    PRIMARY KEY (district_id, id)
);

CREATE UNIQUE INDEX ballot_unit_code ON ballot_unit (district_id, code) WHERE struck_at IS NULL;
CREATE INDEX ballot_unit_place ON ballot_unit (district_id, place_path);

CREATE TABLE ballot_holding (
    district_id BIGINT  NOT NULL,
    unit_id     UUID    NOT NULL,
    owner_id    UUID    NOT NULL,
    -- Whether this owner speaks for all of them: co-owners have one vote together.
    speaks      BIGINT  NOT NULL,
    PRIMARY KEY (district_id, unit_id, owner_id),
    CONSTRAINT ballot_holding_unit FOREIGN KEY (district_id, unit_id) REFERENCES ballot_unit (district_id, id),
    CONSTRAINT ballot_holding_owner FOREIGN KEY (district_id, owner_id) REFERENCES ballot_owner (district_id, id)
);

CREATE TABLE ballot_vote (
    district_id  BIGINT  NOT NULL REFERENCES district (id),
    id           UUID    NOT NULL,
    number       TEXT    NOT NULL,
    place_path   TEXT COLLATE "C" NOT NULL,
    mode         TEXT    NOT NULL,
    called       TEXT    NOT NULL,
    title        TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    with_parking BIGINT  NOT NULL,
    silent       TEXT    NOT NULL,
    silent_basis TEXT    NOT NULL,
    rule         TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    drafted_at   BIGINT  NOT NULL,
    drafted_by   TEXT    NOT NULL,
    posted_at    BIGINT,
    notice_id    UUID,
    may_open_at  BIGINT,
    opened_at    BIGINT,
    closes_at    BIGINT,
    all_area     BIGINT  NOT NULL,
    all_heads    BIGINT  NOT NULL,
    homes        BIGINT  NOT NULL,
    -- What the electorate hashes to since the opening.
    electorate   BYTEA,
    closed_at    BIGINT,
    origin       TEXT    NOT NULL,
    decision     TEXT    NOT NULL,
    seal         TEXT    NOT NULL,
    due_at       BIGINT,
    announced_at BIGINT,
    -- Why it was withdrawn.
    withdrawn    TEXT    NOT NULL,
    version      BIGINT  NOT NULL,
    PRIMARY KEY (district_id, id)
);

CREATE INDEX ballot_vote_place ON ballot_vote (district_id, place_path);
CREATE INDEX ballot_vote_closes ON ballot_vote (district_id, closes_at) WHERE state = 'open';

CREATE TABLE ballot_topic (
    district_id BIGINT  NOT NULL,
    vote_id     UUID    NOT NULL,
    no          BIGINT  NOT NULL,
    matter      BIGINT,
    words       TEXT    NOT NULL,
    PRIMARY KEY (district_id, vote_id, no),
    CONSTRAINT ballot_topic_vote FOREIGN KEY (district_id, vote_id) REFERENCES ballot_vote (district_id, id)
);

-- Who may vote, fixed at the opening. Only the number of ballots and the one that counts change.
CREATE TABLE ballot_seat (
    district_id BIGINT  NOT NULL,
    vote_id     UUID    NOT NULL,
    no          BIGINT  NOT NULL,
    unit_id     UUID,
    place_path  TEXT COLLATE "C" NOT NULL,
    label       TEXT    NOT NULL,
    area        BIGINT  NOT NULL,
    head        BIGINT  NOT NULL,
    -- The head in the register at the opening: somebody else's ballot is not taken.
    head_key    BYTEA,
    turn        BIGINT  NOT NULL,
    -- When the home asked for a paper ballot.
    paper_at    BIGINT,
    ballot_id   UUID,
    PRIMARY KEY (district_id, vote_id, no),
    CONSTRAINT ballot_seat_vote FOREIGN KEY (district_id, vote_id) REFERENCES ballot_vote (district_id, id)
);

CREATE INDEX ballot_seat_place ON ballot_seat (district_id, place_path);

CREATE TABLE ballot_cast (
    district_id BIGINT  NOT NULL,
    id          UUID    NOT NULL,
    vote_id     UUID    NOT NULL,
    seat        BIGINT  NOT NULL,
    turn        BIGINT  NOT NULL,
    way         TEXT    NOT NULL,
    choices     TEXT    NOT NULL,
    salt        BYTEA   NOT NULL,
    -- The receipt as its hash; the code is made anew from the key of the installation.
    receipt     BYTEA   NOT NULL,
    scan_id     UUID,
    cast_at     BIGINT  NOT NULL,
    cast_by     TEXT    NOT NULL,
    replaced_at BIGINT,
    PRIMARY KEY (district_id, id),
    CONSTRAINT ballot_cast_seat FOREIGN KEY (district_id, vote_id, seat) REFERENCES ballot_seat (district_id, vote_id, no)
);

-- One home, one ballot at a time: the last line that says so.
CREATE UNIQUE INDEX ballot_cast_turn ON ballot_cast (district_id, vote_id, seat, turn);
CREATE UNIQUE INDEX ballot_cast_counts ON ballot_cast (district_id, vote_id, seat) WHERE replaced_at IS NULL;
CREATE INDEX ballot_cast_receipt ON ballot_cast (district_id, receipt);

-- A paper ballot: read once, waiting for somebody else to read it, then counted or void.
CREATE TABLE ballot_scan (
    district_id BIGINT  NOT NULL,
    id          UUID    NOT NULL,
    vote_id     UUID    NOT NULL,
    seat        BIGINT  NOT NULL,
    hash        BYTEA   NOT NULL,
    way         TEXT    NOT NULL,
    choices     TEXT    NOT NULL,
    holder      BYTEA,
    holder_name BYTEA,
    replaces    BIGINT  NOT NULL,
    state       TEXT    NOT NULL,
    first_by    UUID    NOT NULL,
    first_at    BIGINT  NOT NULL,
    second_by   UUID,
    second_at   BIGINT,
    reason      TEXT    NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT ballot_scan_seat FOREIGN KEY (district_id, vote_id, seat) REFERENCES ballot_seat (district_id, vote_id, no)
);

CREATE UNIQUE INDEX ballot_scan_waits ON ballot_scan (district_id, vote_id, seat) WHERE state = 'waiting';
CREATE UNIQUE INDEX ballot_scan_picture ON ballot_scan (district_id, vote_id, hash) WHERE state <> 'void';
CREATE INDEX ballot_scan_of ON ballot_scan (district_id, vote_id, state);

-- For how many homes a proxy speaks in a vote.
CREATE TABLE ballot_proxy (
    district_id BIGINT  NOT NULL,
    vote_id     UUID    NOT NULL,
    holder      BYTEA   NOT NULL,
    seat        BIGINT  NOT NULL,
    PRIMARY KEY (district_id, vote_id, holder, seat),
    CONSTRAINT ballot_proxy_seat FOREIGN KEY (district_id, vote_id, seat) REFERENCES ballot_seat (district_id, vote_id, no)
);
