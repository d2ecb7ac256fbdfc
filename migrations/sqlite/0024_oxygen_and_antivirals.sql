-- Oxygen places of a health centre (吸氧位) and early antivirals (早期抗病毒药). What is about a person is health data: it goes with the
-- consent to readings, but what the law keeps of a medicine that was handed out.

-- How many places an institution has, and when, from a day on. The newest row whose day has come counts; no place at all: closed from then on.
CREATE TABLE oxygen_offer (
    district_id    INTEGER NOT NULL,
    id             BLOB    NOT NULL,
    institution_id BLOB    NOT NULL,
    from_day       TEXT    NOT NULL,
    -- One bit a day of the week, Monday first.
    weekdays       INTEGER NOT NULL,
    -- Minutes since midnight, in quarters of an hour.
    opens          INTEGER NOT NULL,
    closes         INTEGER NOT NULL,
    slot_minutes   INTEGER NOT NULL,
    places         INTEGER NOT NULL,
    set_at         INTEGER NOT NULL,
    set_by         BLOB    NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT oxygen_offer_institution FOREIGN KEY (district_id, institution_id) REFERENCES organisation (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX oxygen_offer_of ON oxygen_offer (district_id, institution_id, from_day, set_at);

-- Somebody has a place for a time (预约). The row goes with the consent to readings.
CREATE TABLE oxygen_booking (
    district_id    INTEGER NOT NULL,
    id             BLOB    NOT NULL,
    institution_id BLOB    NOT NULL,
    place_no       INTEGER NOT NULL,
    starts_at      INTEGER NOT NULL,
    ends_at        INTEGER NOT NULL,
    person_id      BLOB    NOT NULL,
    -- The home of the person.
    place_path     TEXT    NOT NULL,
    alarm_id       BLOB,
    state          TEXT    NOT NULL,
    booked_at      INTEGER NOT NULL,
    booked_by      BLOB    NOT NULL,
    began_at       INTEGER,
    over_at        INTEGER,
    because        TEXT,
    PRIMARY KEY (district_id, id),
    CONSTRAINT oxygen_booking_institution FOREIGN KEY (district_id, institution_id) REFERENCES organisation (district_id, id),
    CONSTRAINT oxygen_booking_person FOREIGN KEY (district_id, person_id) REFERENCES care_person (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX oxygen_booking_day ON oxygen_booking (district_id, institution_id, starts_at);
CREATE INDEX oxygen_booking_of ON oxygen_booking (district_id, person_id, starts_at);
CREATE INDEX oxygen_booking_place ON oxygen_booking (district_id, place_path, starts_at);

-- Every quarter of an hour that a place is held: the primary key is what makes a double booking impossible, however the times of an offer
-- change. Released quarters are gone.
CREATE TABLE oxygen_hold (
    district_id    INTEGER NOT NULL,
    institution_id BLOB    NOT NULL,
    place_no       INTEGER NOT NULL,
    -- Quarters of an hour since 1970.
    quarter        INTEGER NOT NULL,
    booking_id     BLOB    NOT NULL,
    person_id      BLOB    NOT NULL,
    PRIMARY KEY (district_id, institution_id, place_no, quarter),
    CONSTRAINT oxygen_hold_booking FOREIGN KEY (district_id, booking_id) REFERENCES oxygen_booking (district_id, id)
) STRICT, WITHOUT ROWID;

-- Nobody is in two places at once.
CREATE UNIQUE INDEX oxygen_hold_person ON oxygen_hold (district_id, person_id, quarter);
CREATE INDEX oxygen_hold_of ON oxygen_hold (district_id, booking_id);

-- A lot of a medicine at an institution (批次). How much is left is the sum of its entries and stands nowhere.
CREATE TABLE antiviral_lot (
    district_id    INTEGER NOT NULL,
    id             BLOB    NOT NULL,
    institution_id BLOB    NOT NULL,
    medicine       TEXT    NOT NULL,
    lot            TEXT    NOT NULL,
    expires        TEXT    NOT NULL,
    -- Counts up with each entry: two who take out at once come one after the other.
    version        INTEGER NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT antiviral_lot_institution FOREIGN KEY (district_id, institution_id) REFERENCES organisation (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX antiviral_lot_of ON antiviral_lot (district_id, institution_id, medicine, lot);

-- What a prescriber decided about an early antiviral (处方). `medicine` is NULL for a decision against one. What was asked lies in `asked` and
-- goes with the consent to readings; that a medicine was handed out stays as long as the law keeps prescriptions.
CREATE TABLE antiviral_decision (
    district_id    INTEGER NOT NULL,
    id             BLOB    NOT NULL,
    number         TEXT    NOT NULL,
    person_id      BLOB    NOT NULL,
    place_path     TEXT    NOT NULL,
    institution_id BLOB    NOT NULL,
    medicine       TEXT,
    quantity       INTEGER NOT NULL,
    -- How the list judged the medicine, and by which pack.
    fit            TEXT    NOT NULL,
    late           BOOLEAN NOT NULL,
    rule           TEXT    NOT NULL,
    -- The day of onset and the answers, as JSON.
    asked          TEXT,
    because        TEXT,
    state          TEXT    NOT NULL,
    decided_at     INTEGER NOT NULL,
    decided_by     BLOB    NOT NULL,
    over_at        INTEGER,
    over_by        BLOB,
    PRIMARY KEY (district_id, id),
    CONSTRAINT antiviral_decision_person FOREIGN KEY (district_id, person_id) REFERENCES care_person (district_id, id),
    CONSTRAINT antiviral_decision_institution FOREIGN KEY (district_id, institution_id) REFERENCES organisation (district_id, id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX antiviral_decision_number ON antiviral_decision (district_id, number);
CREATE INDEX antiviral_decision_of ON antiviral_decision (district_id, person_id, decided_at);
CREATE INDEX antiviral_decision_at ON antiviral_decision (district_id, institution_id, decided_at);
CREATE INDEX antiviral_decision_place ON antiviral_decision (district_id, place_path, decided_at);
-- One that waits to be handed out a person.
CREATE UNIQUE INDEX antiviral_decision_open ON antiviral_decision (district_id, person_id) WHERE state = 'prescribed';

-- What came into a lot and what went out of it: received, handed out, wasted, corrected. Boxes, below zero when they went out.
CREATE TABLE antiviral_entry (
    district_id    INTEGER NOT NULL,
    id             BLOB    NOT NULL,
    lot_id         BLOB    NOT NULL,
    kind           TEXT    NOT NULL,
    quantity       INTEGER NOT NULL,
    at             INTEGER NOT NULL,
    by_appointment BLOB    NOT NULL,
    because        TEXT,
    decision_id    BLOB,
    PRIMARY KEY (district_id, id),
    CONSTRAINT antiviral_entry_bound CHECK ((kind = 'dispensed') = (decision_id IS NOT NULL)),
    CONSTRAINT antiviral_entry_lot FOREIGN KEY (district_id, lot_id) REFERENCES antiviral_lot (district_id, id),
    CONSTRAINT antiviral_entry_decision FOREIGN KEY (district_id, decision_id) REFERENCES antiviral_decision (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX antiviral_entry_of ON antiviral_entry (district_id, lot_id, at);
CREATE INDEX antiviral_entry_at ON antiviral_entry (district_id, at);
-- A prescription is handed out once.
CREATE UNIQUE INDEX antiviral_entry_once ON antiviral_entry (district_id, decision_id) WHERE decision_id IS NOT NULL;
