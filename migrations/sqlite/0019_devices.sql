-- Devices that hear signs of life (看护设备): what stands where, with whose permission, and since when it is not heard. Of signs there is
-- nothing here: `heard_at` is a whole hour, what counted is not counted, and what is kept of a message that nobody understands is its shape.
CREATE TABLE device (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    id           BLOB    NOT NULL,
    place_path   TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    -- The kind of sign that it stands for where its messages do not say.
    means        TEXT    NOT NULL,
    -- Under which topic a broker has it, and which of several sources there.
    topic        TEXT,
    source       TEXT,
    -- Whose it is, and since when there is a permission of whoever lives or decides there.
    owner        TEXT    NOT NULL,
    permitted_at INTEGER,
    -- 提示标识 and 备案编号 of a camera in a public place.
    sign_posted  BOOLEAN NOT NULL,
    filing_no    TEXT,
    -- Keyed hash of the token.
    token_hash   BLOB    NOT NULL,
    token_at     INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    retired_at   INTEGER,
    heard_at     INTEGER,
    gone_at      INTEGER,
    silent_since INTEGER,
    case_id      BLOB,
    PRIMARY KEY (district_id, id)
) WITHOUT ROWID;

-- A token names no district: whoever sends one is looked up by it alone.
CREATE UNIQUE INDEX device_token ON device (token_hash);
CREATE UNIQUE INDEX device_name ON device (district_id, name) WHERE retired_at IS NULL;
CREATE INDEX device_place ON device (district_id, place_path);
CREATE INDEX device_topic ON device (district_id, id) WHERE topic IS NOT NULL AND retired_at IS NULL;

-- Whom a device hears: the label that the family or the operator gave at this device, and the number of the consent (假名编号), never a
-- name. An empty label: the device stands for this one person. Goes with the consent.
CREATE TABLE device_label (
    district_id  INTEGER NOT NULL,
    device_id    BLOB    NOT NULL,
    label        TEXT    NOT NULL,
    person_id    BLOB    NOT NULL,
    PRIMARY KEY (district_id, device_id, label),
    CONSTRAINT device_label_device FOREIGN KEY (district_id, device_id) REFERENCES device (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX device_label_person ON device_label (district_id, person_id);

-- How often something of a device was dropped, and why.
CREATE TABLE device_tally (
    district_id  INTEGER NOT NULL,
    device_id    BLOB    NOT NULL,
    why          TEXT    NOT NULL,
    n            INTEGER NOT NULL,
    last_at      INTEGER NOT NULL,
    PRIMARY KEY (district_id, device_id, why),
    CONSTRAINT device_tally_device FOREIGN KEY (district_id, device_id) REFERENCES device (district_id, id)
) STRICT, WITHOUT ROWID;

-- The shapes of messages that nobody understands: keys and kinds of values, no value. Bounded per district.
CREATE TABLE device_quarantine (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    id           BLOB    NOT NULL,
    device_id    BLOB,
    topic        TEXT    NOT NULL,
    shape        TEXT    NOT NULL,
    bytes        INTEGER NOT NULL,
    n            INTEGER NOT NULL,
    first_at     INTEGER NOT NULL,
    last_at      INTEGER NOT NULL,
    PRIMARY KEY (district_id, id)
) STRICT, WITHOUT ROWID;

-- Of whom the watch was told that nothing is heard of them (失联), so that it is told once, and told when it is over.
CREATE TABLE device_unheard (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    id           BLOB    NOT NULL,
    since        INTEGER NOT NULL,
    PRIMARY KEY (district_id, id)
) STRICT, WITHOUT ROWID;
