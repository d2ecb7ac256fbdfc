-- The hand-off (交接单): somebody who is followed at home goes to a bed, and comes home again. It is all that the two halves share: which person of
-- the care side, which referral of the treatment side, and how far it has come; nothing medical, and gone with the consent.
CREATE TABLE hand_off (
    district_id BIGINT NOT NULL,
    id          UUID   NOT NULL,
    person_id   UUID   NOT NULL,
    referral_id UUID   NOT NULL,
    stage       TEXT   NOT NULL,
    made_at     BIGINT NOT NULL,
    made_by     UUID   NOT NULL,
    stage_at    BIGINT NOT NULL,
    over_at     BIGINT,
    PRIMARY KEY (district_id, id),
    -- Gone with the consent under which the person is followed, in the same transaction.
    CONSTRAINT hand_off_person FOREIGN KEY (district_id, person_id) REFERENCES care_followed (district_id, person_id) ON DELETE CASCADE,
    CONSTRAINT hand_off_referral FOREIGN KEY (district_id, referral_id) REFERENCES referral (district_id, id)
);

CREATE INDEX hand_off_open ON hand_off (district_id, id) WHERE over_at IS NULL;
CREATE UNIQUE INDEX hand_off_one ON hand_off (district_id, person_id) WHERE over_at IS NULL;
