-- One row for each updateinfo fragment ever seen.
CREATE TABLE advisory (
  id          INTEGER PRIMARY KEY,
  fragment    BLOB NOT NULL UNIQUE,      -- sha256 of the <update> element
  advisory_id TEXT NOT NULL,             -- ELSA-…, as the vendor names it
  type        TEXT NOT NULL,
  severity    TEXT NOT NULL,
  title       TEXT NOT NULL,
  issued      TEXT NOT NULL,
  updated     TEXT NOT NULL
) STRICT;
CREATE INDEX advisory_by_id ON advisory (advisory_id);

CREATE TABLE advisory_membership (
  source        INTEGER NOT NULL REFERENCES source,
  advisory      INTEGER NOT NULL REFERENCES advisory,
  from_revision INTEGER NOT NULL,
  to_revision   INTEGER,
  PRIMARY KEY (source, advisory, from_revision)
) STRICT, WITHOUT ROWID;

-- The builds that an advisory ships.
CREATE TABLE advisory_package (
  advisory INTEGER NOT NULL REFERENCES advisory,
  name     TEXT NOT NULL,
  arch     TEXT NOT NULL,
  epoch    TEXT NOT NULL,
  version  TEXT NOT NULL,
  release  TEXT NOT NULL
) STRICT;
CREATE INDEX advisory_package_by_advisory ON advisory_package (advisory);

CREATE TABLE advisory_reference (
  advisory  INTEGER NOT NULL REFERENCES advisory,
  type      TEXT NOT NULL,               -- cve, bugzilla, self …
  reference TEXT NOT NULL,               -- CVE-…, a bug number …
  href      TEXT NOT NULL,
  title     TEXT NOT NULL
) STRICT;
CREATE INDEX advisory_reference_by_advisory ON advisory_reference (advisory);
CREATE INDEX advisory_reference_by_reference ON advisory_reference (reference);
