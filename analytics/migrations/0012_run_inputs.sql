-- What a roll-up read: a hash of the keys and etags of its parts; '' for runs that built no day.
ALTER TABLE job_run ADD COLUMN inputs TEXT NOT NULL DEFAULT '';
