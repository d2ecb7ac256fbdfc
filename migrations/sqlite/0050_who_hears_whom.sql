-- What hears somebody (在听的设备): which kinds of signs the devices bring that are mapped to the person, and which of them come from devices that are
-- heard now; each a sum of bits (1 out, 2 in, 4 door, 8 motion, 16 use). Who has none that serves the chosen rule is not watched. Goes with the consent.
ALTER TABLE care_person ADD COLUMN ears_mapped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE care_person ADD COLUMN ears_living INTEGER NOT NULL DEFAULT 0;

-- The visit that an alarm about readings led to, so that who asked for it learns what was found. Goes with the alarm.
ALTER TABLE care_alarm ADD COLUMN visit_id BLOB;

-- Of whom the watch has still to be told what hears them: written with what changed it, removed when it was told. `news` is another with every change, so
-- that what changed meanwhile is told again.
CREATE TABLE device_news (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    person_id    BLOB NOT NULL,
    news         BLOB NOT NULL,
    PRIMARY KEY (district_id, person_id)
) STRICT, WITHOUT ROWID;

-- Everybody who is watched or mapped is looked at once: who was enrolled without a device counted as watched.
INSERT INTO device_news (district_id, person_id, news)
SELECT district_id, person_id, person_id FROM care_watch
UNION
SELECT district_id, person_id, person_id FROM device_label;
