-- name: migration
-- One migration's record.
SELECT id, CASE WHEN baselined_at IS NULL THEN state ELSE 'baselined' END AS state, version, manifest, opened_at, changed_at, expanded_at, migrated_at, sealed_at, completed_at, contract_by,
       contract_plan
FROM migrator.migration WHERE id = %(id)s;

-- name: migrations
-- All records, oldest id first, as the folder lists them.
SELECT id, CASE WHEN baselined_at IS NULL THEN state ELSE 'baselined' END AS state, version, manifest, opened_at, changed_at, expanded_at, migrated_at, sealed_at, completed_at, contract_by,
       contract_plan
FROM migrator.migration ORDER BY id;

-- name: open_migration
-- The first sight of a migration; another runner may have been first, which is fine.
INSERT INTO migrator.migration (id, state, manifest, contract_by)
VALUES (%(id)s, 'pending', %(manifest)s, %(contract_by)s)
ON CONFLICT (id) DO NOTHING;

-- name: change_state
-- Compare and set: nobody else moved it since we read it. The times are facts of the edge, in the same write.
UPDATE migrator.migration SET
    state = CASE %(target)s WHEN 'baselined' THEN 'complete' ELSE %(target)s END,
    baselined_at = CASE %(target)s WHEN 'baselined' THEN clock_timestamp() ELSE baselined_at END,
    version = version + 1,
    changed_at = clock_timestamp(),
    expanded_at = CASE %(target)s WHEN 'expanding' THEN NULL WHEN 'expanded' THEN clock_timestamp() ELSE expanded_at END,
    migrated_at = CASE %(target)s WHEN 'expanding' THEN NULL WHEN 'migrated' THEN coalesce(migrated_at, clock_timestamp()) ELSE migrated_at END,
    sealed_at = CASE %(target)s WHEN 'contracting' THEN clock_timestamp() WHEN 'migrated' THEN NULL ELSE sealed_at END,
    completed_at = CASE %(target)s WHEN 'complete' THEN clock_timestamp() WHEN 'baselined' THEN clock_timestamp() ELSE completed_at END
WHERE id = %(id)s AND state = %(source)s AND version = %(version)s
RETURNING id, CASE WHEN baselined_at IS NULL THEN state ELSE 'baselined' END AS state, version, manifest, opened_at, changed_at, expanded_at, migrated_at, sealed_at, completed_at, contract_by,
       contract_plan;

-- name: set_manifest
-- The manifest may gain a contract date or limits while a migration is open; the audit row keeps the old one.
UPDATE migrator.migration SET manifest = %(manifest)s, contract_by = %(contract_by)s WHERE id = %(id)s;

-- name: set_contract_plan
-- NULL when the contract was begun without a confirmed plan.
UPDATE migrator.migration SET contract_plan = %(plan)s WHERE id = %(id)s;

-- name: forget_run
-- A migration that is expanded again after an abort starts from nothing; the audit keeps what happened.
WITH steps AS (DELETE FROM migrator.step WHERE migration = %(id)s),
     files AS (DELETE FROM migrator.file WHERE migration = %(id)s),
     approvals AS (DELETE FROM migrator.approval WHERE migration = %(id)s)
DELETE FROM migrator.backfill WHERE migration = %(id)s;

-- name: forget_contract
-- Gates closed before the contract's first statement: its text is not fixed yet, and nothing of it ran.
WITH steps AS (DELETE FROM migrator.step WHERE migration = %(id)s AND phase = 'contract'),
     plan AS (UPDATE migrator.migration SET contract_plan = NULL WHERE id = %(id)s)
DELETE FROM migrator.file WHERE migration = %(id)s AND name = 'contract.sql';

-- name: files
-- What each file was when its phase began.
SELECT name, sha256 FROM migrator.file WHERE migration = %(id)s;

-- name: record_file
-- Recorded once; a difference is reported by the caller and never overwritten here.
INSERT INTO migrator.file (migration, name, sha256) VALUES (%(id)s, %(name)s, %(sha256)s)
ON CONFLICT (migration, name) DO NOTHING;

-- name: replace_file
-- `repair` only: a person has read the change and said why it is right.
INSERT INTO migrator.file (migration, name, sha256) VALUES (%(id)s, %(name)s, %(sha256)s)
ON CONFLICT (migration, name) DO UPDATE SET sha256 = excluded.sha256, recorded_at = clock_timestamp();

-- name: steps
-- The steps of one phase in order.
SELECT migration, phase, number, name, statement, lock_class, state, attempts, backend_pid, backend_start,
       started_at, finished_at, error
FROM migrator.step WHERE migration = %(id)s AND phase = %(phase)s ORDER BY number;

-- name: all_steps
-- For history: every step of a migration in the order in which they ran.
SELECT migration, phase, number, name, statement, lock_class, state, attempts, backend_pid, backend_start,
       started_at, finished_at, error
FROM migrator.step WHERE migration = %(id)s ORDER BY started_at, phase, number;

-- name: intend_step
-- Write-ahead intent, committed before the statement runs; names the backend so that an orphan can be found.
INSERT INTO migrator.step (migration, phase, number, name, statement, lock_class, state, backend_pid, backend_start)
SELECT %(id)s, %(phase)s, %(number)s, %(name)s, %(statement)s, %(lock_class)s, 'running', pid, backend_start
FROM pg_stat_activity WHERE pid = pg_backend_pid()
ON CONFLICT (migration, phase, number) DO UPDATE SET
    state = 'running', attempts = migrator.step.attempts + 1, backend_pid = excluded.backend_pid,
    backend_start = excluded.backend_start, started_at = clock_timestamp(), finished_at = NULL, error = NULL;

-- name: end_step
-- In the transaction of the step itself where the server allows it: then the record is exact.
UPDATE migrator.step SET state = %(state)s, finished_at = clock_timestamp(), error = %(error)s
WHERE migration = %(id)s AND phase = %(phase)s AND number = %(number)s AND state <> 'done'
RETURNING name, statement, lock_class, attempts,
          extract(epoch FROM clock_timestamp() - started_at)::float8 AS seconds;

-- name: audit
-- In the same transaction as the change that it tells of, and last in it: writers of the chain take turns until they
-- commit.
SELECT seq, hash FROM migrator.append_audit(
    %(actor)s, %(host)s, %(tool_version)s, %(commit)s, %(ci_run_url)s, %(action)s, %(migration)s, %(reason)s,
    %(ticket)s, %(approvers)s, %(detail)s);

-- name: be_patient
-- What ran before may have set a short limit for a table lock; the turn of the audit may take a little longer.
SELECT set_config('lock_timeout', '10s', true);

-- name: history
-- Newest last, as a log is read.
SELECT seq, at, actor, db_role, host, tool_version, commit_sha, action, migration, detail, reason, ticket, ci_run_url,
       approvers
FROM migrator.audit WHERE (%(id)s::text IS NULL OR migration = %(id)s) ORDER BY seq;

-- name: now
-- The database's clock is the only one that counts for soak times.
SELECT clock_timestamp() AS now;
