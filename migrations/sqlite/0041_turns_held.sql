-- Who does a recurrent job right now, and until when nobody else does; 0 when nobody does. Whoever does it holds on as long as it takes.
ALTER TABLE recurrent_job ADD COLUMN holder BLOB;
ALTER TABLE recurrent_job ADD COLUMN held_until INTEGER NOT NULL DEFAULT 0;
