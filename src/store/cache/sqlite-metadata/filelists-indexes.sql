CREATE INDEX keyfile ON filelist (pkgKey);
CREATE INDEX pkgId ON packages (pkgId);
CREATE INDEX dirnames ON filelist (dirname);
