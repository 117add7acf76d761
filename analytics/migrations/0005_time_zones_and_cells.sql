-- The zone whose local days a project's users are counted by, and in which questions are answered that name none.
ALTER TABLE project ADD COLUMN timezone TEXT NOT NULL DEFAULT 'UTC';
-- Columns of events by which numbers can be broken down: a JSON array of texts.
ALTER TABLE project ADD COLUMN dimensions TEXT NOT NULL DEFAULT '[]';

-- The first UTC day (ms) whose users changed since the days behind it were last counted: weekly and monthly users, and who
-- returned. NULL when none did. `trail_as_of`: when they were last counted.
ALTER TABLE project_rollup ADD COLUMN trail_from INTEGER;
ALTER TABLE project_rollup ADD COLUMN trail_as_of INTEGER NOT NULL DEFAULT 0;

-- Rows of events now hold quarter hours, and those of users are by local day: every day is built again, and until then
-- nothing is complete.
DELETE FROM rollup;
UPDATE rollup_day SET counted_users = NULL;
UPDATE project_rollup SET as_of = 0, trail_from = 0, late_days = (
  SELECT json_group_array(CAST(strftime('%s', day) AS INTEGER) * 1000)
  FROM rollup_day WHERE rollup_day.project = project_rollup.project);
