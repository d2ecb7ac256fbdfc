-- Settings (规则与日历): what the administrator put in the place of what ships. All of it belongs to the city, district 0.

-- The plan of a year as it was taken, in the shape of the shipped ones.
CREATE TABLE calendar_year (
    district_id  BIGINT NOT NULL REFERENCES district (id),
    year         BIGINT NOT NULL,
    plan         TEXT    NOT NULL,
    version      TEXT    NOT NULL,
    source       TEXT    NOT NULL,
    set_at       BIGINT NOT NULL,
    set_by       TEXT    NOT NULL,
    PRIMARY KEY (district_id, year)
);

-- A day on which this installation differs from the plan, as JSON with its reason.
CREATE TABLE calendar_day (
    district_id  BIGINT NOT NULL REFERENCES district (id),
    -- YYYY-MM-DD.
    day          TEXT    NOT NULL,
    decision     TEXT    NOT NULL,
    source       TEXT    NOT NULL,
    set_at       BIGINT NOT NULL,
    set_by       TEXT    NOT NULL,
    PRIMARY KEY (district_id, day)
);

-- Rule packs that were brought in. One that was replaced or withdrawn stays: journal lines name it by its digest.
CREATE TABLE rule_pack (
    district_id  BIGINT NOT NULL REFERENCES district (id),
    id           UUID    NOT NULL,
    pack         TEXT    NOT NULL,
    version      TEXT    NOT NULL,
    place_path   TEXT    COLLATE "C" NOT NULL,
    digest       TEXT    NOT NULL,
    file         TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    source       TEXT    NOT NULL,
    taken_at     BIGINT NOT NULL,
    taken_by     TEXT    NOT NULL,
    withdrawn_at BIGINT,
    withdrawn_by TEXT,
    PRIMARY KEY (district_id, id)
);

-- Files of the data folder that were looked at: a file is taken once for each of its contents.
CREATE TABLE settings_file (
    district_id  BIGINT NOT NULL REFERENCES district (id),
    name         TEXT    NOT NULL,
    digest       TEXT    NOT NULL,
    looked_at    BIGINT NOT NULL,
    -- Why it was refused; NULL when it was taken.
    problem      TEXT,
    PRIMARY KEY (district_id, name)
);
