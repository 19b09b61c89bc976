-- Whether a revision's object is derived (of a view or a stage) or a manifest (mirrored, and then in the catalogue, too).
ALTER TABLE revision ADD COLUMN derived INTEGER NOT NULL DEFAULT 0;
-- How many packages a derived revision has; those of mirrored ones stand in the history of syncs.
ALTER TABLE revision ADD COLUMN packages INTEGER;
CREATE INDEX revision_by_time ON revision (label, published_at);

-- What a view was at which time: the parents by priority and the filters, for `<label>@<time>`.
CREATE TABLE view_definition (
  label      TEXT NOT NULL,
  since      TEXT NOT NULL,
  definition TEXT NOT NULL,              -- JSON: from, filters
  PRIMARY KEY (label, since)
) STRICT;
