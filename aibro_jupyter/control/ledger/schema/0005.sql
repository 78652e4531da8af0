DROP TRIGGER an_event_is_never_deleted;
CREATE TRIGGER an_event_goes_only_after_its_job BEFORE DELETE ON events
WHEN EXISTS (SELECT 1 FROM jobs WHERE job_id = OLD.job_id AND outcome IS NULL)
BEGIN SELECT RAISE (ABORT, 'events are append-only while their job is active'); END;
