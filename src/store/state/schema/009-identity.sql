-- Who may do what, and what the OS Management API keeps besides. Times are RFC 3339 in UTC. Of secrets only the SHA-256 is
-- kept, of passwords what scrypt makes of them.

-- This installation. One row.
CREATE TABLE tenancy (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  name       TEXT NOT NULL,
  salt       BLOB NOT NULL,                         -- of the ids that the API shows (src/identity/ocid.ts)
  created_at TEXT NOT NULL
) STRICT;

-- A tree of named nodes. A path is the names below the root, joined by colons; the root's is empty.
CREATE TABLE compartment (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  path        TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL DEFAULT '',
  created_at  TEXT NOT NULL
) STRICT;
INSERT INTO compartment (id, path, created_at) VALUES (1, '', strftime('%Y-%m-%dT%H:%M:%fZ'));
-- Instances and registration keys name theirs already; NULL is the root there.
INSERT INTO compartment (path, created_at)
  WITH RECURSIVE named (path) AS (
    SELECT compartment FROM instance WHERE compartment <> ''
    UNION SELECT compartment FROM registration_key WHERE compartment <> ''
    UNION SELECT rtrim(rtrim(path, replace(path, ':', '')), ':') FROM named WHERE instr(path, ':') > 0
  )
  SELECT path, strftime('%Y-%m-%dT%H:%M:%fZ') FROM named WHERE path <> '' ORDER BY path;

-- What the API says of a source or a group of instances besides. Made when one is first asked for.
CREATE TABLE resource (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,   -- in its OCID: never used twice
  kind         TEXT NOT NULL CHECK (kind IN ('source', 'group')),
  subject      TEXT NOT NULL,                       -- a source's label, a group's name
  compartment  TEXT NOT NULL DEFAULT '' REFERENCES compartment (path) ON UPDATE CASCADE,
  display_name TEXT,                                -- NULL for the source's own name, or the group's
  details      TEXT NOT NULL DEFAULT '{}',          -- JSON: description, tags, maintainer …
  created_at   TEXT NOT NULL,
  UNIQUE (kind, subject)
) STRICT;
CREATE INDEX resource_by_compartment ON resource (compartment, kind);

-- In the order that the API lists instances.
CREATE INDEX instance_by_time ON instance (coalesce(compartment, ''), registered_at, id);
CREATE INDEX instance_by_name ON instance (coalesce(compartment, ''), name, id);

-- What users set on an instance.
CREATE TABLE instance_setting (
  instance INTEGER NOT NULL REFERENCES instance ON DELETE CASCADE,
  name     TEXT NOT NULL,
  value    TEXT NOT NULL,                           -- JSON
  PRIMARY KEY (instance, name)
) STRICT;

ALTER TABLE user RENAME TO user_before;
CREATE TABLE user (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  name        TEXT NOT NULL UNIQUE,
  password    TEXT,                                 -- scrypt's parameters, salt and hash; NULL: none
  description TEXT NOT NULL DEFAULT '',
  created_at  TEXT NOT NULL,
  created_by  TEXT NOT NULL
) STRICT;
INSERT INTO user (name, password, created_at, created_by)
  SELECT name, password, created_at, created_by FROM user_before ORDER BY created_at, name;
DROP TABLE user_before;

-- RSA public keys that requests are signed with.
CREATE TABLE api_key (
  user        INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  fingerprint TEXT NOT NULL,                        -- MD5 of the key as SubjectPublicKeyInfo, colons between
  public_key  TEXT NOT NULL,                        -- PEM
  created_at  TEXT NOT NULL,
  PRIMARY KEY (user, fingerprint)
) STRICT;

CREATE TABLE user_group (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  name        TEXT NOT NULL UNIQUE COLLATE NOCASE,
  description TEXT NOT NULL DEFAULT '',
  created_at  TEXT NOT NULL
) STRICT;

CREATE TABLE user_group_member (
  "group" INTEGER NOT NULL REFERENCES user_group ON DELETE CASCADE,
  user    INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  PRIMARY KEY ("group", user)
) STRICT;
CREATE INDEX user_group_by_member ON user_group_member (user);

-- Instances, by a rule.
CREATE TABLE dynamic_group (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  name        TEXT NOT NULL UNIQUE COLLATE NOCASE,
  rule        TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  created_at  TEXT NOT NULL
) STRICT;

CREATE TABLE policy (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  name        TEXT NOT NULL UNIQUE COLLATE NOCASE,
  compartment TEXT NOT NULL DEFAULT '' REFERENCES compartment (path) ON UPDATE CASCADE,
  statements  TEXT NOT NULL,                        -- JSON: texts
  description TEXT NOT NULL DEFAULT '',
  created_at  TEXT NOT NULL
) STRICT;

-- What an installation begins with. Who could register instances before still can.
INSERT INTO user_group (id, name, description, created_at) VALUES
  (1, 'Administrators', 'who may do everything', strftime('%Y-%m-%dT%H:%M:%fZ')),
  (2, 'Registrars', 'who may register instances with a name and a password', strftime('%Y-%m-%dT%H:%M:%fZ'));
INSERT INTO user_group_member ("group", user) SELECT 2, id FROM user;
INSERT INTO dynamic_group (name, rule, description, created_at) VALUES
  ('AllInstances', 'ANY {instance.compartment.id != ''''}', 'every machine', strftime('%Y-%m-%dT%H:%M:%fZ'));
INSERT INTO policy (name, statements, description, created_at) VALUES
  ('Administrators', json_array('Allow group Administrators to manage all-resources in tenancy'),
   'administrators may do everything', strftime('%Y-%m-%dT%H:%M:%fZ')),
  ('Registration', json_array(
     'Allow group Registrars to use osms-managed-instances in tenancy where request.operation = ''RegisterManagedInstance''',
     'Allow dynamic-group AllInstances to use osms-managed-instances in tenancy where request.operation = ''RegisterManagedInstance'''),
   'who may register', strftime('%Y-%m-%dT%H:%M:%fZ'));

-- For scripts.
CREATE TABLE bearer_token (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  user       INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  name       TEXT NOT NULL,
  hash       BLOB NOT NULL UNIQUE,
  scopes     TEXT NOT NULL,                         -- JSON: what it may at most, as `VERB RESOURCE-TYPE`; [] for all that its user may
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  UNIQUE (user, name)
) STRICT;

-- For browsers.
CREATE TABLE session (
  hash       BLOB PRIMARY KEY,
  user       INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  address    TEXT,
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL
) STRICT;

-- What was answered to requests that are to be carried out once.
CREATE TABLE retry_token (
  caller    TEXT NOT NULL,                          -- as the audit names it
  operation TEXT NOT NULL,
  token     TEXT NOT NULL,
  request   BLOB NOT NULL,                          -- sha256 of its path and body
  answer    TEXT NOT NULL,                          -- JSON: status, headers, body
  at        TEXT NOT NULL,
  PRIMARY KEY (caller, operation, token)
) STRICT;
CREATE INDEX retry_token_by_time ON retry_token (at);

CREATE TABLE work_request (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  operation_type TEXT NOT NULL,                     -- as the API names them: UPDATE, SYNC …
  status         TEXT NOT NULL CHECK (status IN ('ACCEPTED', 'IN_PROGRESS', 'FAILED', 'SUCCEEDED', 'CANCELLING', 'CANCELED')),
  compartment    TEXT NOT NULL DEFAULT '' REFERENCES compartment (path) ON UPDATE CASCADE,
  description    TEXT NOT NULL DEFAULT '',
  message        TEXT,
  instance       INTEGER,                           -- that it acts on
  resources      TEXT NOT NULL DEFAULT '[]',        -- JSON: what it acts on, as { kind, subject, action }
  percent        INTEGER NOT NULL DEFAULT 0,
  parent         INTEGER REFERENCES work_request ON DELETE CASCADE,
  created_by     TEXT NOT NULL,
  accepted_at    TEXT NOT NULL,
  started_at     TEXT,
  finished_at    TEXT
) STRICT;
CREATE INDEX work_request_by_compartment ON work_request (compartment, id);
CREATE INDEX work_request_by_instance ON work_request (instance, id) WHERE instance IS NOT NULL;
CREATE INDEX work_request_by_parent ON work_request (parent) WHERE parent IS NOT NULL;
CREATE INDEX work_request_finished ON work_request (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE work_request_note (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  work_request INTEGER NOT NULL REFERENCES work_request ON DELETE CASCADE,
  at           TEXT NOT NULL,
  code         TEXT,                                -- of an error; NULL for an entry of the log
  message      TEXT NOT NULL
) STRICT;
CREATE INDEX work_request_note_by_request ON work_request_note (work_request, id);

-- What was put into custom sources: a package each, of which revision of which source.
CREATE TABLE custom_package (
  label    TEXT NOT NULL,
  nevra    TEXT NOT NULL,                           -- name-epoch:version-release.arch
  source   TEXT NOT NULL,                           -- a mirrored one
  revision INTEGER,                                 -- its number; NULL where that is not known
  manifest TEXT NOT NULL,                           -- sha256 of the object of that revision
  added_at TEXT NOT NULL,
  PRIMARY KEY (label, nevra)
) STRICT;

ALTER TABLE audit ADD COLUMN result TEXT;           -- of a request: how it was answered
ALTER TABLE audit ADD COLUMN request_id TEXT;
CREATE INDEX audit_by_actor ON audit (actor, id);
CREATE INDEX audit_by_request ON audit (request_id) WHERE request_id IS NOT NULL;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit
BEGIN
  SELECT raise(ABORT, 'the audit log is append-only');
END;
