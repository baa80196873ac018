-- name: alive
-- Each registered service's instances with the age of their last heartbeat, by the database's clock.
SELECT service, instance, version, last_seen
FROM migrator.instance WHERE service = ANY (%(services)s) ORDER BY service, instance;
