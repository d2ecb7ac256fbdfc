-- Who is told of a visit while somebody stands at the door, who keeps it: it is in the own list of both.
ALTER TABLE care_visit ADD COLUMN told_person BLOB;
ALTER TABLE care_visit ADD COLUMN told_appointment BLOB;
ALTER TABLE care_visit ADD COLUMN told_role TEXT;
