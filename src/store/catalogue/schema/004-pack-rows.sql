-- Which rows a pack's fragments have, as runs: fragment `first + n` is row `row + n`, for n below `count`. Fragments of one
-- pack are mostly inserted one after the other, so that a pack is one run. Who deletes rows of `package` or `advisory`
-- deletes these, too. A fragment without a row (it was set aside, or not looked at yet) is in no run.
CREATE TABLE pack_rows (
  pack  BLOB NOT NULL,                   -- sha256 of the pack
  first INTEGER NOT NULL,
  count INTEGER NOT NULL,
  row   INTEGER NOT NULL,
  PRIMARY KEY (pack, first)
) STRICT, WITHOUT ROWID;

-- Packages that clients would fetch from somewhere else: few, so that counting them is quick.
CREATE INDEX package_elsewhere ON package (id) WHERE base IS NOT NULL OR location GLOB '*://*';
