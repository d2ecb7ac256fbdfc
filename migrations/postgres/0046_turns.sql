-- A turn of a recurrent job is held while it runs: of several processes one is at it, and when that one dies another takes over.
ALTER TABLE recurrent_job ADD COLUMN held_until BIGINT NOT NULL DEFAULT 0;
