-- Where the watch is split over several processes (分片): under which claim of a part alarms were taken up here last. Whoever comes with an
-- older claim has been replaced, and opens no visit any more.
CREATE TABLE care_part (
    district_id   BIGINT  NOT NULL REFERENCES district (id),
    part          BIGINT  NOT NULL,
    epoch         BIGINT  NOT NULL,
    PRIMARY KEY (district_id, part)
);
