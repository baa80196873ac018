-- Contract: what is removed. Nothing that runs may still use it: the gates of [contract] in migration.toml ask for
-- evidence, and there is no way back.
-- With no statement here nothing is removed. The first one needs a [contract] section with contract_by.

ALTER TABLE public.users DROP COLUMN old;
