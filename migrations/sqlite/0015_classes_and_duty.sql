-- Three classifications of a case: its class of reports stands in case_file.class; here are the 12345 class and the matter of the standard.

-- The 12345 list of a place (热线分类): a class that vanished from its file is closed with a day and stays for the cases that have it.
CREATE TABLE message_class (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    id           BLOB    NOT NULL,
    place_path   TEXT    NOT NULL,
    -- Three levels, '' where there is none; only all of them together are a name.
    level1       TEXT    NOT NULL,
    level2       TEXT    NOT NULL,
    level3       TEXT    NOT NULL,
    -- What the city wrote beside it; NULL is inherited from the class of reports.
    conditions   TEXT,
    clock        TEXT,
    owners       TEXT,
    profile      TEXT,
    legal_basis  TEXT,
    -- The class of reports and the matter it is mapped to; NULL is not mapped.
    class        TEXT,
    matter       TEXT,
    -- The file it came from last, and the days from and to which it counts.
    source       TEXT    NOT NULL,
    valid_from   TEXT    NOT NULL,
    closed_on    TEXT,
    PRIMARY KEY (district_id, id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX message_class_path ON message_class (district_id, place_path, level1, level2, level3);

ALTER TABLE case_file ADD COLUMN message_class BLOB;
-- Five digits, when somebody chose it; otherwise that of the class.
ALTER TABLE case_file ADD COLUMN matter TEXT;
-- The profile that its 12345 class named when it was filed; NULL is that of the class.
ALTER TABLE case_file ADD COLUMN profile TEXT;

-- Handing over at a desk (交接班): who to whom, for how long, what is open with a note each. A desk is a place of appointments.
CREATE TABLE duty_handover (
    district_id      INTEGER NOT NULL REFERENCES district (id),
    id               BLOB    NOT NULL,
    place_path       TEXT    NOT NULL,
    from_person      BLOB    NOT NULL,
    from_appointment BLOB    NOT NULL,
    from_role        TEXT    NOT NULL,
    -- NULL: whoever comes next.
    to_appointment   BLOB,
    handed_at        INTEGER NOT NULL,
    -- The end of the shift that it was handed over for.
    until_at         INTEGER NOT NULL,
    note             TEXT    NOT NULL,
    taken_at         INTEGER,
    taken_by         BLOB,
    -- The same officer handed over again before anybody took it.
    replaced_at      INTEGER,
    PRIMARY KEY (district_id, id)
) WITHOUT ROWID;

CREATE INDEX duty_handover_place ON duty_handover (district_id, place_path, id);

CREATE TABLE duty_matter (
    district_id  INTEGER NOT NULL,
    handover_id  BLOB    NOT NULL,
    position     INTEGER NOT NULL,
    case_id      BLOB    NOT NULL,
    why          TEXT    NOT NULL,
    note         TEXT    NOT NULL,
    PRIMARY KEY (district_id, handover_id, position),
    FOREIGN KEY (district_id, handover_id) REFERENCES duty_handover (district_id, id),
    FOREIGN KEY (district_id, case_id) REFERENCES case_file (district_id, id)
) WITHOUT ROWID;

-- What may be danger to life and is not over.
CREATE INDEX case_open_emergency ON case_file (district_id, reported_at) WHERE emergency AND closed_at IS NULL;
