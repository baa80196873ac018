-- Verify: SELECTs that must return no row, asked after migrate and whenever somebody runs `migrator verify`.
-- Each row that comes is shown as something that is not as it should be.

SELECT * FROM public.users WHERE nick = '' LIMIT 1;
