-- SPDX-License-Identifier: Apache-2.0
-- From proposal to declared doctor: placements, invitations, reminders, and
-- one journal instead of the table of consultations. Still no column that
-- could hold a criterion of a patient.

-- Numbers instead of names where something must outlive an erasure, a fourth
-- role, and what an invitation tells of a person.
CREATE TABLE account_new (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 64),
    hash       TEXT NOT NULL,
    role       TEXT NOT NULL CHECK (role IN
               ('doctor', 'professional', 'coordinator', 'delegate')),
    rpps       TEXT CHECK (rpps IS NULL OR (role IN ('doctor', 'delegate')
               AND length(rpps) = 11 AND rpps NOT GLOB '*[^0-9]*')),
    disabled   INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    created_at INTEGER NOT NULL,
    email      TEXT,
    profession TEXT,
    structure  TEXT,
    terms      TEXT, -- version of the text accepted
    terms_at   INTEGER,
    CHECK (role <> 'delegate' OR rpps IS NOT NULL)
) STRICT;

INSERT INTO account_new (name, hash, role, rpps, disabled, created_at)
SELECT name, hash, role, rpps, disabled, created_at FROM account
 ORDER BY created_at, name;

-- Every action and every consultation: numbers of accounts and sheets only,
-- so that a name can be erased and the chain stays whole. Each link is a
-- keyed hash of the row and of the link before it. No actor: cptsctl.
CREATE TABLE journal (
    id        INTEGER PRIMARY KEY CHECK (id >= 1),
    at        INTEGER NOT NULL,
    actor     INTEGER,
    role      TEXT,
    action    TEXT NOT NULL CHECK (length(action) BETWEEN 1 AND 32),
    sheets    TEXT NOT NULL CHECK (json_type(sheets) = 'array'),
    placement INTEGER,
    outcome   TEXT CHECK (length(outcome) BETWEEN 1 AND 32),
    link      BLOB CHECK (length(link) = 32)
) STRICT;

CREATE INDEX journal_shown_at ON journal (at) WHERE action = 'match';
CREATE INDEX journal_shown_actor ON journal (actor, at)
    WHERE action = 'match';
CREATE INDEX journal_placed_at ON journal (at)
    WHERE action IN ('placement.hold', 'placement.accept');
CREATE INDEX journal_hold ON journal (placement)
    WHERE action = 'placement.hold';

-- Where to find the entries of a sheet; verified with the journal.
CREATE TABLE journal_sheet (
    practitioner_id INTEGER NOT NULL,
    journal_id      INTEGER NOT NULL,
    PRIMARY KEY (practitioner_id, journal_id)
) STRICT, WITHOUT ROWID;

-- The two ends of the chain, sealed with the key: entries up to the floor
-- were purged, or are older than the chain.
CREATE TABLE journal_end (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    floor      INTEGER NOT NULL,
    floor_link BLOB NOT NULL CHECK (length(floor_link) = 32),
    last       INTEGER NOT NULL CHECK (last >= floor),
    last_link  BLOB NOT NULL CHECK (length(last_link) = 32),
    seal       BLOB CHECK (length(seal) = 32)
) STRICT;

INSERT INTO journal (id, at, actor, role, action, sheets)
SELECT row_number() OVER (ORDER BY c.id), c.at, a.id, c.role, 'match',
       (SELECT json_group_array(s.practitioner_id) FROM consultation_sheet AS s
         WHERE s.consultation_id = c.id)
  FROM consultation AS c LEFT JOIN account_new AS a ON a.name = c.account
 ORDER BY c.id;

INSERT INTO journal_sheet (practitioner_id, journal_id)
SELECT DISTINCT value, journal.id FROM journal, json_each(journal.sheets);

INSERT INTO journal_end (id, floor, floor_link, last, last_link)
SELECT 1, coalesce(max(id), 0), zeroblob(32), coalesce(max(id), 0),
       zeroblob(32)
  FROM journal;

CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
WHEN OLD.id > (SELECT floor FROM journal_end)
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

CREATE TRIGGER journal_in_order BEFORE INSERT ON journal
WHEN NEW.id IS NOT (SELECT last + 1 FROM journal_end)
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

DROP TABLE consultation_sheet;
DROP TABLE consultation;
DROP TABLE account;
ALTER TABLE account_new RENAME TO account;

CREATE UNIQUE INDEX account_name_nocase ON account (name COLLATE NOCASE);
CREATE INDEX account_rpps ON account (rpps) WHERE rpps IS NOT NULL;

-- The Idempotency-Key of a consultation; no digest of its body, which would
-- be a criterion kept.
CREATE TABLE shown_key (
    account_id INTEGER NOT NULL,
    key        TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 64),
    journal_id INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (account_id, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX shown_key_at ON shown_key (at);

-- A delegate may confirm a sheet too.
CREATE TABLE practitioner_new (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    rpps         TEXT NOT NULL UNIQUE
                 CHECK (length(rpps) = 11 AND rpps NOT GLOB '*[^0-9]*'),
    version      INTEGER NOT NULL CHECK (version >= 1),
    generation   INTEGER NOT NULL CHECK (generation >= 1),
    confirmed_on TEXT NOT NULL CHECK (confirmed_on GLOB
                 '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
    confirmed_by TEXT NOT NULL CHECK (confirmed_by IN
                 ('doctor', 'coordinator', 'import', 'delegate')),
    search       TEXT NOT NULL,
    sheet        TEXT NOT NULL CHECK (json_valid(sheet)
                 AND json_extract(sheet, '$.rpps') = rpps),
    state        TEXT GENERATED ALWAYS AS
                 (json_extract(sheet, '$.availability.state')) VIRTUAL
                 NOT NULL
) STRICT;

INSERT INTO practitioner_new (id, rpps, version, generation, confirmed_on,
                              confirmed_by, search, sheet)
SELECT id, rpps, version, generation, confirmed_on, confirmed_by, search, sheet
  FROM practitioner ORDER BY id;

-- The number of an erased sheet is never given again.
INSERT INTO sqlite_sequence (name, seq)
SELECT 'practitioner_new', 0
 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence
                    WHERE name = 'practitioner_new');
UPDATE sqlite_sequence
   SET seq = coalesce((SELECT old.seq FROM sqlite_sequence AS old
                        WHERE old.name = 'practitioner'), 0)
 WHERE name = 'practitioner_new';

DROP TABLE practitioner;
ALTER TABLE practitioner_new RENAME TO practitioner;
CREATE INDEX practitioner_generation ON practitioner (generation);

-- What an Idempotency-Key was about: a sheet, a placement, an invitation.
ALTER TABLE outcome RENAME COLUMN rpps TO about;

-- What a professional started after a proposal, known by its code. The sums
-- of places of one doctor decide about the next one; sheet and account are
-- numbers that may be erased elsewhere.
CREATE TABLE placement (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    code            TEXT NOT NULL UNIQUE CHECK (length(code) = 9),
    practitioner_id INTEGER NOT NULL,
    account_id      INTEGER NOT NULL,
    general         INTEGER NOT NULL CHECK (general >= 0),
    reserved        INTEGER NOT NULL CHECK (reserved >= 0),
    state           TEXT NOT NULL CHECK (state IN ('held', 'contacted',
                    'accepted', 'refused', 'declared', 'expired',
                    'cancelled')),
    reason          TEXT CHECK ((reason IS NOT NULL) = (state = 'refused')),
    held_on         TEXT NOT NULL CHECK (held_on GLOB
                    '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
    held_at         INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL CHECK (expires_at > held_at),
    changed_at      INTEGER NOT NULL,
    CHECK (general + reserved BETWEEN 1 AND 20)
) STRICT;

CREATE INDEX placement_practitioner ON placement (practitioner_id, held_on);
CREATE INDEX placement_account ON placement (account_id, id);
CREATE INDEX placement_due ON placement (expires_at)
    WHERE state IN ('held', 'contacted');

-- Needs without an answer: pure counters, no combination of them is kept.
CREATE TABLE unmet (
    commune     TEXT NOT NULL CHECK (length(commune) = 5),
    month       TEXT NOT NULL CHECK (month GLOB '[12][0-9][0-9][0-9]-[01][0-9]'),
    requirement TEXT NOT NULL CHECK (length(requirement) BETWEEN 1 AND 32),
    count       INTEGER NOT NULL CHECK (count >= 1),
    PRIMARY KEY (commune, month, requirement)
) STRICT, WITHOUT ROWID;

-- Invitations, one by one or a batch; only the hash of a token is kept.
CREATE TABLE batch (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE invitation (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    batch_id   INTEGER REFERENCES batch (id),
    role       TEXT NOT NULL
               CHECK (role IN ('doctor', 'professional', 'delegate')),
    rpps       TEXT CHECK ((rpps IS NULL) = (role = 'professional')),
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    email      TEXT,
    profession TEXT,
    structure  TEXT,
    draft      TEXT CHECK (draft IS NULL OR json_valid(draft)),
    token      BLOB NOT NULL UNIQUE CHECK (length(token) = 32),
    created_by INTEGER,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    mail       INTEGER NOT NULL DEFAULT 0 CHECK (mail IN (0, 1)),
    sent_at    INTEGER, -- by e-mail, where `mail` asks for it
    opened_at  INTEGER,
    used_at    INTEGER,
    revoked_at INTEGER,
    account_id INTEGER
) STRICT;

CREATE INDEX invitation_batch ON invitation (batch_id);
CREATE INDEX invitation_mail ON invitation (id)
    WHERE mail = 1 AND sent_at IS NULL;
CREATE INDEX invitation_rpps ON invitation (rpps) WHERE rpps IS NOT NULL;

-- The links of reminders: one confirmation or one pause each.
CREATE TABLE link (
    token           BLOB PRIMARY KEY CHECK (length(token) = 32),
    practitioner_id INTEGER NOT NULL,
    account_id      INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    used_at         INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX link_account ON link (account_id);

-- Mails to send; the text is made when it is sent. `about` says what for, so
-- that nothing is sent twice.
CREATE TABLE outbox (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    kind            TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 32),
    about           TEXT NOT NULL CHECK (length(about) BETWEEN 1 AND 64),
    account_id      INTEGER NOT NULL,
    practitioner_id INTEGER,
    created_at      INTEGER NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_at         INTEGER NOT NULL,
    sent_at         INTEGER,
    error           TEXT,
    UNIQUE (kind, about)
) STRICT;

CREATE INDEX outbox_next ON outbox (next_at) WHERE sent_at IS NULL;
CREATE INDEX outbox_account ON outbox (account_id);

-- What the server's directives say, for cptsctl: written by httpd.
CREATE TABLE setting (
    name  TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 32),
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 2;
