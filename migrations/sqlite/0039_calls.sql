-- Calls to 120 (急救呼叫), what is sent to them, calls back to who was diverted, hand-over to emergency departments. Of a caller there is nothing in
-- these tables but what is sealed in a row of its own, and keyed hashes of number and place by which a second call about the same is found.

CREATE TABLE emergency_call (
    district_id    INTEGER NOT NULL REFERENCES district (id),
    id             BLOB    NOT NULL,
    place_path     TEXT    NOT NULL,
    received_at    INTEGER NOT NULL,
    classified_at  INTEGER NOT NULL,
    received_by    BLOB    NOT NULL,
    -- What was said to questions that tell danger, words with commas between them; what they suggest, by which rules; what the seat decided.
    signs          TEXT    NOT NULL,
    suggested      TEXT    NOT NULL,
    suggested_by   TEXT    NOT NULL,
    decided        TEXT    NOT NULL,
    against        TEXT,
    -- What it is now.
    class          TEXT    NOT NULL,
    state          TEXT    NOT NULL,
    repeat_of      BLOB,
    diverted_to    TEXT,
    diverted_at    INTEGER,
    raised_at      INTEGER,
    worsened_at    INTEGER,
    ending         TEXT,
    due_at         INTEGER,
    late_told_at   INTEGER,
    over_at        INTEGER,
    version        INTEGER NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT emergency_call_first FOREIGN KEY (district_id, repeat_of) REFERENCES emergency_call (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX emergency_call_received ON emergency_call (district_id, received_at);
CREATE INDEX emergency_call_open ON emergency_call (district_id, state) WHERE over_at IS NULL;
CREATE INDEX emergency_call_due ON emergency_call (district_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX emergency_call_diverted ON emergency_call (district_id, diverted_at) WHERE diverted_at IS NOT NULL;
CREATE INDEX emergency_call_repeat ON emergency_call (district_id, repeat_of) WHERE repeat_of IS NOT NULL;
CREATE INDEX emergency_call_place ON emergency_call (district_id, place_path);

-- What was told, sealed, and what a second call is found by. Erased on its own when its time is over.
CREATE TABLE emergency_caller (
    district_id    INTEGER NOT NULL,
    call_id        BLOB    NOT NULL,
    received_at    INTEGER NOT NULL,
    number_hash    BLOB,
    place_hash     BLOB,
    sealed         BLOB    NOT NULL,
    PRIMARY KEY (district_id, call_id),
    CONSTRAINT emergency_caller_of FOREIGN KEY (district_id, call_id) REFERENCES emergency_call (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX emergency_caller_number ON emergency_caller (district_id, number_hash, received_at) WHERE number_hash IS NOT NULL;
CREATE INDEX emergency_caller_place ON emergency_caller (district_id, place_hash, received_at) WHERE place_hash IS NOT NULL;
CREATE INDEX emergency_caller_received ON emergency_caller (district_id, received_at);

-- A vehicle with its crew (急救车组).
CREATE TABLE emergency_vehicle (
    district_id    INTEGER NOT NULL REFERENCES district (id),
    id             BLOB    NOT NULL,
    place_path     TEXT    NOT NULL,
    callsign       TEXT    NOT NULL,
    fleet          TEXT    NOT NULL,
    state          TEXT    NOT NULL,
    state_at       INTEGER NOT NULL,
    mission_id     BLOB,
    version        INTEGER NOT NULL,
    PRIMARY KEY (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX emergency_vehicle_place ON emergency_vehicle (district_id, place_path);
CREATE UNIQUE INDEX emergency_vehicle_callsign ON emergency_vehicle (district_id, callsign);

-- A vehicle sent to a call, and where the patient is taken. The department may lie in another district; it writes here, in the district of the call.
CREATE TABLE emergency_mission (
    district_id    INTEGER NOT NULL,
    id             BLOB    NOT NULL,
    call_id        BLOB    NOT NULL,
    vehicle_id     BLOB    NOT NULL,
    assigned_at    INTEGER NOT NULL,
    scene_at       INTEGER,
    left_at        INTEGER,
    to_district    INTEGER,
    to_institution BLOB,
    announced_at   INTEGER,
    expected_at    INTEGER,
    hospital_at    INTEGER,
    taken_at       INTEGER,
    due_at         INTEGER,
    late_told_at   INTEGER,
    over_at        INTEGER,
    ended_by       TEXT,
    PRIMARY KEY (district_id, id),
    CONSTRAINT emergency_mission_call FOREIGN KEY (district_id, call_id) REFERENCES emergency_call (district_id, id),
    CONSTRAINT emergency_mission_vehicle FOREIGN KEY (district_id, vehicle_id) REFERENCES emergency_vehicle (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX emergency_mission_of ON emergency_mission (district_id, call_id, assigned_at);
-- One mission for a vehicle, one vehicle for a call.
CREATE UNIQUE INDEX emergency_mission_vehicle_one ON emergency_mission (district_id, vehicle_id) WHERE over_at IS NULL;
CREATE UNIQUE INDEX emergency_mission_call_one ON emergency_mission (district_id, call_id) WHERE over_at IS NULL;
CREATE INDEX emergency_mission_due ON emergency_mission (district_id, due_at) WHERE due_at IS NOT NULL;
-- Who is coming to a department, wherever the call was taken.
CREATE INDEX emergency_mission_to ON emergency_mission (to_district, to_institution) WHERE over_at IS NULL;

-- Calls back to who was diverted (回拨): one is open as long as the diversion is.
CREATE TABLE emergency_recontact (
    district_id    INTEGER NOT NULL,
    id             BLOB    NOT NULL,
    call_id        BLOB    NOT NULL,
    no             INTEGER NOT NULL,
    unanswered     INTEGER NOT NULL,
    due_at         INTEGER NOT NULL,
    late_told_at   INTEGER,
    done_at        INTEGER,
    found          TEXT,
    done_by        BLOB,
    PRIMARY KEY (district_id, id),
    CONSTRAINT emergency_recontact_of FOREIGN KEY (district_id, call_id) REFERENCES emergency_call (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX emergency_recontact_one ON emergency_recontact (district_id, call_id) WHERE done_at IS NULL;
CREATE INDEX emergency_recontact_call ON emergency_recontact (district_id, call_id, no);
CREATE INDEX emergency_recontact_due ON emergency_recontact (district_id, due_at) WHERE done_at IS NULL;

-- Who put diversion in force (分流启用): a physician by name and licence, for one version of the rules.
CREATE TABLE emergency_activation (
    district_id    INTEGER NOT NULL REFERENCES district (id),
    id             BLOB    NOT NULL,
    -- For this place and all under it.
    place_path     TEXT    NOT NULL,
    pack           TEXT    NOT NULL,
    physician      TEXT    NOT NULL,
    licence        TEXT    NOT NULL,
    since          INTEGER NOT NULL,
    entered_by     BLOB    NOT NULL,
    withdrawn_at   INTEGER,
    withdrawn_by   BLOB,
    PRIMARY KEY (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX emergency_activation_one ON emergency_activation (district_id, place_path) WHERE withdrawn_at IS NULL;

-- How many calls the telephone system counted on a day (呼入电话): more than the seats could take.
CREATE TABLE emergency_inbound (
    district_id    INTEGER NOT NULL REFERENCES district (id),
    day            TEXT    NOT NULL,
    calls          INTEGER NOT NULL,
    told_at        INTEGER NOT NULL,
    told_by        BLOB    NOT NULL,
    PRIMARY KEY (district_id, day),
    CONSTRAINT emergency_inbound_calls CHECK (calls >= 0)
) STRICT, WITHOUT ROWID;
