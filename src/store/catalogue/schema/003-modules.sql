-- One row for each modulemd document ever seen.
CREATE TABLE module_stream (
  id       INTEGER PRIMARY KEY,
  document BLOB NOT NULL UNIQUE,         -- sha256 of the YAML document
  name     TEXT NOT NULL,
  stream   TEXT NOT NULL,
  version  TEXT NOT NULL,                -- a 64-bit number, kept as text
  context  TEXT NOT NULL,
  arch     TEXT NOT NULL,
  summary  TEXT NOT NULL
) STRICT;
CREATE INDEX module_stream_by_name ON module_stream (name, stream);

CREATE TABLE module_membership (
  source        INTEGER NOT NULL REFERENCES source,
  stream        INTEGER NOT NULL REFERENCES module_stream,
  from_revision INTEGER NOT NULL,
  to_revision   INTEGER,
  PRIMARY KEY (source, stream, from_revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE module_artifact (
  stream INTEGER NOT NULL REFERENCES module_stream,
  nevra  TEXT NOT NULL,
  PRIMARY KEY (stream, nevra)
) STRICT, WITHOUT ROWID;

CREATE TABLE module_profile (
  stream  INTEGER NOT NULL REFERENCES module_stream,
  name    TEXT NOT NULL,
  package TEXT NOT NULL,
  PRIMARY KEY (stream, name, package)
) STRICT, WITHOUT ROWID;
