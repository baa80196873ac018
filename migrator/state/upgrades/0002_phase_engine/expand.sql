-- A step that was stopped on request is interrupted, not failed: nobody has to correct anything.
ALTER TABLE migrator.step
    DROP CONSTRAINT step_state_check,
    ADD CONSTRAINT step_state_check CHECK (state IN ('running', 'done', 'skipped', 'failed', 'interrupted'));
