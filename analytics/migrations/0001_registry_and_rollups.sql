-- Registry: what exists, who may write and read. Rows are marked, never deleted, so that the serial number of
-- a revoked write key is never given out again.
CREATE TABLE project (
  project TEXT PRIMARY KEY,
  currency TEXT NOT NULL,
  shards INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
) WITHOUT ROWID;

CREATE TABLE source (
  project TEXT NOT NULL,
  source TEXT NOT NULL,
  ip_policy TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER,
  PRIMARY KEY (project, source)
) WITHOUT ROWID;

-- A write key can be made again from its row and the secret, so its signature is not stored.
CREATE TABLE write_key (
  project TEXT NOT NULL,
  serial INTEGER NOT NULL,
  source TEXT NOT NULL,
  kind TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER,
  PRIMARY KEY (project, serial)
) WITHOUT ROWID;

CREATE TABLE read_token (
  token_hash TEXT PRIMARY KEY, -- SHA-256 of the token, hex
  project TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX read_token_by_id ON read_token (project, id);

-- One row: the version of the registry, and the one whose snapshot is in R2.
CREATE TABLE registry (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  version INTEGER NOT NULL,
  published_version INTEGER NOT NULL
);
INSERT INTO registry (one, version, published_version) VALUES (1, 0, 0);

-- Who may roll up now. Every write of a roll-up is conditional on still owning the lease.
CREATE TABLE lease (
  name TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  until INTEGER NOT NULL
) WITHOUT ROWID;

-- How far the outbox of each shard log has been rolled up.
CREATE TABLE outbox_cursor (
  project TEXT NOT NULL,
  shard INTEGER NOT NULL,
  birth_id TEXT NOT NULL,
  change INTEGER NOT NULL,
  PRIMARY KEY (project, shard)
) WITHOUT ROWID;

-- Per project: as of when its numbers are, and the first day (ms) whose users are to be recounted because an
-- earlier link appeared; NULL when none.
CREATE TABLE project_rollup (
  project TEXT PRIMARY KEY,
  as_of INTEGER NOT NULL,
  recount_from INTEGER
) WITHOUT ROWID;

-- Per project and UTC day: what it was built from (parts with etags and log sequences) and its marts
-- (keys with etags and rows), as JSON. `counted_users` is the mart from which the users row was last counted.
CREATE TABLE rollup_day (
  project TEXT NOT NULL,
  day TEXT NOT NULL, -- YYYY-MM-DD
  inputs TEXT NOT NULL,
  user_marts TEXT NOT NULL,
  link_marts TEXT NOT NULL,
  counted_users TEXT,
  PRIMARY KEY (project, day)
) WITHOUT ROWID;

-- One packed row per project, UTC day and family; the body is JSON.
CREATE TABLE rollup (
  project TEXT NOT NULL,
  day TEXT NOT NULL,
  family TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (project, day, family)
) WITHOUT ROWID;
