-- All of this can be made again from objects and the catalogue.

-- Encoded parts of documents, which may be shared by many.
CREATE TABLE piece (
  key    BLOB PRIMARY KEY,               -- sha256 over how it is encoded and what it holds
  file   INTEGER NOT NULL,               -- cache/pieces/<file>
  offset INTEGER NOT NULL,
  length INTEGER NOT NULL,
  raw    INTEGER NOT NULL,               -- bytes when decompressed, and their CRC-32
  crc    INTEGER NOT NULL,
  used   INTEGER NOT NULL                -- when it was last put into a document, in days since 1970
) STRICT, WITHOUT ROWID;
CREATE INDEX piece_by_place ON piece (file, offset);

-- The packages that the fragments of a pack are about.
CREATE TABLE pack_index (
  pack   BLOB PRIMARY KEY,               -- sha256 of the pack
  pkgids BLOB NOT NULL,                  -- of each fragment the first 8 bytes of its pkgid; of its own digest if it has none
  used   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Revisions as clients read them.
CREATE TABLE render (
  key       BLOB PRIMARY KEY,            -- sha256 over the job
  files     TEXT NOT NULL,               -- JSON
  packages  BLOB NOT NULL,               -- bit set of rows of the catalogue's `package`
  catalogue TEXT NOT NULL,               -- that catalogue's identity
  remarks   TEXT NOT NULL,               -- JSON
  used      INTEGER NOT NULL             -- when it was last asked for, in days since 1970
) STRICT, WITHOUT ROWID;
