-- Departments, utilities and contractors own cases (承办单位) and are called to a place (街道吹哨、部门报到).

-- The organisation that has a case. Nobody else has it then: one owner at a time.
ALTER TABLE case_file ADD COLUMN unit_id UUID CONSTRAINT case_one_owner CHECK (unit_id IS NULL OR owner_person IS NULL);

CREATE INDEX case_unit ON case_file (district_id, unit_id, due_at) WHERE unit_id IS NOT NULL AND closed_at IS NULL;

-- The private link of an organisation that has no account here: its cases under one place. Of the link only the time and a hash are kept.
CREATE TABLE unit_link (
    district_id  BIGINT  NOT NULL,
    id           UUID    NOT NULL,
    unit_id      UUID    NOT NULL,
    place_path   TEXT    NOT NULL,
    token_hash   BYTEA   NOT NULL,
    created_at   BIGINT  NOT NULL,
    expires_at   BIGINT  NOT NULL,
    revoked_at   BIGINT,
    PRIMARY KEY (district_id, id),
    CONSTRAINT unit_link_unit FOREIGN KEY (district_id, unit_id) REFERENCES organisation (district_id, id)
);

-- A link names no district: whoever holds one is looked up by it alone.
CREATE UNIQUE INDEX unit_link_hash ON unit_link (token_hash);
CREATE INDEX unit_link_place ON unit_link (district_id, place_path);

-- Every opening of such a link, and which case was looked at.
CREATE TABLE unit_link_opening (
    district_id  BIGINT  NOT NULL,
    link_id      UUID    NOT NULL,
    opened_at    BIGINT  NOT NULL,
    case_id      UUID,
    PRIMARY KEY (district_id, link_id, opened_at),
    CONSTRAINT unit_link_opening_link FOREIGN KEY (district_id, link_id) REFERENCES unit_link (district_id, id)
);

-- An organisation called to a case: to come (吹哨) or to help (协办). `outcome` is NULL until it answers.
CREATE TABLE case_call (
    district_id   BIGINT  NOT NULL,
    id            UUID    NOT NULL,
    case_id       UUID    NOT NULL,
    unit_id       UUID    NOT NULL,
    kind          TEXT    NOT NULL,
    caller_role   TEXT    NOT NULL,
    called_at     BIGINT  NOT NULL,
    answer_by     BIGINT  NOT NULL,
    outcome       TEXT,
    comes_at      BIGINT,
    answered_at   BIGINT,
    overdue_at    BIGINT,
    flagged_role  TEXT,
    wake_at       BIGINT,
    PRIMARY KEY (district_id, id),
    CONSTRAINT case_call_case FOREIGN KEY (district_id, case_id) REFERENCES case_file (district_id, id),
    CONSTRAINT case_call_unit FOREIGN KEY (district_id, unit_id) REFERENCES organisation (district_id, id)
);

CREATE INDEX case_call_of_case ON case_call (district_id, case_id);
CREATE INDEX case_call_of_unit ON case_call (district_id, unit_id, answer_by);
CREATE INDEX case_call_wake ON case_call (district_id, wake_at) WHERE wake_at IS NOT NULL;

-- An organisation asks for more time (申请延期) and waits for the word of a desk.
CREATE TABLE case_time_ask (
    district_id  BIGINT  NOT NULL,
    case_id      UUID    NOT NULL,
    unit_id      UUID    NOT NULL,
    clock_code   TEXT    NOT NULL,
    asked_at     BIGINT  NOT NULL,
    PRIMARY KEY (district_id, case_id),
    CONSTRAINT case_time_ask_case FOREIGN KEY (district_id, case_id) REFERENCES case_file (district_id, id)
);

-- Tickets of the city's own hotline (12345 工单): each is a case here, under the city's number and with the city's limit beside ours.
CREATE TABLE hotline_ticket (
    district_id   BIGINT NOT NULL,
    ticket_no     TEXT    NOT NULL,
    case_id       UUID    NOT NULL,
    category      TEXT    NOT NULL,
    received_at   BIGINT NOT NULL,
    city_due_at   BIGINT,
    contacted_at  BIGINT,
    steps         BIGINT NOT NULL,
    content_hash  BYTEA   NOT NULL,
    PRIMARY KEY (district_id, ticket_no),
    CONSTRAINT hotline_ticket_case FOREIGN KEY (district_id, case_id) REFERENCES case_file (district_id, id)
);

CREATE UNIQUE INDEX hotline_ticket_of_case ON hotline_ticket (district_id, case_id);

-- What the city can fetch (回传): each step of a ticket once, in the order in which it happened here.
CREATE TABLE hotline_outbox (
    district_id  BIGINT NOT NULL,
    seq          BIGINT NOT NULL,
    ticket_no    TEXT    NOT NULL,
    step_no      BIGINT NOT NULL,
    step         TEXT    NOT NULL,
    told_at      BIGINT NOT NULL,
    until        BIGINT,
    words        TEXT    NOT NULL,
    PRIMARY KEY (district_id, seq),
    CONSTRAINT hotline_outbox_ticket FOREIGN KEY (district_id, ticket_no) REFERENCES hotline_ticket (district_id, ticket_no)
);

CREATE UNIQUE INDEX hotline_outbox_step ON hotline_outbox (district_id, ticket_no, step_no);

-- Keys of the city's hotline: one place each, where tickets go that name none. Of a key only the SHA-256 is kept.
CREATE TABLE hotline_key (
    district_id  BIGINT NOT NULL REFERENCES district (id),
    id           UUID    NOT NULL,
    name         TEXT    NOT NULL,
    place_path   TEXT    NOT NULL,
    key_hash     BYTEA   NOT NULL,
    created_at   BIGINT NOT NULL,
    revoked_at   BIGINT,
    PRIMARY KEY (district_id, id)
);

-- A key names no district: whoever sends one is looked up by it alone.
CREATE UNIQUE INDEX hotline_key_hash ON hotline_key (key_hash);
CREATE UNIQUE INDEX hotline_key_name ON hotline_key (district_id, name) WHERE revoked_at IS NULL;
