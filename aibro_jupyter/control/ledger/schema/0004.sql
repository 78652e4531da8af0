-- When a look last saw it there, to the minute: what is left of that when control starts anew.
ALTER TABLE instances ADD COLUMN seen_at REAL;
-- Limits run from the first ask; asked_at is the last one.
ALTER TABLE instances ADD COLUMN first_asked_at REAL;
ALTER TABLE instances ADD COLUMN stuck_at REAL;
UPDATE instances SET first_asked_at = asked_at;
