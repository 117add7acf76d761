-- What a read token may read: a JSON array of scopes. Tokens from before scopes keep what they could read.
ALTER TABLE read_token ADD COLUMN scopes TEXT NOT NULL DEFAULT '["kpis","events"]';
-- From when on (ms) a read token is none; NULL: never.
ALTER TABLE read_token ADD COLUMN expires_at INTEGER;
-- Origins whose pages may ask with the read tokens of a project: a JSON array of texts; an empty one allows every origin.
ALTER TABLE project ADD COLUMN query_origins TEXT NOT NULL DEFAULT '[]';
