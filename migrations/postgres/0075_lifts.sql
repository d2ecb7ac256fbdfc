-- Lifts for old stairwells (加装电梯): one project for each stairwell, what each home says, meetings, objections, schemes with their money, the plan by which
-- light is computed, postings, steps. What a home says in words is sealed; a home is named here and in no journal line.

CREATE TABLE lift_project (
    district_id  BIGINT NOT NULL REFERENCES district (id),
    id           UUID NOT NULL,
    -- The stairwell.
    place_path   TEXT COLLATE "C" NOT NULL,
    title        TEXT NOT NULL,
    stage        TEXT NOT NULL,
    -- The person who convenes.
    convener_id  UUID NOT NULL,
    -- The rule by which consent is counted.
    rule         TEXT NOT NULL,
    -- Since when the property company sits at the table, and what it said.
    property_on  TEXT,
    property_by  TEXT NOT NULL,
    property_note TEXT NOT NULL,
    scheme_id    UUID,
    begun_at     BIGINT NOT NULL,
    begun_by     UUID NOT NULL,
    passed_at    BIGINT,
    signed_at    BIGINT,
    version      BIGINT NOT NULL,
    PRIMARY KEY (district_id, id)
);

CREATE UNIQUE INDEX lift_project_place ON lift_project (district_id, place_path);

-- The homes of a stairwell, taken from the ground when the project began; what was signed for each.
CREATE TABLE lift_home (
    district_id  BIGINT NOT NULL,
    project_id   UUID NOT NULL,
    place_path   TEXT COLLATE "C" NOT NULL,
    floor        BIGINT NOT NULL,
    -- The how manieth home of its floor, from 1.
    door         BIGINT NOT NULL,
    room         TEXT NOT NULL,
    -- 0.01 m², and where it is from: register, survey, contract.
    area         BIGINT,
    area_source  TEXT NOT NULL,
    -- Homes of one owner have one number: they count one head.
    owner_no     BIGINT NOT NULL,
    signed_at    BIGINT,
    signed_how   TEXT,
    signed_paper BYTEA,
    -- What was signed, fen.
    share        BIGINT,
    compensation BIGINT,
    -- The day of the last sale told; the agreement goes on.
    sold_on      TEXT,
    PRIMARY KEY (district_id, project_id, place_path),
    CONSTRAINT lift_home_of FOREIGN KEY (district_id, project_id) REFERENCES lift_project (district_id, id)
);

CREATE INDEX lift_home_place ON lift_home (district_id, place_path);

-- Each word of a home; the last one stands.
CREATE TABLE lift_word (
    district_id BIGINT NOT NULL,
    project_id  UUID NOT NULL,
    no          BIGINT NOT NULL,
    place_path  TEXT COLLATE "C" NOT NULL,
    stance      TEXT NOT NULL,
    channel     TEXT NOT NULL,
    reason      TEXT NOT NULL,
    on_day      TEXT NOT NULL,
    -- Who spoke, what was said, who was witness: sealed.
    sealed      BYTEA NOT NULL,
    paper       BYTEA,
    at          BIGINT NOT NULL,
    by_whom     TEXT NOT NULL,
    PRIMARY KEY (district_id, project_id, no),
    CONSTRAINT lift_word_of FOREIGN KEY (district_id, project_id) REFERENCES lift_project (district_id, id)
);

CREATE INDEX lift_word_home ON lift_word (district_id, place_path);

CREATE TABLE lift_meeting (
    district_id BIGINT NOT NULL,
    id          UUID NOT NULL,
    project_id  UUID NOT NULL,
    on_day      TEXT NOT NULL,
    subject     TEXT NOT NULL,
    attended    BIGINT NOT NULL,
    outcome     TEXT NOT NULL,
    at          BIGINT NOT NULL,
    by_whom     UUID NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT lift_meeting_of FOREIGN KEY (district_id, project_id) REFERENCES lift_project (district_id, id)
);

CREATE INDEX lift_meeting_project ON lift_meeting (district_id, project_id, on_day);

CREATE TABLE lift_objection (
    district_id BIGINT NOT NULL,
    id          UUID NOT NULL,
    project_id  UUID NOT NULL,
    -- The home, where it is one of the stairwell.
    place_path  TEXT COLLATE "C",
    matter      TEXT NOT NULL,
    -- 1: in writing.
    written     BIGINT NOT NULL,
    state       TEXT NOT NULL,
    raised_on   TEXT NOT NULL,
    over_at     BIGINT,
    version     BIGINT NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT lift_objection_of FOREIGN KEY (district_id, project_id) REFERENCES lift_project (district_id, id)
);

CREATE INDEX lift_objection_project ON lift_objection (district_id, project_id);

CREATE TABLE lift_objection_step (
    district_id  BIGINT NOT NULL,
    objection_id UUID NOT NULL,
    no           BIGINT NOT NULL,
    event        TEXT NOT NULL,
    sealed       BYTEA NOT NULL,
    at           BIGINT NOT NULL,
    by_whom      TEXT NOT NULL,
    PRIMARY KEY (district_id, objection_id, no),
    CONSTRAINT lift_objection_step_of FOREIGN KEY (district_id, objection_id) REFERENCES lift_objection (district_id, id)
);

-- A scheme (方案): where the shaft stands, how one enters, what it costs and who pays, in fen. Lists and outlines are JSON.
CREATE TABLE lift_scheme (
    district_id  BIGINT NOT NULL,
    id           UUID NOT NULL,
    project_id   UUID NOT NULL,
    no           BIGINT NOT NULL,
    state        TEXT NOT NULL,
    body         TEXT NOT NULL,
    changed_at   BIGINT NOT NULL,
    changed_by   UUID NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT lift_scheme_of FOREIGN KEY (district_id, project_id) REFERENCES lift_project (district_id, id)
);

CREATE UNIQUE INDEX lift_scheme_no ON lift_scheme (district_id, project_id, no);

-- What a floor says to a scheme; the last word stands.
CREATE TABLE lift_view (
    district_id BIGINT NOT NULL,
    scheme_id   UUID NOT NULL,
    floor       BIGINT NOT NULL,
    opinion     TEXT NOT NULL,
    said        TEXT NOT NULL,
    at          BIGINT NOT NULL,
    by_whom     UUID NOT NULL,
    PRIMARY KEY (district_id, scheme_id, floor),
    CONSTRAINT lift_view_of FOREIGN KEY (district_id, scheme_id) REFERENCES lift_scheme (district_id, id)
);

CREATE TABLE lift_plan (
    district_id BIGINT NOT NULL,
    project_id  UUID NOT NULL,
    body        TEXT NOT NULL,
    source      TEXT NOT NULL,
    changed_at  BIGINT NOT NULL,
    changed_by  UUID NOT NULL,
    PRIMARY KEY (district_id, project_id),
    CONSTRAINT lift_plan_of FOREIGN KEY (district_id, project_id) REFERENCES lift_project (district_id, id)
);

CREATE TABLE lift_notice (
    district_id BIGINT NOT NULL,
    id          UUID NOT NULL,
    project_id  UUID NOT NULL,
    scheme_id   UUID NOT NULL,
    posted_on   TEXT NOT NULL,
    -- The last day of the notice.
    ends_on     TEXT NOT NULL,
    days        BIGINT NOT NULL,
    posted_at   TEXT NOT NULL,
    paper       BYTEA NOT NULL,
    board_id    UUID,
    closed_at   BIGINT,
    PRIMARY KEY (district_id, id),
    CONSTRAINT lift_notice_scheme FOREIGN KEY (district_id, scheme_id) REFERENCES lift_scheme (district_id, id)
);

CREATE INDEX lift_notice_project ON lift_notice (district_id, project_id);

CREATE TABLE lift_step (
    district_id BIGINT NOT NULL,
    project_id  UUID NOT NULL,
    kind        TEXT NOT NULL,
    on_day      TEXT NOT NULL,
    paper_no    TEXT NOT NULL,
    note        TEXT NOT NULL,
    paper       BYTEA,
    at          BIGINT NOT NULL,
    by_whom     UUID NOT NULL,
    PRIMARY KEY (district_id, project_id, kind),
    CONSTRAINT lift_step_of FOREIGN KEY (district_id, project_id) REFERENCES lift_project (district_id, id)
);
