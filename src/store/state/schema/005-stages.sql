-- What is known of a snapshot besides the revision that it names, which its ref says.
CREATE TABLE snapshot (
  label      TEXT NOT NULL,
  name       TEXT NOT NULL,
  kind       TEXT NOT NULL CHECK (kind IN ('manual', 'daily', 'weekly', 'monthly')),
  created_at TEXT NOT NULL,
  created_by TEXT NOT NULL,              -- a user of the system, or `clock`
  PRIMARY KEY (label, name),
  FOREIGN KEY (label, name) REFERENCES ref ON DELETE CASCADE
) STRICT;

-- Moves of stages from one revision of what they follow to another. Revisions may be forgotten before moves are.
CREATE TABLE move (
  id            INTEGER PRIMARY KEY,
  label         TEXT NOT NULL,           -- the stage
  kind          TEXT NOT NULL CHECK (kind IN ('promote', 'rollback', 'configured')),
  at            TEXT NOT NULL,
  by            TEXT NOT NULL,           -- a user of the system, or `configuration`
  from_source   TEXT,                    -- NULL for a stage's first move
  from_revision INTEGER,                 -- NULL also where it was no numbered revision
  from_manifest TEXT,
  to_source     TEXT NOT NULL,
  to_revision   INTEGER,
  to_manifest   TEXT NOT NULL,
  configured    TEXT,                    -- what the configuration said then: another value later is a move of its own
  undoes        INTEGER REFERENCES move ON DELETE SET NULL,  -- of a rollback: the move that it took back
  revision      INTEGER                  -- of the stage, that came of it; NULL until that is published
) STRICT;
CREATE INDEX move_by_label ON move (label, id);
