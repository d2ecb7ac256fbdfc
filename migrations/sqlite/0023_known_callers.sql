-- In which districts a number is known (跨区来电): global, because a caller names no district. Only the keyed hash, and nothing of what was
-- reported; gone with the last contact that has it.
CREATE TABLE known_caller (
    phone_hash   BLOB    NOT NULL,
    district_id  INTEGER NOT NULL REFERENCES district (id),
    PRIMARY KEY (phone_hash, district_id)
) WITHOUT ROWID;

INSERT INTO known_caller (phone_hash, district_id) SELECT DISTINCT phone_hash, district_id FROM case_contact;
