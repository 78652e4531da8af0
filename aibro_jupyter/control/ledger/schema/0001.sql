CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE jobs (
    job_id          TEXT PRIMARY KEY,
    model_name      TEXT NOT NULL,
    username        TEXT NOT NULL,
    created_at      REAL NOT NULL,
    wait_request_s  INTEGER NOT NULL,
    deployed_at     REAL,
    outcome         TEXT CHECK (outcome IN ('CANCELED', 'COMPLETED')),
    reason          TEXT NOT NULL DEFAULT '',
    ended_at        REAL,
    last_request_at REAL,
    rev             INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX one_active_job_a_name ON jobs (username, model_name) WHERE outcome IS NULL;

CREATE TABLE versions (
    job_id           TEXT NOT NULL REFERENCES jobs,
    version          INTEGER NOT NULL,
    version_id       TEXT NOT NULL,
    state            TEXT NOT NULL CHECK (state IN ('coming', 'live', 'failed', 'retired')),
    created_at       REAL NOT NULL,
    live_at          REAL,
    reason           TEXT NOT NULL DEFAULT '',
    strongest_micros INTEGER,
    spec             TEXT NOT NULL,
    PRIMARY KEY (job_id, version),
    UNIQUE (job_id, version_id)
) STRICT;

CREATE UNIQUE INDEX one_live_version_a_job ON versions (job_id) WHERE state = 'live';

CREATE TABLE clients (
    job_id    TEXT NOT NULL REFERENCES jobs,
    client_id TEXT NOT NULL,
    position  INTEGER NOT NULL,
    PRIMARY KEY (job_id, client_id)
) STRICT;

CREATE TABLE instances (
    instance_id TEXT PRIMARY KEY,
    job_id      TEXT NOT NULL REFERENCES jobs,
    version     INTEGER NOT NULL,
    role        TEXT NOT NULL,
    machine     TEXT NOT NULL,
    market      TEXT NOT NULL,
    place       TEXT NOT NULL,
    token       TEXT NOT NULL,
    phase       TEXT NOT NULL,
    phase_at    REAL NOT NULL,
    phase_rev   INTEGER NOT NULL,
    launched_at REAL NOT NULL,
    woken_at    REAL NOT NULL,
    asked_at    REAL,
    serving_at  REAL,
    left_at     REAL,
    failed_at   REAL,
    up_s        REAL,
    endpoint    TEXT,
    why         TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX instances_of_a_job ON instances (job_id, launched_at);

CREATE TABLE events (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    at          REAL NOT NULL,
    job_id      TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    kind        TEXT NOT NULL,
    text        TEXT NOT NULL
) STRICT;

CREATE INDEX events_of_a_job ON events (job_id, seq);

CREATE TRIGGER an_event_is_never_edited BEFORE UPDATE ON events BEGIN SELECT RAISE (ABORT, 'events are append-only'); END;
CREATE TRIGGER an_event_is_never_deleted BEFORE DELETE ON events BEGIN SELECT RAISE (ABORT, 'events are append-only'); END;

CREATE TABLE bills (
    bill_id                   INTEGER PRIMARY KEY,
    job_id                    TEXT NOT NULL,
    instance_id               TEXT NOT NULL REFERENCES instances,
    kind                      TEXT NOT NULL CHECK (kind IN ('compute', 'disk')),
    opened_ms                 INTEGER NOT NULL,
    closed_ms                 INTEGER CHECK (closed_ms >= opened_ms),
    micros_per_hour           INTEGER,
    on_demand_micros_per_hour INTEGER NOT NULL
) STRICT;

CREATE INDEX bills_of_a_job ON bills (job_id, bill_id);
CREATE UNIQUE INDEX one_open_bill_a_kind ON bills (instance_id, kind) WHERE closed_ms IS NULL;

CREATE TRIGGER a_closed_bill_is_never_edited BEFORE UPDATE ON bills WHEN OLD.closed_ms IS NOT NULL
BEGIN SELECT RAISE (ABORT, 'a bill is closed once'); END;
CREATE TRIGGER a_bill_is_never_deleted BEFORE DELETE ON bills BEGIN SELECT RAISE (ABORT, 'bills are append-only'); END;
