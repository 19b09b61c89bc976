-- filelists_db, database_version 10: the files of a package in one folder are one row, names parted by `/`, and a letter
-- of their types for each: f, d, g.
CREATE TABLE db_info (dbversion INTEGER, checksum TEXT);
CREATE TABLE packages (pkgKey INTEGER PRIMARY KEY, pkgId TEXT);
CREATE TABLE filelist (pkgKey INTEGER, dirname TEXT, filenames TEXT, filetypes TEXT);
CREATE TRIGGER remove_filelist AFTER DELETE ON packages BEGIN
  DELETE FROM filelist WHERE pkgKey = old.pkgKey;
END;
