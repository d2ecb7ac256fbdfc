-- Whether an alarm or a question of the watch, or the family-doctor team that asked for the visit, had told of it before it was opened by hand: then
-- nobody found what the watch had missed. Nothing says which of them it was. Visits that a team asked for, and those that were opened within a day
-- after an alarm or a question about the same person, are marked here as far as the rows still say so.
ALTER TABLE care_visit ADD COLUMN forewarned BOOLEAN NOT NULL DEFAULT FALSE;

UPDATE care_visit SET forewarned = TRUE WHERE kind = 'by_hand' AND (
    EXISTS (SELECT 1 FROM care_alarm a WHERE a.district_id = care_visit.district_id AND a.visit_id = care_visit.id)
    OR EXISTS (SELECT 1 FROM care_visit b WHERE b.district_id = care_visit.district_id AND b.person_id = care_visit.person_id
        AND b.kind IN ('alarm', 'question') AND b.opened_at <= care_visit.opened_at
        AND (b.ended_at IS NULL OR b.ended_at > care_visit.opened_at - 86400000000)));
