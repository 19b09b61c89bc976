-- Work for many instances: when it is due, how far it is, and whom to tell. Times are RFC 3339 in UTC.

CREATE TABLE job (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,    -- in its OCID: never used twice
  name        TEXT NOT NULL,                        -- as people call it; several may be called the same
  compartment TEXT NOT NULL DEFAULT '' REFERENCES compartment (path) ON UPDATE CASCADE,
  description TEXT NOT NULL DEFAULT '',
  details     TEXT NOT NULL DEFAULT '{}',           -- JSON: tags
  schedule    TEXT NOT NULL,                        -- JSON: once or how often, time zone, end
  work        TEXT NOT NULL,                        -- JSON: what each instance does
  targets     TEXT NOT NULL,                        -- JSON: instances, groups, compartments, a search
  rollout     TEXT NOT NULL DEFAULT '{}',           -- JSON: window, how many at once, after how many failures it stops
  state       TEXT NOT NULL CHECK (state IN ('active', 'paused', 'ended')),
  next_at     TEXT,                                 -- when it is due; NULL for never again
  last_at     TEXT,                                 -- when it was due that it ran last
  message     TEXT,                                 -- why it could not run, or ended
  created_at  TEXT NOT NULL,
  created_by  TEXT NOT NULL,
  changed_at  TEXT NOT NULL
) STRICT;
CREATE INDEX job_by_time ON job (next_at) WHERE state = 'active' AND next_at IS NOT NULL;
CREATE INDEX job_by_compartment ON job (compartment, id);

-- A run of work on many instances is a work request with a child for each; children have actions.
ALTER TABLE work_request ADD COLUMN job INTEGER REFERENCES job ON DELETE SET NULL;
ALTER TABLE work_request ADD COLUMN due_at TEXT;    -- for which time of its job it was made
ALTER TABLE work_request ADD COLUMN run TEXT;       -- JSON, of a run: what is done, and how it is rolled out
ALTER TABLE work_request ADD COLUMN outcome TEXT    -- of a child: what became of its actions
  CHECK (outcome IN ('waiting', 'queued', 'picked_up', 'done', 'failed', 'timed_out', 'unknown', 'cancelled'));
ALTER TABLE work_request ADD COLUMN changes TEXT;   -- JSON, of what one instance does: packages that came and went; NULL: no profile yet
CREATE UNIQUE INDEX work_request_once ON work_request (job, due_at) WHERE job IS NOT NULL AND due_at IS NOT NULL;
CREATE INDEX work_request_by_outcome ON work_request (parent, outcome) WHERE parent IS NOT NULL;
CREATE INDEX work_request_open_run ON work_request (id) WHERE run IS NOT NULL AND finished_at IS NULL;
ALTER TABLE action ADD COLUMN work_request INTEGER REFERENCES work_request ON DELETE SET NULL;
CREATE INDEX action_by_work_request ON action (work_request) WHERE work_request IS NOT NULL;

-- Who is told of what happens.
CREATE TABLE webhook (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT NOT NULL UNIQUE,
  url        TEXT NOT NULL,
  secret     BLOB NOT NULL,                         -- of the HMAC; must be had to sign
  events     TEXT NOT NULL,                         -- JSON: names of events; empty for all
  created_at TEXT NOT NULL,
  created_by TEXT NOT NULL
) STRICT;

-- What webhooks are sent, the oldest first.
CREATE TABLE delivery (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  webhook    INTEGER NOT NULL REFERENCES webhook ON DELETE CASCADE,
  event_id   TEXT NOT NULL,                         -- the same for all webhooks and at each try: receivers tell doubles by it
  event      TEXT NOT NULL,
  body       TEXT NOT NULL,                         -- JSON, as it is sent
  state      TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'given_up')),
  created_at TEXT NOT NULL,
  tries      INTEGER NOT NULL DEFAULT 0,
  next_at    TEXT,                                  -- when it is tried next; NULL where it does not wait
  ended_at   TEXT,
  problem    TEXT                                   -- of the last try that failed, or why it was given up
) STRICT;
CREATE INDEX delivery_due ON delivery (webhook, next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX delivery_by_webhook ON delivery (webhook, state, id);

-- What was told last of something, so that nobody is told the same twice.
CREATE TABLE told (
  event   TEXT NOT NULL,
  subject TEXT NOT NULL,                            -- a source's label, an instance's or a run's number
  state   TEXT NOT NULL,                            -- what it was like: since when an instance is silent, a revision
  at      TEXT NOT NULL,
  PRIMARY KEY (event, subject)
) STRICT, WITHOUT ROWID;
