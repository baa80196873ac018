-- Where a backfill is inside the window of keys after its checkpoint: {"upto", "stripes", "stripe", "at",
-- "is_even", "keys"}; NULL between windows. `part` is the partition that is walked, NULL for a table without partitions.
ALTER TABLE migrator.backfill ADD COLUMN part text, ADD COLUMN key_window jsonb;

-- What operators ask of a backfill, from any host. `params` is what they have set while it runs; `cancelled` ends the
-- run and keeps others from beginning; `bytes_at_start` is what the table's growth is measured from.
ALTER TABLE migrator.backfill ADD COLUMN params jsonb NOT NULL DEFAULT '{}', ADD COLUMN cancelled text,
    ADD COLUMN bytes_at_start bigint;

-- At most one row: every backfill of this database stops.
CREATE TABLE migrator.backfill_panic (
    is_on boolean PRIMARY KEY CHECK (is_on),
    reason text NOT NULL,
    began_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The history of runs: what each process did, and what it waited for.
CREATE TABLE migrator.backfill_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    migration text NOT NULL,
    name text NOT NULL,
    actor text NOT NULL,
    host text NOT NULL,
    process integer NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    outcome text,
    from_key jsonb,
    to_key jsonb,
    rows bigint NOT NULL DEFAULT 0,
    batches bigint NOT NULL DEFAULT 0,
    seconds double precision NOT NULL DEFAULT 0,
    throttled jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX ON migrator.backfill_run (migration, name, started_at);

-- The ranges of keys that workers lease, on any host. From `is_shared` on, the places of a backfill are here; its own
-- `checkpoint` is '[]' until the end, which no runner of the version before takes for its own.
ALTER TABLE migrator.backfill ADD COLUMN is_shared boolean NOT NULL DEFAULT false, ADD COLUMN verification jsonb;

CREATE TABLE migrator.backfill_range (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    migration text NOT NULL,
    name text NOT NULL,
    position numeric NOT NULL,
    part text,
    lo jsonb,
    hi jsonb NOT NULL,
    checkpoint jsonb,
    key_window jsonb,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done')),
    lease_owner text,
    lease_pid integer,
    lease_fence bigint NOT NULL DEFAULT 0,
    lease_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    batch_size integer,
    rows_done bigint NOT NULL DEFAULT 0,
    keys_done bigint NOT NULL DEFAULT 0,
    seen_at timestamptz,
    FOREIGN KEY (migration, name) REFERENCES migrator.backfill ON DELETE CASCADE
);
CREATE INDEX ON migrator.backfill_range (migration, name);

-- Rows that the server refused when they were alone in their batch.
CREATE TABLE migrator.backfill_quarantine (
    migration text NOT NULL,
    name text NOT NULL,
    part text NOT NULL DEFAULT '',
    key jsonb NOT NULL,
    sqlstate text NOT NULL,
    error text NOT NULL,
    attempts integer NOT NULL DEFAULT 1,
    quarantined_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    tried_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (migration, name, part, key),
    FOREIGN KEY (migration, name) REFERENCES migrator.backfill ON DELETE CASCADE
);
