-- Not before this time (ms) does cron roll a project up again: a roll-up reads whole days, and pauses in proportion.
ALTER TABLE project_rollup ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;
