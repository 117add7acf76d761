-- Funnels as projects declare them. A changed definition has a new version.
CREATE TABLE funnel (
  project TEXT NOT NULL,
  funnel TEXT NOT NULL,
  definition TEXT NOT NULL, -- JSON
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER,
  PRIMARY KEY (project, funnel)
) WITHOUT ROWID;

-- The marts `step` and `session` of a UTC day: what they were built from (a hash) and their parts, as JSON.
CREATE TABLE behaviour_day (
  project TEXT NOT NULL,
  day TEXT NOT NULL, -- YYYY-MM-DD
  mart TEXT NOT NULL,
  built_from TEXT NOT NULL,
  parts TEXT NOT NULL,
  PRIMARY KEY (project, day, mart)
) WITHOUT ROWID;

-- When somebody last asked a behavioural question of a project (ms, to about an hour): its marts are kept up to date then.
CREATE TABLE behaviour_project (
  project TEXT PRIMARY KEY,
  asked_at INTEGER NOT NULL
) WITHOUT ROWID;
