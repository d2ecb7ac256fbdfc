-- The quiet hours of a person (免打扰时段), chosen with the family. NULL: those of the rule.
ALTER TABLE care_watch ADD COLUMN quiet TEXT;

-- Whose a private link of care is: global, because a link names no district. Only the hash of the link.
CREATE TABLE care_link (
    link_hash    BYTEA   NOT NULL PRIMARY KEY,
    district_id  BIGINT NOT NULL,
    person_id    UUID    NOT NULL
);

CREATE UNIQUE INDEX care_link_of ON care_link (district_id, person_id);

INSERT INTO care_link (link_hash, district_id, person_id) SELECT link_hash, district_id, id FROM care_person;
DROP INDEX care_person_link;
ALTER TABLE care_person DROP COLUMN link_hash;
