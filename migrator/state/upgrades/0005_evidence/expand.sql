-- What deploy systems told: which version of a service was rolled out, or rolled back to, and when that was done.
CREATE TABLE migrator.deploy (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service text NOT NULL,
    version text NOT NULL,
    status text NOT NULL CHECK (status IN ('started', 'finished', 'failed')),
    commit_sha text,
    deployed_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL
);
CREATE INDEX ON migrator.deploy (service, deployed_at);

-- Which columns the code of a version uses: an array of {schema, table, column, is_star, usage, confidence, place}.
CREATE TABLE migrator.release (
    service text NOT NULL,
    version text NOT NULL,
    commit_sha text NOT NULL,
    uses jsonb NOT NULL,
    files integer NOT NULL,
    guessed integer NOT NULL,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    PRIMARY KEY (service, version)
);

-- Each server whose pg_stat_statements is read. `since`: nothing can have been missed from then on.
CREATE TABLE migrator.statement_server (
    name text PRIMARY KEY,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    broken_by text NOT NULL,
    read_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    dealloc bigint NOT NULL,
    stats_reset timestamptz
);

-- Statements that ran after the first reading: `grew_at` is the reading that found more calls than the one before.
CREATE TABLE migrator.statement_seen (
    server text NOT NULL REFERENCES migrator.statement_server ON DELETE CASCADE,
    queryid bigint NOT NULL,
    role oid NOT NULL,
    is_toplevel boolean NOT NULL,
    calls bigint NOT NULL,
    text text,
    grew_at timestamptz,
    PRIMARY KEY (server, queryid, role, is_toplevel)
);

-- Doubts of a gate that a person looked at: subject is a query id, or an object that goes without a word.
CREATE TABLE migrator.acknowledgement (
    migration text NOT NULL,
    gate text NOT NULL,
    subject text NOT NULL,
    reason text NOT NULL,
    actor text NOT NULL,
    acknowledged_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (migration, gate, subject)
);

-- Sessions that wrote the old side of a migration: one row for each, written by itself every ten minutes at most.
CREATE TABLE migrator.old_write (
    migration text NOT NULL,
    pid integer NOT NULL,
    backend_start timestamptz NOT NULL,
    application text NOT NULL,
    role text NOT NULL,
    client text NOT NULL,
    first_seen timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_seen timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (migration, pid, backend_start, application)
);
CREATE INDEX ON migrator.old_write (migration, application, role, client, last_seen);

-- Called by sync triggers, in the sessions of applications that have no right on the table. The setting remembers
-- that the session was recorded; it goes back with a rollback, as the row does. A client that connects for every
-- request is recorded a hundred times in ten minutes and no more.
CREATE FUNCTION migrator.record_old_write(migration text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $f$
DECLARE
    remembered constant text := 'migrator.wrote_' || to_hex(hashtext(migration));
    now_here constant text := concat(pg_backend_pid(), ' ', floor(extract(epoch FROM clock_timestamp()) / 600), ' ',
                                     current_setting('application_name'));
BEGIN
    IF current_setting(remembered, true) IS NOT DISTINCT FROM now_here THEN
        RETURN;
    END IF;
    INSERT INTO migrator.old_write AS w (migration, pid, backend_start, application, role, client)
    SELECT m.id, a.pid, a.backend_start, current_setting('application_name'), session_user,
           coalesce(host(a.client_addr), 'local')
    FROM migrator.migration m, pg_stat_activity a
    WHERE m.id = record_old_write.migration AND a.pid = pg_backend_pid()
      AND (SELECT count(*) FROM (
              SELECT FROM migrator.old_write o
              WHERE o.migration = m.id AND o.application = current_setting('application_name')
                AND o.role = session_user AND o.client = coalesce(host(a.client_addr), 'local')
                AND o.last_seen > clock_timestamp() - interval '10 minutes'
                AND (o.pid, o.backend_start) <> (a.pid, a.backend_start)
              LIMIT 100) AS alike) < 100
    ON CONFLICT ON CONSTRAINT old_write_pkey DO UPDATE SET last_seen = clock_timestamp();
    PERFORM set_config(remembered, now_here, false);
END
$f$;
GRANT EXECUTE ON FUNCTION migrator.record_old_write(text) TO PUBLIC;

-- A column or table that is kept from the applications for a while. `saved` holds the statements that give back what
-- they had, `unbound` the roles that read it all the same.
CREATE TABLE migrator.soft_drop (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    migration text NOT NULL,
    role text,
    saved jsonb NOT NULL,
    unbound jsonb NOT NULL,
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    ended_at timestamptz,
    ended_by text,
    reason text
);
CREATE UNIQUE INDEX ON migrator.soft_drop (migration) WHERE ended_at IS NULL;

-- The audit becomes a chain: each row holds the hash of the one before it, so that no row can be changed, taken out or
-- moved without a trace. `payload` is the detail's text as it was hashed.
ALTER TABLE migrator.audit
    ADD COLUMN reason text,
    ADD COLUMN ticket text,
    ADD COLUMN ci_run_url text,
    ADD COLUMN approvers text[],
    ADD COLUMN payload text,
    ADD COLUMN prev_hash text,
    ADD COLUMN hash text;

-- Every field as its length and its bytes, so that nothing can move from one field into the next; `-` is NULL.
-- migrator.audit.chain builds the same bytes in Python.
CREATE FUNCTION migrator.audit_field(value text) RETURNS bytea
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    AS $f$ SELECT CASE WHEN $1 IS NULL THEN convert_to('-,', 'UTF8')
        ELSE convert_to(octet_length(convert_to($1, 'UTF8')) || ':' || $1 || ',', 'UTF8') END $f$;

CREATE FUNCTION migrator.audit_hash(line migrator.audit) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    AS $f$
        SELECT encode(sha256(
            migrator.audit_field('migrator.audit.1') || migrator.audit_field($1.prev_hash)
            || migrator.audit_field($1.seq::text)
            || migrator.audit_field(to_char($1.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
            || migrator.audit_field($1.actor) || migrator.audit_field($1.db_role) || migrator.audit_field($1.host)
            || migrator.audit_field($1.tool_version) || migrator.audit_field($1.action)
            || migrator.audit_field($1.migration) || migrator.audit_field($1.reason)
            || migrator.audit_field($1.ticket) || migrator.audit_field($1.commit_sha)
            || migrator.audit_field($1.ci_run_url) || migrator.audit_field(array_to_json($1.approvers)::text)
            || migrator.audit_field($1.payload)
        ), 'hex')
    $f$;

-- What is there already is chained as it stands now.
DO $do$
DECLARE
    line migrator.audit;
    tip text := repeat('0', 64);
BEGIN
    FOR line IN SELECT * FROM migrator.audit ORDER BY seq LOOP
        line.payload := line.detail::text;
        line.prev_hash := tip;
        tip := migrator.audit_hash(line);
        UPDATE migrator.audit SET payload = line.payload, prev_hash = line.prev_hash, hash = tip WHERE seq = line.seq;
    END LOOP;
END $do$;
ALTER TABLE migrator.audit
    ALTER COLUMN payload SET NOT NULL, ALTER COLUMN prev_hash SET NOT NULL, ALTER COLUMN hash SET NOT NULL;

-- Chains whatever is inserted, also the plain INSERT of the version before. Writers take turns until they commit; a
-- snapshot from before that turn would show an old tip, and fails at the primary key instead of making a fork.
CREATE FUNCTION migrator.chain_audit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $f$
        DECLARE
            tip record;
        BEGIN
            PERFORM pg_advisory_xact_lock(1835625330, 3);
            SELECT a.seq, a.hash INTO tip FROM migrator.audit AS a ORDER BY a.seq DESC LIMIT 1;
            NEW.seq := coalesce(tip.seq, 0) + 1;
            NEW.at := clock_timestamp();
            NEW.db_role := session_user;
            NEW.payload := NEW.detail::text;
            NEW.prev_hash := coalesce(tip.hash, repeat('0', 64));
            NEW.hash := migrator.audit_hash(NEW);
            RETURN NEW;
        END
    $f$;
CREATE TRIGGER chain_audit BEFORE INSERT ON migrator.audit FOR EACH ROW EXECUTE FUNCTION migrator.chain_audit();

CREATE FUNCTION migrator.refuse_audit_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$ BEGIN RAISE EXCEPTION 'migrator.audit is append-only: % is refused', TG_OP; END $f$;
CREATE TRIGGER refuse_audit_change BEFORE UPDATE OR DELETE OR TRUNCATE ON migrator.audit
    FOR EACH STATEMENT EXECUTE FUNCTION migrator.refuse_audit_change();

-- The one way in for this version and later ones; a role that may call it needs no right on the table.
CREATE FUNCTION migrator.append_audit(
    actor text, host text, tool_version text, commit_sha text, ci_run_url text, action text, migration text,
    reason text, ticket text, approvers text[], detail jsonb
) RETURNS TABLE (seq bigint, hash text)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $f$
        INSERT INTO migrator.audit AS a
            (actor, host, tool_version, commit_sha, ci_run_url, action, migration, reason, ticket, approvers, detail)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8,
            coalesce($9, (SELECT nullif(m.manifest #>> '{migration,ticket}', '') FROM migrator.migration AS m
                          WHERE m.id = $7)), $10, $11)
        RETURNING a.seq, a.hash
    $f$;
REVOKE ALL ON FUNCTION migrator.append_audit(text, text, text, text, text, text, text, text, text, text[], jsonb)
    FROM PUBLIC;
REVOKE ALL ON FUNCTION migrator.chain_audit() FROM PUBLIC;

-- Gates that two people let pass although they were not open. Kept for ever; one counts for the contract's text and for
-- the run that it was given for.
CREATE TABLE migrator.forced_gate (
    migration text NOT NULL REFERENCES migrator.migration,
    phase text NOT NULL,
    gate text NOT NULL,
    checksum text NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    approvers text[] NOT NULL,
    url text NOT NULL,
    head text NOT NULL,
    evidence_sha256 text NOT NULL,
    found_status text NOT NULL,
    found_reason text NOT NULL,
    forced_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON migrator.forced_gate (migration, phase);

-- The plan that was looked at when the contract was approved; NULL for an approval by the version before, which is
-- bound to the files alone.
ALTER TABLE migrator.approval ADD COLUMN plan_id text;
