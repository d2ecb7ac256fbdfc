-- What the treatment network tells of its days: hours, crowding, staff by training, daily returns (日报).

-- When a unit is open (开诊时间), from a day on; of two of one day the later one counts. A text form of the hours ("?" unknown, "24h", "8h/day",
-- "weekly 480+540 …"), and what was written, as written.
CREATE TABLE unit_hours (
    district_id INTEGER NOT NULL,
    id          BLOB    NOT NULL,
    unit_id     BLOB    NOT NULL,
    from_day    TEXT    NOT NULL,
    hours       TEXT    NOT NULL,
    told        TEXT    NOT NULL,
    set_at      INTEGER NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT unit_hours_unit FOREIGN KEY (district_id, unit_id) REFERENCES institution_unit (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX unit_hours_of ON unit_hours (district_id, unit_id, from_day);

-- A day on which a unit stays closed (停诊).
CREATE TABLE unit_closed_day (
    district_id INTEGER NOT NULL,
    unit_id     BLOB    NOT NULL,
    day         TEXT    NOT NULL,
    PRIMARY KEY (district_id, unit_id, day),
    CONSTRAINT unit_closed_day_unit FOREIGN KEY (district_id, unit_id) REFERENCES institution_unit (district_id, id)
) STRICT, WITHOUT ROWID;

-- How crowded a unit was said to be, and when.
CREATE TABLE unit_crowding (
    district_id INTEGER NOT NULL,
    unit_id     BLOB    NOT NULL,
    at          INTEGER NOT NULL,
    level       TEXT    NOT NULL,
    by_id       BLOB    NOT NULL,
    PRIMARY KEY (district_id, unit_id, at),
    CONSTRAINT unit_crowding_unit FOREIGN KEY (district_id, unit_id) REFERENCES institution_unit (district_id, id)
) STRICT, WITHOUT ROWID;

-- How many of a training an institution has, by where they come from; no names. The newest day counts.
CREATE TABLE institution_staffing (
    district_id    INTEGER NOT NULL,
    id             BLOB    NOT NULL,
    institution_id BLOB    NOT NULL,
    from_day       TEXT    NOT NULL,
    profession     TEXT    NOT NULL,
    training       TEXT    NOT NULL,
    -- The institution that sent them; empty for its own.
    seconded_from  TEXT    NOT NULL,
    headcount      INTEGER NOT NULL,
    set_at         INTEGER NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT institution_staffing_of FOREIGN KEY (district_id, institution_id) REFERENCES institution (district_id, id),
    CONSTRAINT institution_staffing_count CHECK (headcount >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX institution_staffing_on ON institution_staffing (district_id, institution_id, from_day);

-- A return of an institution about a day, or about the week that begins then. The figures of its newest version stand beside it.
CREATE TABLE daily_return (
    district_id    INTEGER NOT NULL,
    id             BLOB    NOT NULL,
    institution_id BLOB    NOT NULL,
    place_path     TEXT    NOT NULL,
    form           TEXT    NOT NULL,
    day            TEXT    NOT NULL,
    -- When the first version came; what came after the due time stays late, however often it is corrected.
    first_at       INTEGER NOT NULL,
    told_at        INTEGER NOT NULL,
    version        INTEGER NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT daily_return_of FOREIGN KEY (district_id, institution_id) REFERENCES institution (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX daily_return_one ON daily_return (district_id, institution_id, form, day);
CREATE INDEX daily_return_day ON daily_return (district_id, form, day, place_path);

-- A figure of it: a number, unknown, or suppressed. What was not asked has no row.
CREATE TABLE return_figure (
    district_id INTEGER NOT NULL,
    return_id   BLOB    NOT NULL,
    field       TEXT    NOT NULL,
    told        TEXT    NOT NULL,
    value       INTEGER,
    PRIMARY KEY (district_id, return_id, field),
    CONSTRAINT return_figure_of FOREIGN KEY (district_id, return_id) REFERENCES daily_return (district_id, id),
    CONSTRAINT return_figure_told CHECK ((told = 'number') = (value IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- Every version of a return, the first one too, with who told it, how, and why it is as it is.
CREATE TABLE return_version (
    district_id INTEGER NOT NULL,
    return_id   BLOB    NOT NULL,
    version     INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    by_id       BLOB,
    via         TEXT    NOT NULL,
    figures     TEXT    NOT NULL,
    -- Fields that were confirmed although they lie out of what is usual, words with commas between them.
    confirmed   TEXT    NOT NULL,
    because     TEXT    NOT NULL,
    PRIMARY KEY (district_id, return_id, version),
    CONSTRAINT return_version_of FOREIGN KEY (district_id, return_id) REFERENCES daily_return (district_id, id)
) STRICT, WITHOUT ROWID;
