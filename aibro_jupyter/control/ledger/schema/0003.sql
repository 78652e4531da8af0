ALTER TABLE instances RENAME COLUMN place TO provider;
