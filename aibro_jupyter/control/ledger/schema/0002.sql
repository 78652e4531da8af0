ALTER TABLE jobs ADD COLUMN limits TEXT NOT NULL DEFAULT '{}';
ALTER TABLE jobs ADD COLUMN cooling_off INTEGER NOT NULL DEFAULT 0 CHECK (cooling_off IN (0, 1));
ALTER TABLE jobs ADD COLUMN budget_state TEXT NOT NULL DEFAULT 'ok';
ALTER TABLE jobs ADD COLUMN sleep_asked_at REAL;

ALTER TABLE instances ADD COLUMN replaces TEXT;
ALTER TABLE instances ADD COLUMN interrupt_at REAL;
ALTER TABLE instances ADD COLUMN interrupted_at REAL;
ALTER TABLE instances ADD COLUMN refused_at REAL;
ALTER TABLE instances ADD COLUMN answered_at REAL;

-- What phase an instance entered when; ANSWERED is its first answer after it was woken.
CREATE TABLE history (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    at          REAL NOT NULL,
    job_id      TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    mark        TEXT NOT NULL,
    why         TEXT NOT NULL,
    failed      INTEGER NOT NULL
) STRICT;

CREATE INDEX history_of_a_job ON history (job_id, seq);

CREATE INDEX spot_losses ON instances (machine, place)
WHERE interrupted_at IS NOT NULL OR refused_at IS NOT NULL;
