-- Nobody confirms his own work, by whatever way: who did it last, and which member of the staff had entered the report.
ALTER TABLE case_file ADD COLUMN finished_by UUID;
ALTER TABLE case_file ADD COLUMN reported_by UUID;
