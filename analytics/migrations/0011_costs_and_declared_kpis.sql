-- What campaigns cost, as uploaded: one row per local day, campaign, source, medium ("" for none) and currency.
CREATE TABLE campaign_cost (
  project TEXT NOT NULL,
  day TEXT NOT NULL, -- YYYY-MM-DD
  campaign TEXT NOT NULL,
  source TEXT NOT NULL,
  medium TEXT NOT NULL,
  currency TEXT NOT NULL,
  micros INTEGER NOT NULL, -- millionths of the currency's unit
  PRIMARY KEY (project, day, campaign, source, medium, currency)
) WITHOUT ROWID;

-- KPIs as projects declare them. A changed definition has a new version.
CREATE TABLE declared_kpi (
  project TEXT NOT NULL,
  kpi TEXT NOT NULL,
  definition TEXT NOT NULL, -- JSON
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER,
  PRIMARY KEY (project, kpi)
) WITHOUT ROWID;
