-- State: what people did, and what happened. Small and transactional; nothing here can be made again.

-- Sources that were added by command. Those of the configuration file are not here.
CREATE TABLE source (
  label      TEXT PRIMARY KEY,
  definition TEXT NOT NULL,              -- JSON, as in the configuration file
  added_at   TEXT NOT NULL               -- RFC 3339, as all times here
) STRICT;

-- The last revision number that was given out for a source. A number is never used twice, also not by a failed sync.
CREATE TABLE revision_counter (
  label TEXT PRIMARY KEY,
  last  INTEGER NOT NULL
) STRICT;

-- Published revisions.
CREATE TABLE revision (
  label        TEXT NOT NULL,
  number       INTEGER NOT NULL,
  manifest     TEXT NOT NULL,            -- sha256 of the object
  published_at TEXT NOT NULL,            -- also its Last-Modified: whole seconds, later than any before it
  PRIMARY KEY (label, number)
) STRICT;

-- A mutable name of a revision; `current` is what clients are served.
CREATE TABLE ref (
  label    TEXT NOT NULL,
  name     TEXT NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (label, name),
  FOREIGN KEY (label, revision) REFERENCES revision
) STRICT;

-- When a revision ceased to be current; it stays readable for a while after.
CREATE TABLE superseded (
  label    TEXT NOT NULL,
  revision INTEGER NOT NULL,
  at       TEXT NOT NULL,
  PRIMARY KEY (label, revision),
  FOREIGN KEY (label, revision) REFERENCES revision
) STRICT;

-- The history of syncs.
CREATE TABLE sync (
  id               INTEGER PRIMARY KEY,
  label            TEXT NOT NULL,
  started_at       TEXT NOT NULL,
  finished_at      TEXT,
  outcome          TEXT NOT NULL,        -- running, updated, unchanged, failed, cancelled, interrupted
  reason           TEXT,                 -- one sentence, where it failed
  error_kind       TEXT,
  revision         INTEGER,              -- that it published
  bytes            INTEGER NOT NULL DEFAULT 0,  -- fetched from upstream
  packages         INTEGER,
  packages_added   INTEGER,
  packages_removed INTEGER,
  advisories       INTEGER,
  advisories_new   INTEGER,
  set_aside_count  INTEGER NOT NULL DEFAULT 0,
  set_aside        TEXT NOT NULL DEFAULT '[]',  -- JSON: the first of them
  warnings         TEXT NOT NULL DEFAULT '[]'   -- JSON: sentences
) STRICT;
CREATE INDEX sync_by_label ON sync (label, id);

-- What upstream said of its repomd.xml the last time, for conditional requests.
CREATE TABLE validator (
  label         TEXT NOT NULL,
  url           TEXT NOT NULL,
  etag          TEXT,
  last_modified TEXT,
  PRIMARY KEY (label, url)
) STRICT;
