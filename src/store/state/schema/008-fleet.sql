-- Managed instances and what belongs to them. Times are RFC 3339 in UTC. Of secrets only the SHA-256 is kept, of
-- passwords what scrypt makes of them.
CREATE TABLE instance (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice
  name          TEXT NOT NULL,                      -- the profile name: a host's name unless somebody chose another
  state         TEXT NOT NULL CHECK (state IN ('registering', 'registered')),
  credential    BLOB NOT NULL,                      -- of its systemid
  password      BLOB,                               -- for HTTP Basic; NULL until one was issued
  certificate   BLOB,                               -- of its TLS client certificate (DER); NULL until one was issued
  os_name       TEXT NOT NULL,                      -- of the package that says the release: oraclelinux-release
  os_release    TEXT NOT NULL,                      -- as the client says it: 8, 7Server
  arch          TEXT NOT NULL,                      -- canonical: x86_64-redhat-linux
  kernel        TEXT,
  agent_version TEXT,
  capabilities  TEXT NOT NULL DEFAULT '',           -- name(version)=value, separated by commas, sorted
  smbios_uuid   TEXT,                               -- in lower case; NULL for those that many machines have
  compartment   TEXT,
  owner         TEXT NOT NULL,                      -- who registered it: a user, or who made the registration key
  registered_at TEXT NOT NULL,
  seen_at       TEXT,                               -- last check-in
  booted_at     TEXT,
  address       TEXT,                               -- of its last check-in
  twin_of       INTEGER                             -- an instance with the same SMBIOS UUID that was there before
) STRICT;
-- At least nine digits: clients of old pad shorter ones and then log in for every command.
INSERT INTO sqlite_sequence (name, seq) VALUES ('instance', 1000009999);
CREATE INDEX instance_by_smbios ON instance (smbios_uuid) WHERE smbios_uuid IS NOT NULL;
CREATE INDEX instance_by_certificate ON instance (certificate) WHERE certificate IS NOT NULL;
CREATE INDEX instance_unfinished ON instance (registered_at) WHERE state = 'registering';
CREATE INDEX instance_by_twin ON instance (twin_of) WHERE twin_of IS NOT NULL;

-- Apart from the instance, whose row each check-in writes.
CREATE TABLE hardware (
  instance INTEGER PRIMARY KEY REFERENCES instance ON DELETE CASCADE,
  entries  TEXT NOT NULL                            -- JSON, as the client sent them
) STRICT;

CREATE TABLE instance_tag (
  instance INTEGER NOT NULL REFERENCES instance ON DELETE CASCADE,
  tag      TEXT NOT NULL,
  PRIMARY KEY (instance, tag)
) STRICT;

CREATE TABLE instance_group (
  name       TEXT PRIMARY KEY,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE group_member (
  "group"  TEXT NOT NULL REFERENCES instance_group ON DELETE CASCADE,
  instance INTEGER NOT NULL REFERENCES instance ON DELETE CASCADE,
  PRIMARY KEY ("group", instance)
) STRICT;
CREATE INDEX group_by_member ON group_member (instance);

-- What instances get that join the group.
CREATE TABLE group_source (
  "group" TEXT NOT NULL REFERENCES instance_group ON DELETE CASCADE,
  label   TEXT NOT NULL,
  PRIMARY KEY ("group", label)
) STRICT;

-- The sources that an instance may read and lists.
CREATE TABLE attachment (
  instance INTEGER NOT NULL REFERENCES instance ON DELETE CASCADE,
  label    TEXT NOT NULL,
  served   TEXT,                                    -- the channel that it was shown last; NULL before the first time
  since    INTEGER NOT NULL,                        -- its last_modified is no earlier: seconds since 1970
  history  INTEGER NOT NULL DEFAULT 0,              -- 1: may read label@… also where something is held back
  PRIMARY KEY (instance, label)
) STRICT;
CREATE INDEX attachment_by_label ON attachment (label);

-- What an instance or the members of a group see of a source instead of its current revision.
CREATE TABLE lens (
  scope      TEXT NOT NULL CHECK (scope IN ('instance', 'group')),
  subject    TEXT NOT NULL,                         -- an instance's id or a group's name
  label      TEXT NOT NULL,
  channel    TEXT NOT NULL,                         -- what is served: a view's or stage's label, or label@spec
  under      TEXT NOT NULL CHECK (under IN ('own', 'parent')),  -- the label that it is shown under
  definition TEXT NOT NULL,                         -- JSON, as it was asked for
  PRIMARY KEY (scope, subject, label)
) STRICT;
CREATE INDEX lens_by_channel ON lens (channel);

-- When what a channel consists of changed last, for instances.
CREATE TABLE channel_change (
  channel  TEXT PRIMARY KEY,
  digest   TEXT NOT NULL,
  modified INTEGER NOT NULL                         -- seconds since 1970; moves by at least one, never back
) STRICT;

-- Each version of a package that any instance has.
CREATE TABLE nevra (
  id      INTEGER PRIMARY KEY,
  name    TEXT NOT NULL,
  epoch   TEXT NOT NULL,                            -- empty for none
  version TEXT NOT NULL,
  release TEXT NOT NULL,
  arch    TEXT NOT NULL,
  UNIQUE (name, version, release, epoch, arch)
) STRICT;

CREATE TABLE profile (
  instance   INTEGER PRIMARY KEY REFERENCES instance ON DELETE CASCADE,
  packages   BLOB NOT NULL,                         -- src/store/state/packed-profile.ts has the format
  count      INTEGER NOT NULL,
  digest     BLOB NOT NULL,
  changed_at TEXT NOT NULL
) STRICT;

CREATE TABLE registration_key (
  id            INTEGER PRIMARY KEY,
  name          TEXT NOT NULL UNIQUE,
  hash          BLOB NOT NULL UNIQUE,
  reactivates   INTEGER REFERENCES instance ON DELETE CASCADE,  -- the instance whose record it takes over
  takeover_ms   INTEGER,                            -- takes over what has the same SMBIOS UUID and was silent so long; NULL: never
  sources       TEXT NOT NULL,                      -- JSON, labels
  groups        TEXT NOT NULL,                      -- JSON, names
  tags          TEXT NOT NULL,                      -- JSON
  compartment   TEXT,
  uses          INTEGER,                            -- at most; NULL for any number
  used          INTEGER NOT NULL DEFAULT 0,
  expires_at    TEXT,
  revoked_at    TEXT,
  created_at    TEXT NOT NULL,
  created_by    TEXT NOT NULL
) STRICT;

CREATE TABLE user (
  name       TEXT PRIMARY KEY,
  password   TEXT NOT NULL,                         -- scrypt's parameters, salt and hash
  created_at TEXT NOT NULL,
  created_by TEXT NOT NULL
) STRICT;

-- Keys of the MAC in login tokens. The newest signs.
CREATE TABLE session_key (
  id         INTEGER PRIMARY KEY,
  key        BLOB NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE action (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  instance     INTEGER NOT NULL REFERENCES instance ON DELETE CASCADE,
  kind         TEXT NOT NULL,                       -- the method that the client runs: packages.update
  params       TEXT NOT NULL,                       -- JSON
  state        TEXT NOT NULL CHECK (state IN ('queued', 'picked_up', 'completed', 'failed', 'unknown', 'expired', 'cancelled')),
  prerequisite INTEGER REFERENCES action ON DELETE SET NULL,
  earliest_at  TEXT NOT NULL,
  expires_at   TEXT,
  tries        INTEGER NOT NULL DEFAULT 0,          -- times it was handed out
  picked_up_at TEXT,
  ended_at     TEXT,
  status       INTEGER,                             -- what the client said; NULL where it said no number
  message      TEXT,
  result       TEXT,                                -- JSON: what came with it
  created_at   TEXT NOT NULL,
  created_by   TEXT NOT NULL
) STRICT;
CREATE INDEX action_open ON action (instance, earliest_at, id) WHERE state IN ('queued', 'picked_up');
CREATE INDEX action_by_instance ON action (instance, id);
CREATE INDEX action_by_prerequisite ON action (prerequisite) WHERE prerequisite IS NOT NULL;
CREATE INDEX action_ended ON action (ended_at) WHERE ended_at IS NOT NULL;

-- Clients name advisories by numbers.
CREATE TABLE advisory_number (
  number INTEGER PRIMARY KEY,
  id     TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE audit (
  id       INTEGER PRIMARY KEY,
  at       TEXT NOT NULL,
  actor    TEXT NOT NULL,                           -- user:NAME, instance:ID, key:NAME, or anyone
  event    TEXT NOT NULL,
  instance INTEGER,
  subject  TEXT,                                    -- what else it is about: a label, a group, an action
  address  TEXT,                                    -- where it came from; NULL for the command line
  detail   TEXT
) STRICT;
CREATE INDEX audit_by_time ON audit (at);
CREATE INDEX audit_by_event ON audit (event, id);
CREATE INDEX audit_by_instance ON audit (instance, id);
