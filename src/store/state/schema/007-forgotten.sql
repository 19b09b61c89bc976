-- Revisions that were published once and are kept no more: none before them was current at their time.
CREATE TABLE forgotten (
  label        TEXT NOT NULL,
  number       INTEGER NOT NULL,
  published_at TEXT NOT NULL,
  PRIMARY KEY (label, number)
) STRICT;
CREATE INDEX forgotten_by_time ON forgotten (label, published_at);
