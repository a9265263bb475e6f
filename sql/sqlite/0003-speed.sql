-- SPDX-License-Identifier: Apache-2.0
-- Version 3: what a consultation costs. It writes one row; all that can be
-- worked out from that row is worked out later, many at a time.

-- The entries that journal_sheet holds already: those up to "indexed". What
-- comes after is found in the journal itself.
ALTER TABLE journal_end ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0
    CHECK (indexed >= 0);
UPDATE journal_end SET indexed = last;

-- In runs of 1024 entries, each sorted by sheet: a run is added at the end,
-- all at once, and whoever looks for a sheet looks into every run.
CREATE TABLE journal_sheet_new (
    run             INTEGER NOT NULL CHECK (run = journal_id >> 10),
    practitioner_id INTEGER NOT NULL,
    journal_id      INTEGER NOT NULL,
    PRIMARY KEY (run, practitioner_id, journal_id)
) STRICT, WITHOUT ROWID;
INSERT INTO journal_sheet_new
SELECT journal_id >> 10, practitioner_id, journal_id FROM journal_sheet
 ORDER BY 1, 2, 3;
DROP TABLE journal_sheet;
ALTER TABLE journal_sheet_new RENAME TO journal_sheet;

-- The daily ceiling is counted in memory.
DROP INDEX journal_shown_actor;

-- The ends are written once for all the entries of a transaction, so an entry
-- is only known to come after the end that was written last.
DROP TRIGGER journal_in_order;
CREATE TRIGGER journal_in_order BEFORE INSERT ON journal
WHEN NEW.id <= (SELECT last FROM journal_end)
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

PRAGMA user_version = 3;
