-- SPDX-License-Identifier: Apache-2.0
-- Version 4: an entry of the journal is one row and no more. What finds it is
-- written once for each run of 512 entries, when the run is full; entries of
-- the run that fills up are looked for in the journal itself.

-- Run n: the entries n * 512 to n * 512 + 511, and when they were made.
CREATE TABLE journal_run (
    id     INTEGER PRIMARY KEY,
    oldest INTEGER NOT NULL,
    newest INTEGER NOT NULL CHECK (newest >= oldest)
) STRICT;

-- The entries of a run that concern a sheet, in the row run * 128 + number of
-- the sheet % 128: numbers of sheet * 512 + entry % 512, in a JSON array.
CREATE TABLE journal_sheet_new (
    id      INTEGER PRIMARY KEY,
    entries TEXT NOT NULL
) STRICT;

UPDATE journal_end SET indexed = max(((last + 1) >> 9 << 9) - 1, 0);

INSERT INTO journal_run
SELECT id >> 9, min(at), max(at) FROM journal
 WHERE id <= (SELECT indexed FROM journal_end) GROUP BY 1;

INSERT INTO journal_sheet_new
SELECT (j.id >> 9 << 7) + (each.value & 127),
       json_group_array((each.value << 9) + (j.id & 511))
  FROM journal AS j, json_each(j.sheets) AS each
 WHERE j.id <= (SELECT indexed FROM journal_end) GROUP BY 1;

DROP TABLE journal_sheet;
ALTER TABLE journal_sheet_new RENAME TO journal_sheet;
DROP INDEX journal_shown_at;

PRAGMA user_version = 4;
