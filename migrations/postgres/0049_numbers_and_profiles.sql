-- The end of the number of a city's ticket, turned round and in capitals, for whoever reads out its last digits.
ALTER TABLE hotline_ticket ADD COLUMN no_tail TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE hotline_ticket SET no_tail = upper(reverse(right(ticket_no, 12)));
CREATE INDEX hotline_ticket_tail ON hotline_ticket (district_id, no_tail);

-- By which way of working (办理流程) a case was filed, and in which version of the table: a change of rules moves no case to another one. Cases
-- from before are given what was in force at their filing by the job that keeps terms.
ALTER TABLE case_file ADD COLUMN way_profile TEXT;
ALTER TABLE case_file ADD COLUMN way_rule TEXT;

-- Which organisations were given cases of a class, and where: who had the like here before stands on top when one is chosen.
CREATE INDEX case_unit_class ON case_file (district_id, class, unit_id, place_path) WHERE unit_id IS NOT NULL;

-- What the reporter said when he was called back: whether anybody had got in touch with him (有人联系您了吗).
ALTER TABLE case_file ADD COLUMN said_contacted BOOLEAN;
