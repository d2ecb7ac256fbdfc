-- Owner votes (业主表决): the register of owners, votes and their matters, who may vote in each, ballots and paper ballots that wait for the second
-- reading. Who an owner or a proxy is lies sealed; ballots lie by seat and never by name.

CREATE TABLE ballot_owner (
    district_id INTEGER NOT NULL REFERENCES district (id),
    id          BLOB    NOT NULL,
    -- The number of the document as a keyed hash: owners are told apart by it, not by their names.
    lookup      BLOB    NOT NULL,
    -- Name and number, sealed.
    sealed      BLOB    NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX ballot_owner_lookup ON ballot_owner (district_id, lookup);

CREATE TABLE ballot_unit (
    district_id INTEGER NOT NULL REFERENCES district (id),
    id          BLOB    NOT NULL,
    code        TEXT    NOT NULL,
    place_path  TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    -- 0.01 m².
    area        INTEGER NOT NULL,
    area_source TEXT    NOT NULL,
    standing    TEXT    NOT NULL,
    -- The same for all parts of one owner.
    head        BLOB    NOT NULL,
    owners      INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    struck_at   INTEGER,
    PRIMARY KEY (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX ballot_unit_code ON ballot_unit (district_id, code) WHERE struck_at IS NULL;
CREATE INDEX ballot_unit_place ON ballot_unit (district_id, place_path);

CREATE TABLE ballot_holding (
    district_id INTEGER NOT NULL,
    unit_id     BLOB    NOT NULL,
    owner_id    BLOB    NOT NULL,
    -- Whether this owner speaks for all of them: co-owners have one vote together.
    speaks      INTEGER NOT NULL,
    PRIMARY KEY (district_id, unit_id, owner_id),
    CONSTRAINT ballot_holding_unit FOREIGN KEY (district_id, unit_id) REFERENCES ballot_unit (district_id, id),
    CONSTRAINT ballot_holding_owner FOREIGN KEY (district_id, owner_id) REFERENCES ballot_owner (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE ballot_vote (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    id           BLOB    NOT NULL,
    number       TEXT    NOT NULL,
    place_path   TEXT    NOT NULL,
    mode         TEXT    NOT NULL,
    called       TEXT    NOT NULL,
    title        TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    with_parking INTEGER NOT NULL,
    silent       TEXT    NOT NULL,
    silent_basis TEXT    NOT NULL,
    rule         TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    drafted_at   INTEGER NOT NULL,
    drafted_by   TEXT    NOT NULL,
    posted_at    INTEGER,
    notice_id    BLOB,
    may_open_at  INTEGER,
    opened_at    INTEGER,
    closes_at    INTEGER,
    all_area     INTEGER NOT NULL,
    all_heads    INTEGER NOT NULL,
    homes        INTEGER NOT NULL,
    -- What the electorate hashes to since the opening.
    electorate   BLOB,
    closed_at    INTEGER,
    origin       TEXT    NOT NULL,
    decision     TEXT    NOT NULL,
    seal         TEXT    NOT NULL,
    due_at       INTEGER,
    announced_at INTEGER,
    -- Why it was withdrawn.
    withdrawn    TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    PRIMARY KEY (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX ballot_vote_place ON ballot_vote (district_id, place_path);
CREATE INDEX ballot_vote_closes ON ballot_vote (district_id, closes_at) WHERE state = 'open';

CREATE TABLE ballot_topic (
    district_id INTEGER NOT NULL,
    vote_id     BLOB    NOT NULL,
    no          INTEGER NOT NULL,
    matter      INTEGER,
    words       TEXT    NOT NULL,
    PRIMARY KEY (district_id, vote_id, no),
    CONSTRAINT ballot_topic_vote FOREIGN KEY (district_id, vote_id) REFERENCES ballot_vote (district_id, id)
) STRICT, WITHOUT ROWID;

-- Who may vote, fixed at the opening. Only the number of ballots and the one that counts change.
CREATE TABLE ballot_seat (
    district_id INTEGER NOT NULL,
    vote_id     BLOB    NOT NULL,
    no          INTEGER NOT NULL,
    unit_id     BLOB,
    place_path  TEXT    NOT NULL,
    label       TEXT    NOT NULL,
    area        INTEGER NOT NULL,
    head        INTEGER NOT NULL,
    -- The head in the register at the opening: somebody else's ballot is not taken.
    head_key    BLOB,
    turn        INTEGER NOT NULL,
    -- When the home asked for a paper ballot.
    paper_at    INTEGER,
    ballot_id   BLOB,
    PRIMARY KEY (district_id, vote_id, no),
    CONSTRAINT ballot_seat_vote FOREIGN KEY (district_id, vote_id) REFERENCES ballot_vote (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX ballot_seat_place ON ballot_seat (district_id, place_path);

CREATE TABLE ballot_cast (
    district_id INTEGER NOT NULL,
    id          BLOB    NOT NULL,
    vote_id     BLOB    NOT NULL,
    seat        INTEGER NOT NULL,
    turn        INTEGER NOT NULL,
    way         TEXT    NOT NULL,
    choices     TEXT    NOT NULL,
    salt        BLOB    NOT NULL,
    -- The receipt as its hash; the code is made anew from the key of the installation.
    receipt     BLOB    NOT NULL,
    scan_id     BLOB,
    cast_at     INTEGER NOT NULL,
    cast_by     TEXT    NOT NULL,
    replaced_at INTEGER,
    PRIMARY KEY (district_id, id),
    CONSTRAINT ballot_cast_seat FOREIGN KEY (district_id, vote_id, seat) REFERENCES ballot_seat (district_id, vote_id, no)
) STRICT, WITHOUT ROWID;

-- One home, one ballot at a time: the last line that says so.
CREATE UNIQUE INDEX ballot_cast_turn ON ballot_cast (district_id, vote_id, seat, turn);
CREATE UNIQUE INDEX ballot_cast_counts ON ballot_cast (district_id, vote_id, seat) WHERE replaced_at IS NULL;
CREATE INDEX ballot_cast_receipt ON ballot_cast (district_id, receipt);

-- A paper ballot: read once, waiting for somebody else to read it, then counted or void.
CREATE TABLE ballot_scan (
    district_id INTEGER NOT NULL,
    id          BLOB    NOT NULL,
    vote_id     BLOB    NOT NULL,
    seat        INTEGER NOT NULL,
    hash        BLOB    NOT NULL,
    way         TEXT    NOT NULL,
    choices     TEXT    NOT NULL,
    holder      BLOB,
    holder_name BLOB,
    replaces    INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    first_by    BLOB    NOT NULL,
    first_at    INTEGER NOT NULL,
    second_by   BLOB,
    second_at   INTEGER,
    reason      TEXT    NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT ballot_scan_seat FOREIGN KEY (district_id, vote_id, seat) REFERENCES ballot_seat (district_id, vote_id, no)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX ballot_scan_waits ON ballot_scan (district_id, vote_id, seat) WHERE state = 'waiting';
CREATE UNIQUE INDEX ballot_scan_picture ON ballot_scan (district_id, vote_id, hash) WHERE state <> 'void';
CREATE INDEX ballot_scan_of ON ballot_scan (district_id, vote_id, state);

-- For how many homes a proxy speaks in a vote.
CREATE TABLE ballot_proxy (
    district_id INTEGER NOT NULL,
    vote_id     BLOB    NOT NULL,
    holder      BLOB    NOT NULL,
    seat        INTEGER NOT NULL,
    PRIMARY KEY (district_id, vote_id, holder, seat),
    CONSTRAINT ballot_proxy_seat FOREIGN KEY (district_id, vote_id, seat) REFERENCES ballot_seat (district_id, vote_id, no)
) STRICT, WITHOUT ROWID;
