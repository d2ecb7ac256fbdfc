-- Situation (态势): figures that somebody published about a place, kept as they were printed beside what the records say.

CREATE TABLE published_figure (
    district_id  BIGINT NOT NULL REFERENCES district (id),
    place_path   TEXT    COLLATE "C" NOT NULL,
    -- estates, old, closed, scattered, in_care, in_care_closed, in_care_scattered, area_in_care (0.01 m²), households_in_care, ...
    figure       TEXT    NOT NULL,
    -- A count, or with share_of the hundredths of that other figure.
    value        BIGINT NOT NULL,
    share_of     TEXT,
    precision    TEXT    NOT NULL CHECK (precision IN ('exactly', 'about', 'over')),
    source       TEXT    NOT NULL,
    published_on TEXT    NOT NULL,
    entered_at   BIGINT NOT NULL,
    entered_by   TEXT    NOT NULL,
    PRIMARY KEY (district_id, place_path, source, figure)
);
