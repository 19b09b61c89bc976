-- The catalogue is an index derived from manifests and packs: it may be deleted and is made again.

-- A source, under the number that the tables below use.
CREATE TABLE source (
  id       INTEGER PRIMARY KEY,
  label    TEXT NOT NULL UNIQUE,
  revision INTEGER NOT NULL              -- the newest that is indexed
) STRICT;

-- One row for each primary fragment ever seen, in any source.
CREATE TABLE package (
  id             INTEGER PRIMARY KEY,
  fragment       BLOB NOT NULL UNIQUE,   -- sha256 of the <package> element
  name           TEXT NOT NULL,
  arch           TEXT NOT NULL,
  epoch          TEXT NOT NULL,
  version        TEXT NOT NULL,
  release        TEXT NOT NULL,
  evr_key        BLOB NOT NULL,          -- sorts as rpm does
  checksum_type  TEXT NOT NULL,          -- of the rpm file, as upstream claims it: the pkgid
  checksum       BLOB NOT NULL,
  summary        TEXT NOT NULL,
  package_size   INTEGER NOT NULL,       -- bytes; 0 where upstream does not say
  installed_size INTEGER NOT NULL,
  build_time     INTEGER NOT NULL,       -- seconds since 1970
  location       TEXT NOT NULL,          -- href below the source's root, as it stands
  base           TEXT,                   -- xml:base of the location
  source_rpm     TEXT NOT NULL
) STRICT;
CREATE INDEX package_by_name ON package (name, arch, evr_key);
-- What a client asks for.
CREATE INDEX package_by_location ON package (location);

-- Which packages a source held from one revision until before another; open while the second is null.
CREATE TABLE membership (
  source        INTEGER NOT NULL REFERENCES source,
  package       INTEGER NOT NULL REFERENCES package,
  from_revision INTEGER NOT NULL,
  to_revision   INTEGER,
  PRIMARY KEY (source, package, from_revision)
) STRICT, WITHOUT ROWID;
