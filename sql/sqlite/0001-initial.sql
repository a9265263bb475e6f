-- SPDX-License-Identifier: Apache-2.0
-- The first schema: sheets, accounts, consultations. It has no column that
-- could hold a criterion of a patient, and none may ever be added.

PRAGMA application_id = 1129337939; -- "CPTS"

-- One row: every committed change of a sheet raises the generation.
CREATE TABLE territory (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    generation   INTEGER NOT NULL CHECK (generation >= 0),
    rotation_key BLOB NOT NULL CHECK (length(rotation_key) = 16),
    created_at   INTEGER NOT NULL
) STRICT;

INSERT INTO territory (id, generation, rotation_key, created_at)
VALUES (1, 0, randomblob(16), CAST(strftime('%s', 'now') AS INTEGER));

-- The sheet is one JSON document; what is filtered by is derived from it.
-- AUTOINCREMENT: the number of an erased sheet is never given again.
CREATE TABLE practitioner (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    rpps         TEXT NOT NULL UNIQUE
                 CHECK (length(rpps) = 11 AND rpps NOT GLOB '*[^0-9]*'),
    version      INTEGER NOT NULL CHECK (version >= 1),
    generation   INTEGER NOT NULL CHECK (generation >= 1),
    confirmed_on TEXT NOT NULL CHECK (confirmed_on GLOB
                 '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
    confirmed_by TEXT NOT NULL
                 CHECK (confirmed_by IN ('doctor', 'coordinator', 'import')),
    search       TEXT NOT NULL,
    sheet        TEXT NOT NULL CHECK (json_valid(sheet)
                 AND json_extract(sheet, '$.rpps') = rpps),
    state        TEXT GENERATED ALWAYS AS
                 (json_extract(sheet, '$.availability.state')) VIRTUAL
                 NOT NULL
) STRICT;

CREATE INDEX practitioner_generation ON practitioner (generation);

-- What readers that hold an older generation must forget: a number only.
CREATE TABLE erasure (
    practitioner_id INTEGER PRIMARY KEY,
    generation      INTEGER NOT NULL
) STRICT;

CREATE INDEX erasure_generation ON erasure (generation);

CREATE TABLE account (
    name       TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
    hash       TEXT NOT NULL,
    role       TEXT NOT NULL
               CHECK (role IN ('doctor', 'professional', 'coordinator')),
    rpps       TEXT CHECK (rpps IS NULL OR (role = 'doctor'
               AND length(rpps) = 11 AND rpps NOT GLOB '*[^0-9]*')),
    disabled   INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT;

-- Two accounts that differ by case only would be taken for one another.
CREATE UNIQUE INDEX account_name_nocase ON account (name COLLATE NOCASE);
CREATE INDEX account_rpps ON account (rpps) WHERE rpps IS NOT NULL;

-- Who was shown which sheets, when; never why. The name of an account that
-- was erased is ''.
CREATE TABLE consultation (
    id      INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    role    TEXT NOT NULL
            CHECK (role IN ('doctor', 'professional', 'coordinator')),
    at      INTEGER NOT NULL,
    key     TEXT CHECK (key IS NULL OR length(key) BETWEEN 1 AND 64)
) STRICT;

CREATE INDEX consultation_at ON consultation (at);
CREATE INDEX consultation_account_at ON consultation (account, at);
CREATE UNIQUE INDEX consultation_key ON consultation (account, key)
    WHERE key IS NOT NULL;

CREATE TABLE consultation_sheet (
    consultation_id INTEGER NOT NULL
                    REFERENCES consultation (id) ON DELETE CASCADE,
    practitioner_id INTEGER NOT NULL
                    REFERENCES practitioner (id) ON DELETE CASCADE,
    PRIMARY KEY (consultation_id, practitioner_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX consultation_sheet_practitioner
    ON consultation_sheet (practitioner_id, consultation_id);

-- The outcome of a POST under its Idempotency-Key.
CREATE TABLE outcome (
    account TEXT NOT NULL,
    key     TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 64),
    digest  TEXT NOT NULL,
    status  INTEGER NOT NULL CHECK (status BETWEEN 200 AND 599),
    rpps    TEXT,
    at      INTEGER NOT NULL,
    PRIMARY KEY (account, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX outcome_at ON outcome (at);

PRAGMA user_version = 1;
