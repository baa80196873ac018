-- The first version of migrator's own schema. Everything that must survive a crash is here; nothing else is.
CREATE TABLE migrator.meta (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    schema_version integer NOT NULL,
    installed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    installed_by text NOT NULL DEFAULT session_user
);

-- One row per migration; `version` is the compare-and-set counter of every state change.
CREATE TABLE migrator.migration (
    id text PRIMARY KEY,
    state text NOT NULL,
    version integer NOT NULL DEFAULT 0,
    manifest jsonb NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expanded_at timestamptz,
    migrated_at timestamptz,
    sealed_at timestamptz,
    completed_at timestamptz,
    contract_by date
);

-- What each file was when its phase began; a changed file is refused.
CREATE TABLE migrator.file (
    migration text NOT NULL REFERENCES migrator.migration,
    name text NOT NULL,
    sha256 text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (migration, name)
);

-- Write-ahead intent: a row says `running` before the statement runs; the catalog decides what really happened.
CREATE TABLE migrator.step (
    migration text NOT NULL REFERENCES migrator.migration,
    phase text NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    statement text NOT NULL,
    lock_class text NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'done', 'skipped', 'failed')),
    attempts integer NOT NULL DEFAULT 1,
    backend_pid integer,
    backend_start timestamptz,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    error text,
    PRIMARY KEY (migration, phase, number)
);

-- `checkpoint` and `end_key` are arrays of the key's values as text, in key order; `rows_done` were changed,
-- `keys_done` were passed.
CREATE TABLE migrator.backfill (
    migration text NOT NULL REFERENCES migrator.migration,
    name text NOT NULL,
    spec jsonb NOT NULL,
    spec_sha256 text NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'running', 'finished', 'verified')),
    checkpoint jsonb,
    end_key jsonb,
    rows_done bigint NOT NULL DEFAULT 0,
    keys_done bigint NOT NULL DEFAULT 0,
    rows_estimate bigint,
    batch_size integer,
    operator_pause text,
    throttled_by text,
    remaining bigint,
    different bigint,
    started_at timestamptz,
    finished_at timestamptz,
    verified_at timestamptz,
    heartbeat_at timestamptz,
    PRIMARY KEY (migration, name)
);

-- Replicas that were seen once: one that vanished is a reason to wait, not the absence of lag.
CREATE TABLE migrator.replica (
    name text PRIMARY KEY,
    first_seen timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_seen timestamptz NOT NULL DEFAULT clock_timestamp(),
    forgotten_at timestamptz,
    forgotten_by text
);

CREATE TABLE migrator.approval (
    migration text NOT NULL REFERENCES migrator.migration,
    phase text NOT NULL,
    actor text NOT NULL,
    checksum text NOT NULL,
    reason text NOT NULL,
    approved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (migration, phase, actor, checksum)
);

CREATE TABLE migrator.instance (
    service text NOT NULL,
    instance text NOT NULL,
    version text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_seen timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (service, instance)
);

CREATE TABLE migrator.audit (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    db_role text NOT NULL DEFAULT session_user,
    host text NOT NULL,
    tool_version text NOT NULL,
    action text NOT NULL,
    migration text,
    detail jsonb NOT NULL
);

-- The application's one call; nothing else of this schema is granted to it. Instances that were silent for a week
-- are forgotten with the next call of their service, so that pods with new names do not pile up.
CREATE FUNCTION migrator.heartbeat(service text, version text, instance text DEFAULT NULL) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $f$
        DELETE FROM migrator.instance AS i
        WHERE i.service = $1 AND i.last_seen < clock_timestamp() - interval '7 days';
        INSERT INTO migrator.instance AS i (service, instance, version)
        VALUES ($1, coalesce($3, coalesce(host(inet_client_addr()), 'local') || '/' || pg_backend_pid()), $2)
        ON CONFLICT (service, instance) DO UPDATE
            SET version = excluded.version,
                last_seen = clock_timestamp(),
                started_at = CASE WHEN i.version = excluded.version THEN i.started_at ELSE clock_timestamp() END
    $f$;

GRANT USAGE ON SCHEMA migrator TO PUBLIC;
GRANT EXECUTE ON FUNCTION migrator.heartbeat(text, text, text) TO PUBLIC;
