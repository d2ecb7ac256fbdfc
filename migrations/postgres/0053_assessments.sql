-- What was weighed before somebody was asked to agree (影响评估说明, 个人信息保护法 art. 55), kept with the person: whoever agrees later on the own phone
-- weighs nothing, and the note of whoever registered the person is put into that consent as well. What earlier consents say is taken over, the newest.
ALTER TABLE care_person ADD COLUMN assessment TEXT NOT NULL DEFAULT '';

UPDATE care_person SET assessment = COALESCE((SELECT g.assessment FROM care_consent g WHERE g.district_id = care_person.district_id
    AND g.person_id = care_person.id AND g.assessment <> '' ORDER BY g.given_at DESC, g.id DESC LIMIT 1), '');
