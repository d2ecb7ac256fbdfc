-- Where the city says that a ticket is. Its case may be heard higher up; the city fetches its steps by this place.
ALTER TABLE hotline_ticket ADD COLUMN place_path TEXT NOT NULL DEFAULT '';
UPDATE hotline_ticket SET place_path =
    (SELECT f.place_path FROM case_file f WHERE f.district_id = hotline_ticket.district_id AND f.id = hotline_ticket.case_id);
CREATE INDEX hotline_ticket_place ON hotline_ticket (district_id, place_path);

-- A ticket goes the way of tickets, whatever it is classed as.
UPDATE case_file SET profile = 'hotline' WHERE closed_at IS NULL AND class <> 'hotline_ticket'
    AND EXISTS (SELECT 1 FROM hotline_ticket t WHERE t.district_id = case_file.district_id AND t.case_id = case_file.id);
