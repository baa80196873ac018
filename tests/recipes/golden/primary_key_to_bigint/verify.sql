-- Verify, before contract: a row whose twin does not hold the same number. There must be none.
-- Up to the contract the integers decide, and no key is larger than 2147483647: do it before max (id) gets there,
-- because then every insert fails.
-- Reads each table once; locks nobody out.

SELECT id, id_bigint, boss, boss_bigint
FROM public.users
WHERE id_bigint IS DISTINCT FROM CAST(id AS bigint) OR boss_bigint IS DISTINCT FROM CAST(boss AS bigint)
LIMIT 1;

SELECT id, user_id, user_id_bigint
FROM public.orders
WHERE user_id_bigint IS DISTINCT FROM CAST(user_id AS bigint)
LIMIT 1;

SELECT user_id, user_id_bigint
FROM public.members
WHERE user_id_bigint IS DISTINCT FROM CAST(user_id AS bigint)
LIMIT 1;

SELECT id, member_id, member_id_bigint
FROM public.notes
WHERE member_id_bigint IS DISTINCT FROM CAST(member_id AS bigint)
LIMIT 1;
