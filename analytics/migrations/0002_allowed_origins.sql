-- Origins whose pages may send with the public keys of a source: a JSON array of texts; an empty one allows every origin.
ALTER TABLE source ADD COLUMN allowed_origins TEXT NOT NULL DEFAULT '[]';
