-- The identity links of a day that has few of them, as JSON: one query then finds those of all days, where each day would
-- otherwise be an object to read. A day with more has them in R2, and '[]' here.
ALTER TABLE rollup_day ADD COLUMN few_links TEXT NOT NULL DEFAULT '[]';
