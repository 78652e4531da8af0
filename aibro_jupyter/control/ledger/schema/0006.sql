-- What callers may take: how long they wait, how many requests at once and a second, from which web pages.
ALTER TABLE jobs ADD COLUMN terms TEXT NOT NULL DEFAULT '{}';
