-- Who keeps the watch (看护归属), where several servers share one database: one row. `epoch` grows with every change of keeper, and whoever
-- comes with an older one has been replaced; `watch_id` names the folder that holds what the watch knows.
CREATE TABLE care_keeper (
    one           BIGINT  NOT NULL PRIMARY KEY,
    epoch         BIGINT  NOT NULL,
    watch_id      UUID    NOT NULL,
    since         BIGINT  NOT NULL
);

-- Why an errand is set aside (搁置): it cannot be read or done for a reason of its own, and others go on. NULL: it waits.
ALTER TABLE care_errand ADD COLUMN aside TEXT;

-- What the watch asked for and could not be done for a reason of its own: set aside with its reason, tried again, gone when it is done.
CREATE TABLE care_aside (
    district_id   BIGINT  NOT NULL REFERENCES district (id),
    watch_id      UUID    NOT NULL,
    number        BIGINT  NOT NULL,
    slot          BIGINT  NOT NULL,
    since         BIGINT  NOT NULL,
    what          TEXT    NOT NULL,
    -- The second at which it became due; of the end of an alarm there is none.
    due           BIGINT,
    why           TEXT    NOT NULL,
    tried_at      BIGINT  NOT NULL,
    PRIMARY KEY (district_id, watch_id, number)
);

-- A free number is found without looking through those that are taken; and the number of somebody by the person.
CREATE INDEX care_slot_free ON care_slot (slot) WHERE person_id IS NULL;
CREATE INDEX care_slot_person ON care_slot (person_id) WHERE person_id IS NOT NULL;

-- Under which number lines about somebody's health stand in the journal, in place of the person. Gone with the consent to readings: from then
-- on nobody can tell whose they were.
ALTER TABLE care_person ADD COLUMN health_thread UUID;

-- When this installation heard devices at all: one row, written every minute. `since` is when hearing began after the last stop of our own that
-- lasted, `gap_from` when that stop began.
CREATE TABLE device_hearing (
    one           BIGINT  NOT NULL PRIMARY KEY,
    last_at       BIGINT  NOT NULL,
    since         BIGINT  NOT NULL,
    gap_from      BIGINT
);
