-- When space was last collected.
CREATE TABLE collection (
  id          INTEGER PRIMARY KEY CHECK (id = 1),
  finished_at TEXT NOT NULL,
  bytes       INTEGER NOT NULL           -- that were freed
) STRICT;
