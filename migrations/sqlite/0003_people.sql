-- Organisations, the people who work in them, and their dated appointments. Residents are not here.

CREATE TABLE organisation (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    id           BLOB    NOT NULL,
    kind         TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    credit_code  TEXT,
    parent_id    BLOB,
    PRIMARY KEY (district_id, id),
    CONSTRAINT organisation_parent FOREIGN KEY (district_id, parent_id) REFERENCES organisation (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX organisation_name ON organisation (district_id, name);
-- Not unique: a branch or a project team acts under the code of its company.
CREATE INDEX organisation_credit ON organisation (district_id, credit_code) WHERE credit_code IS NOT NULL;

CREATE TABLE person (
    district_id     INTEGER NOT NULL REFERENCES district (id),
    id              BLOB    NOT NULL,
    code            TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    organisation_id BLOB,
    work_phone      TEXT,
    PRIMARY KEY (district_id, id),
    CONSTRAINT person_organisation FOREIGN KEY (district_id, organisation_id) REFERENCES organisation (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX person_code ON person (district_id, code);

-- A dated role at a place, or in a governance grid of that place. The public phone is the one a board may show.
CREATE TABLE appointment (
    district_id     INTEGER NOT NULL REFERENCES district (id),
    id              BLOB    NOT NULL,
    person_id       BLOB    NOT NULL,
    organisation_id BLOB,
    role            TEXT    NOT NULL,
    title           TEXT    NOT NULL,
    place_path      TEXT    NOT NULL,
    grid_id         BLOB,
    public_phone    TEXT,
    valid_from      INTEGER NOT NULL,
    valid_to        INTEGER,
    PRIMARY KEY (district_id, id),
    CONSTRAINT appointment_dates CHECK (valid_to IS NULL OR valid_to > valid_from),
    CONSTRAINT appointment_person FOREIGN KEY (district_id, person_id) REFERENCES person (district_id, id),
    CONSTRAINT appointment_organisation FOREIGN KEY (district_id, organisation_id) REFERENCES organisation (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX appointment_place ON appointment (district_id, place_path);
CREATE INDEX appointment_by_person ON appointment (district_id, person_id);
CREATE INDEX appointment_grid ON appointment (district_id, grid_id) WHERE grid_id IS NOT NULL;
