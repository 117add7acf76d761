-- The definitions (names and versions of all KPIs) that a day's roll-up was built with; 0: to be built anew.
ALTER TABLE rollup_day ADD COLUMN definitions INTEGER NOT NULL DEFAULT 0;

-- Where a job of a project stands: not again before `due_at` (ms), failures in a row, and what it goes on with.
-- Roll-ups have a row only while they fail.
CREATE TABLE job (
  job TEXT NOT NULL,
  project TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  step TEXT NOT NULL,
  PRIMARY KEY (job, project)
) WITHOUT ROWID;

-- The last runs that did something or failed. A run takes the place of the one that many runs ago had its slot, so that
-- a run is one row written, and nothing is ever deleted.
CREATE TABLE job_run (
  job TEXT NOT NULL,
  project TEXT NOT NULL,
  slot INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  counts TEXT NOT NULL, -- what it read and did, JSON
  error TEXT,
  PRIMARY KEY (job, project, slot)
) WITHOUT ROWID;

-- What the operator is told of through the alert hook: a row from when a condition begins until it has ended.
CREATE TABLE alert (
  kind TEXT NOT NULL,
  project TEXT NOT NULL,
  job TEXT NOT NULL,
  id TEXT NOT NULL,
  count INTEGER NOT NULL,
  raised_at INTEGER NOT NULL,
  sent_at INTEGER,
  tries INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  PRIMARY KEY (kind, project, job)
) WITHOUT ROWID;
