-- Sources that an operator paused: not synced by their schedules. Also those of the configuration file.
CREATE TABLE paused (
  label TEXT PRIMARY KEY,
  at    TEXT NOT NULL
) STRICT;

-- rpms that the sync itself fetched; null in syncs from before this column.
ALTER TABLE sync ADD COLUMN packages_fetched INTEGER;
