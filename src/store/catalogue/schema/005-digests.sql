-- Which package it is that a client asks for by its digest, and which of them a file in the object store is.
CREATE INDEX package_by_checksum ON package (checksum);

-- Tells this database from any other: row ids that were noted elsewhere hold only here. One row.
CREATE TABLE identity (
  id TEXT NOT NULL
) STRICT;
INSERT INTO identity VALUES (lower(hex(randomblob(16))));
