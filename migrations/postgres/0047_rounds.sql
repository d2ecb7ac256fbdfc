-- Expert rounds (巡诊和指导): groups sent to a district, their rounds, what they advise about patients, what they found in an institution and what became
-- of it. What is advised is sealed in a row of its own and erased when its time is over; a patient is there by the network's reference alone.

CREATE TABLE expert_group (
    district_id BIGINT  NOT NULL REFERENCES district (id),
    id          UUID    NOT NULL,
    place_path  TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    -- Days of the calendar; the last one is still theirs.
    from_day    TEXT    NOT NULL,
    to_day      TEXT,
    made_at     BIGINT  NOT NULL,
    made_by     UUID    NOT NULL,
    PRIMARY KEY (district_id, id)
);

CREATE INDEX expert_group_place ON expert_group (district_id, place_path);

CREATE TABLE expert_member (
    district_id BIGINT  NOT NULL,
    group_id    UUID    NOT NULL,
    person_id   UUID    NOT NULL,
    speciality  TEXT    NOT NULL,
    joined_at   BIGINT  NOT NULL,
    left_at     BIGINT,
    PRIMARY KEY (district_id, group_id, person_id),
    CONSTRAINT expert_member_group FOREIGN KEY (district_id, group_id) REFERENCES expert_group (district_id, id)
);

CREATE INDEX expert_member_person ON expert_member (district_id, person_id);

CREATE TABLE expert_round (
    district_id    BIGINT  NOT NULL,
    id             UUID    NOT NULL,
    place_path     TEXT    NOT NULL,
    group_id       UUID    NOT NULL,
    institution_id UUID    NOT NULL,
    mode           TEXT    NOT NULL,
    planned_day    TEXT    NOT NULL,
    state          TEXT    NOT NULL,
    -- What is advised to the institution; about the house, not about a patient.
    advice         TEXT    NOT NULL,
    planned_at     BIGINT  NOT NULL,
    planned_by     UUID    NOT NULL,
    held_at        BIGINT,
    held_by        UUID,
    PRIMARY KEY (district_id, id),
    CONSTRAINT expert_round_group FOREIGN KEY (district_id, group_id) REFERENCES expert_group (district_id, id),
    CONSTRAINT expert_round_institution FOREIGN KEY (district_id, institution_id) REFERENCES institution (district_id, id)
);

CREATE INDEX expert_round_place ON expert_round (district_id, place_path);
CREATE INDEX expert_round_of ON expert_round (district_id, institution_id, planned_day);
CREATE INDEX expert_round_held ON expert_round (held_at) WHERE held_at IS NOT NULL;

-- An opinion about a patient who came by referral. Erased on its own when its time is over.
CREATE TABLE expert_opinion (
    district_id    BIGINT  NOT NULL,
    id             UUID    NOT NULL,
    round_id       UUID    NOT NULL,
    institution_id UUID    NOT NULL,
    referral_id    UUID    NOT NULL,
    attempt        BIGINT  NOT NULL,
    sealed         BYTEA   NOT NULL,
    given_at       BIGINT  NOT NULL,
    given_by       UUID    NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT expert_opinion_round FOREIGN KEY (district_id, round_id) REFERENCES expert_round (district_id, id)
);

CREATE INDEX expert_opinion_of ON expert_opinion (district_id, round_id);
CREATE INDEX expert_opinion_given ON expert_opinion (district_id, given_at);

-- What was found in an institution, and what became of it.
CREATE TABLE expert_finding (
    district_id    BIGINT  NOT NULL,
    id             UUID    NOT NULL,
    place_path     TEXT    NOT NULL,
    round_id       UUID    NOT NULL,
    institution_id UUID    NOT NULL,
    matter         TEXT    NOT NULL,
    told           TEXT    NOT NULL,
    state          TEXT    NOT NULL,
    -- The last one of the same matter in the same house that was put right.
    repeat_of      UUID,
    opened_at      BIGINT  NOT NULL,
    opened_by      UUID    NOT NULL,
    first_due_at   BIGINT  NOT NULL,
    due_at         BIGINT,
    late_told_at   BIGINT,
    answered_at    BIGINT,
    first_answer   BIGINT,
    reopened       BIGINT  NOT NULL,
    over_at        BIGINT,
    version        BIGINT  NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT expert_finding_round FOREIGN KEY (district_id, round_id) REFERENCES expert_round (district_id, id)
);

CREATE INDEX expert_finding_place ON expert_finding (district_id, place_path);
CREATE INDEX expert_finding_of ON expert_finding (district_id, institution_id, opened_at);
CREATE INDEX expert_finding_round_of ON expert_finding (district_id, round_id);
CREATE INDEX expert_finding_due ON expert_finding (district_id, due_at) WHERE due_at IS NOT NULL;
-- One open finding of a matter in a house.
CREATE UNIQUE INDEX expert_finding_open ON expert_finding (district_id, institution_id, matter) WHERE over_at IS NULL;

-- Each step of a finding, with what was said about it.
CREATE TABLE expert_finding_step (
    district_id BIGINT  NOT NULL,
    finding_id  UUID    NOT NULL,
    no          BIGINT  NOT NULL,
    event       TEXT    NOT NULL,
    said        TEXT    NOT NULL,
    at          BIGINT  NOT NULL,
    by_whom     UUID    NOT NULL,
    PRIMARY KEY (district_id, finding_id, no),
    CONSTRAINT expert_finding_step_of FOREIGN KEY (district_id, finding_id) REFERENCES expert_finding (district_id, id)
);

-- What outcomes are counted by: stays by when they ended.
CREATE INDEX inbound_referral_over ON inbound_referral (over_at) WHERE over_at IS NOT NULL;
