-- What the check of an rpm's signature found, so that it is not read again each time it is asked for. It can be made
-- again: a row that is missing costs one look into the rpm.
CREATE TABLE package_check (
  sha256     TEXT NOT NULL,              -- of the rpm
  rules      TEXT NOT NULL,              -- sha256 of what it was judged by: the keys, and whether SHA-1 is taken
  refusal    TEXT,                       -- why it is not taken, as the rest of a sentence; NULL if it is
  checked_at TEXT NOT NULL,
  PRIMARY KEY (sha256, rules)
) STRICT, WITHOUT ROWID;
