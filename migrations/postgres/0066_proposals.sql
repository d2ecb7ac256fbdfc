-- What residents propose to the meetings (居民提议), second and say of it. Nobody is named, and a telephone is sealed; a home seconds once, by the
-- id of its place.

CREATE TABLE council_proposal (
    district_id    BIGINT  NOT NULL REFERENCES district (id),
    id             UUID    NOT NULL,
    place_path     TEXT    NOT NULL,
    number         TEXT    NOT NULL,
    title          TEXT    NOT NULL,
    body           TEXT    NOT NULL,
    state          TEXT    NOT NULL,
    channel        TEXT    NOT NULL,
    answer         TEXT    NOT NULL,
    sealed_contact BYTEA,
    made_at        BIGINT  NOT NULL,
    changed_at     BIGINT  NOT NULL,
    PRIMARY KEY (district_id, id)
);

CREATE INDEX council_proposal_place ON council_proposal (district_id, place_path, state);

CREATE TABLE council_second (
    district_id BIGINT  NOT NULL,
    proposal_id UUID    NOT NULL,
    home_id     UUID    NOT NULL,
    channel     TEXT    NOT NULL,
    made_at     BIGINT  NOT NULL,
    PRIMARY KEY (district_id, proposal_id, home_id),
    CONSTRAINT council_second_of FOREIGN KEY (district_id, proposal_id) REFERENCES council_proposal (district_id, id)
);

CREATE TABLE council_comment (
    district_id BIGINT  NOT NULL,
    id          UUID    NOT NULL,
    proposal_id UUID    NOT NULL,
    body        TEXT    NOT NULL,
    stance      TEXT    NOT NULL,
    shown       TEXT    NOT NULL,
    channel     TEXT    NOT NULL,
    made_at     BIGINT  NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT council_comment_of FOREIGN KEY (district_id, proposal_id) REFERENCES council_proposal (district_id, id)
);

CREATE INDEX council_comment_list ON council_comment (district_id, proposal_id, made_at);
