-- The identity links of a day that has few of them, as JSON: one query then finds those of all days, where each day would
-- otherwise be an object to read. A day with more has them in R2, and '[]' here.
ALTER TABLE rollup_day ADD COLUMN few_links TEXT NOT NULL DEFAULT '[]';

-- Days (their starts in ms, a JSON array) that late events changed and that a later run builds again: the cursors are behind
-- these events already.
ALTER TABLE project_rollup ADD COLUMN late_days TEXT NOT NULL DEFAULT '[]';

-- When somebody last asked for the project's numbers (ms, to about ten minutes): cron rolls up more often then.
ALTER TABLE project_rollup ADD COLUMN asked_at INTEGER NOT NULL DEFAULT 0;
