-- Where the watch is split over several processes (分片): under which claim of a part alarms were taken up here last. Whoever comes with an
-- older claim has been replaced, and opens no visit any more.
CREATE TABLE care_part (
    district_id   INTEGER NOT NULL REFERENCES district (id),
    part          INTEGER NOT NULL,
    epoch         INTEGER NOT NULL,
    PRIMARY KEY (district_id, part)
) STRICT, WITHOUT ROWID;
