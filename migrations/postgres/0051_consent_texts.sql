-- The text of a consent as it was shown (告知文本), kept with the mark of the pack it stood in: whatever the pack says later, the proof shows what somebody
-- agreed to. One row for each text, not for each consent; nothing of anybody.
CREATE TABLE care_consent_text (
    district_id  BIGINT NOT NULL REFERENCES district (id),
    text_mark    TEXT NOT NULL,
    purpose      TEXT NOT NULL,
    language     TEXT NOT NULL,
    body         TEXT NOT NULL,
    keeps        TEXT NOT NULL,
    PRIMARY KEY (district_id, text_mark, purpose, language)
);
