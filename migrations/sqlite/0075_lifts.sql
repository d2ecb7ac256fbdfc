-- Lifts for old stairwells (加装电梯): one project for each stairwell, what each home says, meetings, objections, schemes with their money, the plan by which
-- light is computed, postings, steps. What a home says in words is sealed; a home is named here and in no journal line.

CREATE TABLE lift_project (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    id           BLOB NOT NULL,
    -- The stairwell.
    place_path   TEXT NOT NULL,
    title        TEXT NOT NULL,
    stage        TEXT NOT NULL,
    -- The person who convenes.
    convener_id  BLOB NOT NULL,
    -- The rule by which consent is counted.
    rule         TEXT NOT NULL,
    -- Since when the property company sits at the table, and what it said.
    property_on  TEXT,
    property_by  TEXT NOT NULL,
    property_note TEXT NOT NULL,
    scheme_id    BLOB,
    begun_at     INTEGER NOT NULL,
    begun_by     BLOB NOT NULL,
    passed_at    INTEGER,
    signed_at    INTEGER,
    version      INTEGER NOT NULL,
    PRIMARY KEY (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX lift_project_place ON lift_project (district_id, place_path);

-- The homes of a stairwell, taken from the ground when the project began; what was signed for each.
CREATE TABLE lift_home (
    district_id  INTEGER NOT NULL,
    project_id   BLOB NOT NULL,
    place_path   TEXT NOT NULL,
    floor        INTEGER NOT NULL,
    -- The how manieth home of its floor, from 1.
    door         INTEGER NOT NULL,
    room         TEXT NOT NULL,
    -- 0.01 m², and where it is from: register, survey, contract.
    area         INTEGER,
    area_source  TEXT NOT NULL,
    -- Homes of one owner have one number: they count one head.
    owner_no     INTEGER NOT NULL,
    signed_at    INTEGER,
    signed_how   TEXT,
    signed_paper BLOB,
    -- What was signed, fen.
    share        INTEGER,
    compensation INTEGER,
    -- The day of the last sale told; the agreement goes on.
    sold_on      TEXT,
    PRIMARY KEY (district_id, project_id, place_path),
    CONSTRAINT lift_home_of FOREIGN KEY (district_id, project_id) REFERENCES lift_project (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX lift_home_place ON lift_home (district_id, place_path);

-- Each word of a home; the last one stands.
CREATE TABLE lift_word (
    district_id INTEGER NOT NULL,
    project_id  BLOB NOT NULL,
    no          INTEGER NOT NULL,
    place_path  TEXT NOT NULL,
    stance      TEXT NOT NULL,
    channel     TEXT NOT NULL,
    reason      TEXT NOT NULL,
    on_day      TEXT NOT NULL,
    -- Who spoke, what was said, who was witness: sealed.
    sealed      BLOB NOT NULL,
    paper       BLOB,
    at          INTEGER NOT NULL,
    by_whom     TEXT NOT NULL,
    PRIMARY KEY (district_id, project_id, no),
    CONSTRAINT lift_word_of FOREIGN KEY (district_id, project_id) REFERENCES lift_project (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX lift_word_home ON lift_word (district_id, place_path);

CREATE TABLE lift_meeting (
    district_id INTEGER NOT NULL,
    id          BLOB NOT NULL,
    project_id  BLOB NOT NULL,
    on_day      TEXT NOT NULL,
    subject     TEXT NOT NULL,
    attended    INTEGER NOT NULL,
    outcome     TEXT NOT NULL,
    at          INTEGER NOT NULL,
    by_whom     BLOB NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT lift_meeting_of FOREIGN KEY (district_id, project_id) REFERENCES lift_project (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX lift_meeting_project ON lift_meeting (district_id, project_id, on_day);

CREATE TABLE lift_objection (
    district_id INTEGER NOT NULL,
    id          BLOB NOT NULL,
    project_id  BLOB NOT NULL,
    -- The home, where it is one of the stairwell.
    place_path  TEXT,
    matter      TEXT NOT NULL,
    -- 1: in writing.
    written     INTEGER NOT NULL,
    state       TEXT NOT NULL,
    raised_on   TEXT NOT NULL,
    over_at     INTEGER,
    version     INTEGER NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT lift_objection_of FOREIGN KEY (district_id, project_id) REFERENCES lift_project (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX lift_objection_project ON lift_objection (district_id, project_id);

CREATE TABLE lift_objection_step (
    district_id  INTEGER NOT NULL,
    objection_id BLOB NOT NULL,
    no           INTEGER NOT NULL,
    event        TEXT NOT NULL,
    sealed       BLOB NOT NULL,
    at           INTEGER NOT NULL,
    by_whom      TEXT NOT NULL,
    PRIMARY KEY (district_id, objection_id, no),
    CONSTRAINT lift_objection_step_of FOREIGN KEY (district_id, objection_id) REFERENCES lift_objection (district_id, id)
) STRICT, WITHOUT ROWID;

-- A scheme (方案): where the shaft stands, how one enters, what it costs and who pays, in fen. Lists and outlines are JSON.
CREATE TABLE lift_scheme (
    district_id  INTEGER NOT NULL,
    id           BLOB NOT NULL,
    project_id   BLOB NOT NULL,
    no           INTEGER NOT NULL,
    state        TEXT NOT NULL,
    body         TEXT NOT NULL,
    changed_at   INTEGER NOT NULL,
    changed_by   BLOB NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT lift_scheme_of FOREIGN KEY (district_id, project_id) REFERENCES lift_project (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX lift_scheme_no ON lift_scheme (district_id, project_id, no);

-- What a floor says to a scheme; the last word stands.
CREATE TABLE lift_view (
    district_id INTEGER NOT NULL,
    scheme_id   BLOB NOT NULL,
    floor       INTEGER NOT NULL,
    opinion     TEXT NOT NULL,
    said        TEXT NOT NULL,
    at          INTEGER NOT NULL,
    by_whom     BLOB NOT NULL,
    PRIMARY KEY (district_id, scheme_id, floor),
    CONSTRAINT lift_view_of FOREIGN KEY (district_id, scheme_id) REFERENCES lift_scheme (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE lift_plan (
    district_id INTEGER NOT NULL,
    project_id  BLOB NOT NULL,
    body        TEXT NOT NULL,
    source      TEXT NOT NULL,
    changed_at  INTEGER NOT NULL,
    changed_by  BLOB NOT NULL,
    PRIMARY KEY (district_id, project_id),
    CONSTRAINT lift_plan_of FOREIGN KEY (district_id, project_id) REFERENCES lift_project (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE lift_notice (
    district_id INTEGER NOT NULL,
    id          BLOB NOT NULL,
    project_id  BLOB NOT NULL,
    scheme_id   BLOB NOT NULL,
    posted_on   TEXT NOT NULL,
    -- The last day of the notice.
    ends_on     TEXT NOT NULL,
    days        INTEGER NOT NULL,
    posted_at   TEXT NOT NULL,
    paper       BLOB NOT NULL,
    board_id    BLOB,
    closed_at   INTEGER,
    PRIMARY KEY (district_id, id),
    CONSTRAINT lift_notice_scheme FOREIGN KEY (district_id, scheme_id) REFERENCES lift_scheme (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX lift_notice_project ON lift_notice (district_id, project_id);

CREATE TABLE lift_step (
    district_id INTEGER NOT NULL,
    project_id  BLOB NOT NULL,
    kind        TEXT NOT NULL,
    on_day      TEXT NOT NULL,
    paper_no    TEXT NOT NULL,
    note        TEXT NOT NULL,
    paper       BLOB,
    at          INTEGER NOT NULL,
    by_whom     BLOB NOT NULL,
    PRIMARY KEY (district_id, project_id, kind),
    CONSTRAINT lift_step_of FOREIGN KEY (district_id, project_id) REFERENCES lift_project (district_id, id)
) STRICT, WITHOUT ROWID;
