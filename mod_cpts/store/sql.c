/* SPDX-License-Identifier: Apache-2.0 */
/* All SQL that is not a migration, as one table. */

#include "store/sql.h"

/* clang-format off */

/* ?1 role, ?2 own RPPS: the rows that the one who asks may touch. */
#define OWNED \
    "(?1 = 'coordinator' OR (?1 IN ('doctor', 'delegate') AND rpps = ?2))"

/* The generation that this transaction has reached. */
#define GENERATION "(SELECT generation FROM territory WHERE id = 1)"

/* Places of the pool that placements have taken from the sheet p in the
 * present period; ?1 its Monday, ?2 its first of the month, ?3 now. The period
 * is looked at only where there are placements. */
#define TAKEN(pool)                                                    \
    "(SELECT coalesce(sum(t." pool "), 0) FROM placement AS t"         \
    "  WHERE t.practitioner_id = p.id"                                 \
    "    AND +t.held_on >= CASE json_extract(p.sheet,"                 \
    "          '$.availability.capacity.period')"                      \
    "        WHEN 'week' THEN ?1 ELSE ?2 END"                          \
    "    AND (t.state IN ('accepted', 'declared')"                     \
    "      OR t.state IN ('held', 'contacted') AND t.expires_at > ?3))"

/* The sheets p of a list: ?1 state, ?2 commune, ?3 stale, ?4 fresh since,
 * ?5 JSON array of words, ?6 today. */
#define LISTED                                                         \
    "(?1 IS NULL OR ?1 = CASE"                                         \
    "         WHEN state = 'paused' AND ?6 >"                          \
    "              json_extract(p.sheet, '$.availability.until')"      \
    "           OR state = 'opening' AND ?6 >="                        \
    "              json_extract(p.sheet, '$.availability.from')"       \
    "         THEN 'open' ELSE state END)"                             \
    "   AND (?2 IS NULL OR EXISTS (SELECT 1"                           \
    "         FROM json_each(p.sheet, '$.sites') AS site"              \
    "        WHERE json_extract(site.value, '$.commune') = ?2))"       \
    "   AND (?3 < 0 OR (confirmed_on < ?4) = ?3)"                      \
    "   AND (?5 IS NULL OR NOT EXISTS (SELECT 1"                       \
    "         FROM json_each(?5) AS word"                              \
    "        WHERE instr(p.search, word.value) = 0))"
#define LISTED_BY \
    "ssisss state, commune, stale, fresh since, JSON array of words, today"

/* The columns of a placement, in the order of placement.c. */
#define PLACEMENT                                                      \
    "t.id, t.code, t.practitioner_id, p.rpps, "                        \
    "json_extract(p.sheet, '$.name'), t.account_id, a.name, "          \
    "a.profession, a.structure, t.general, t.reserved, t.reason, "     \
    "t.state, t.held_at, t.expires_at, t.changed_at"                   \
    "  FROM placement AS t"                                            \
    "  LEFT JOIN practitioner AS p ON p.id = t.practitioner_id"        \
    "  LEFT JOIN account AS a ON a.id = t.account_id"

/* The accounts a that are written to about the sheet p: its doctor's, with
 * an address; not about a sheet that is not meant to be proposed. */
#define REMINDABLE(today)                                              \
    "a.rpps = p.rpps AND a.role = 'doctor' AND NOT a.disabled"         \
    " AND a.email IS NOT NULL AND p.state NOT IN ('closed', 'left')"   \
    " AND coalesce(json_extract(p.sheet, '$.retirement'), '9999') > " today

/* What a reminder is about: one confirmation, and whom it is sent to. */
#define REMINDED "p.id || '.' || p.confirmed_on || '.' || a.id"

/* The columns of an invitation, in the order of invitation.c. */
#define INVITATION                                                     \
    "i.id, i.role, i.rpps, i.name, i.email, i.profession, "            \
    "i.structure, b.name, i.draft, i.mail, i.created_at, "             \
    "i.expires_at, coalesce(i.sent_at, 0), coalesce(i.opened_at, 0), " \
    "coalesce(i.used_at, 0), coalesce(i.revoked_at, 0), a.name"        \
    "  FROM invitation AS i"                                           \
    "  LEFT JOIN batch AS b ON b.id = i.batch_id"                      \
    "  LEFT JOIN account AS a ON a.id = i.account_id"

/* ?1 role, ?2 own RPPS: the invitations that the one who asks may see. */
#define INVITED \
    "(?1 = 'coordinator'" \
    " OR (?1 = 'doctor' AND i.role = 'delegate' AND i.rpps = ?2))"

/* An invitation that may still become an account: a doctor has one only. */
#define USABLE \
    "used_at IS NULL AND revoked_at IS NULL AND NOT (role = 'doctor'" \
    " AND EXISTS (SELECT 1 FROM account AS a WHERE a.rpps = invitation.rpps" \
    "              AND a.role = 'doctor' AND a.disabled = 0))"

/* ?1 an account: the invitation that it came from, and those before it to the
 * same person. Not those to the address that the account has now: its owner
 * wrote that, and it may be another's. */
#define CAME_FROM                                                      \
    "id IN (SELECT i.id FROM invitation AS i"                          \
    "         JOIN invitation AS own ON own.account_id = ?1"           \
    "        WHERE i.id = own.id OR (i.account_id IS NULL"             \
    "          AND i.role = own.role AND i.rpps IS own.rpps"           \
    "          AND i.name = own.name AND i.email = own.email))"

/* ?1 role, ?2 own RPPS, ?3 RPPS: delegates for the one who asks. */
#define DELEGATED \
    "role = 'delegate' AND disabled = 0 AND rpps = ?3" \
    " AND (?1 = 'coordinator' OR (?1 = 'doctor' AND rpps = ?2))"

/* A delegate acts for a doctor, so no longer than that doctor could. */
#define ACTS_FOR_NOBODY                                             \
    "(role = 'delegate' AND NOT EXISTS (SELECT 1 FROM account AS d" \
    "   WHERE d.rpps = account.rpps AND d.role = 'doctor'"          \
    "     AND d.disabled = 0))"

/* The columns of an account, in the order of account.c. */
#define ACCOUNT                                                     \
    "name, hash, role, rpps, iif(disabled, 1, iif("                 \
    ACTS_FOR_NOBODY ", 2, 0)), created_at, id, email, "             \
    "profession, structure, terms, coalesce(terms_at, 0)"

/* A moment as RFC 3339 writes it, for what is exported; NULL stays NULL. */
#define TIME(column) "strftime('%Y-%m-%dT%H:%M:%SZ', " column ", 'unixepoch')"

/* Entries about placements: word by word as in the index journal_placed_at. */
#define PLACED "j.action IN ('placement.hold', 'placement.accept')"

/* An account that is to be erased: a doctor's with a sheet, the last of the
 * coordinators who can sign in. */
#define LEAVING                                                        \
    "SELECT a.id, a.name, a.role = 'doctor' AND EXISTS"                \
    "         (SELECT 1 FROM practitioner AS p WHERE p.rpps = a.rpps),"\
    "       a.role = 'coordinator' AND NOT EXISTS"                     \
    "         (SELECT 1 FROM account AS o WHERE o.role = 'coordinator'"\
    "             AND o.disabled = 0 AND o.id <> a.id)"                \
    "  FROM account AS a"

/* The accounts that an export is about: ?1, or none; ?3 a doctor's RPPS. */
#define ABOUT "(?1 <> 0 AND account_id = ?1)"

/* The entries of the journal are found by runs of 512: when those of a run
 * were made, and in which of them a sheet is. The run that fills up is in
 * neither: its entries are looked for in the journal itself. */
#define RUN_OF(entry) "((" entry ") >> 9)"
#define FIRST_OF(run) "((" run ") << 9)"
/* Which of the 128 rows of a run tells of a sheet. */
#define PLACE_OF(run, sheet) "(((" run ") << 7) + ((" sheet ") & 127))"

/* The entries j that may have been made at a time: by number, and by no index,
 * which SQLite would make for itself. Those in no run are behind the last one:
 * where it was filled in this transaction the ends do not tell yet. */
#define ENTRIES_OF_RUNS(runs)                                                 \
    "(SELECT " FIRST_OF("id") " AS first, " FIRST_OF("id") " + 511 AS last"   \
    "   FROM journal_run WHERE " runs                                         \
    " UNION ALL SELECT max(indexed + 1, coalesce((SELECT "                    \
    FIRST_OF("max(id) + 1") " FROM journal_run), 0)),"                        \
    "   9223372036854775807 FROM journal_end) AS span"                        \
    "  CROSS JOIN journal AS j NOT INDEXED"                                   \
    "    ON j.id BETWEEN span.first AND span.last"
#define ENTRIES_BETWEEN(begin, end)                                           \
    ENTRIES_OF_RUNS("newest >= " begin " AND oldest < " end)                  \
    "    AND j.at >= " begin " AND j.at < " end

/* The numbers of the entries that concern a sheet: of those runs. */
#define ENTRIES_IN(runs, sheet)                                               \
    "(SELECT " FIRST_OF("run.id") " + (pair.value & 511)"                     \
    "   FROM journal_run AS run"                                              \
    "  CROSS JOIN journal_sheet AS s ON s.id = " PLACE_OF("run.id", sheet)    \
    "  CROSS JOIN json_each(s.entries) AS pair"                               \
    "  WHERE " runs " AND pair.value >> 9 = " sheet                           \
    " UNION ALL"                                                              \
    " SELECT j.id FROM journal AS j, json_each(j.sheets) AS each"             \
    "  WHERE j.id > (SELECT indexed FROM journal_end)"                        \
    "    AND each.value = " sheet ")"
#define ENTRIES_OF(sheet) ENTRIES_IN("1", sheet)


const cpts_sql_t cpts_sql[CPTS_SQL_COUNT] = {
    { CPTS_SQL_BEGIN, "BEGIN IMMEDIATE", "" },
    { CPTS_SQL_BEGIN_READ, "BEGIN", "" },
    { CPTS_SQL_COMMIT, "COMMIT", "" },
    { CPTS_SQL_ROLLBACK, "ROLLBACK", "" },
    { CPTS_SQL_APPLICATION_ID, "PRAGMA application_id", "" },
    { CPTS_SQL_USER_VERSION, "PRAGMA user_version", "" },
    { CPTS_SQL_DATA_VERSION, "PRAGMA data_version", "" },
    { CPTS_SQL_JOURNAL_WAL, "PRAGMA journal_mode = WAL", "" },
    { CPTS_SQL_JOURNAL_GET, "PRAGMA journal_mode", "" },
    { CPTS_SQL_SYNCHRONOUS_FULL, "PRAGMA synchronous = FULL", "" },
    { CPTS_SQL_SYNCHRONOUS_GET, "PRAGMA synchronous", "" },
    { CPTS_SQL_FOREIGN_KEYS_ON, "PRAGMA foreign_keys = ON", "" },
    { CPTS_SQL_FOREIGN_KEYS_OFF, "PRAGMA foreign_keys = OFF", "" },
    { CPTS_SQL_FOREIGN_KEYS_GET, "PRAGMA foreign_keys", "" },
    { CPTS_SQL_SECURE_DELETE_ON, "PRAGMA secure_delete = ON", "" },
    { CPTS_SQL_SECURE_DELETE_GET, "PRAGMA secure_delete", "" },
    /* pages; SQLite's 1,000 cost a third of the time under load */
    { CPTS_SQL_AUTOCHECKPOINT_SET, "PRAGMA wal_autocheckpoint = 4000", "" },
    { CPTS_SQL_AUTOCHECKPOINT_GET, "PRAGMA wal_autocheckpoint", "" },
    { CPTS_SQL_CHECKPOINT, "PRAGMA wal_checkpoint(TRUNCATE)", "" },
    { CPTS_SQL_INTEGRITY_CHECK, "PRAGMA integrity_check(20)", "" },
    { CPTS_SQL_FOREIGN_KEY_CHECK, "PRAGMA foreign_key_check", "" },

    { CPTS_SQL_GENERATION_READ,
      "SELECT generation, rotation_key FROM territory WHERE id = 1", "" },
    { CPTS_SQL_GENERATION_RAISE,
      "UPDATE territory SET generation = generation + 1 WHERE id = 1", "" },

    { CPTS_SQL_SHEET_READ,
      "SELECT id, version, confirmed_on, confirmed_by, sheet"
      "  FROM practitioner"
      " WHERE rpps = ?3 AND " OWNED,
      "sss role, own rpps, rpps" },
    { CPTS_SQL_SHEET_ID,
      "SELECT id, version FROM practitioner"
      " WHERE rpps = ?3 AND " OWNED,
      "sss role, own rpps, rpps" },
    { CPTS_SQL_SHEET_INSERT,
      "INSERT INTO practitioner (rpps, version, generation, confirmed_on,"
      "                          confirmed_by, search, sheet)"
      " SELECT ?1, generation, generation, ?2, ?3, ?4, ?5"
      "   FROM territory WHERE id = 1",
      "sssss rpps, confirmed_on, confirmed_by, search, sheet" },
    { CPTS_SQL_SHEET_REPLACE,
      "UPDATE practitioner"
      "   SET version = version + 1, generation = " GENERATION ","
      "       confirmed_on = ?5, confirmed_by = ?6, search = ?7, sheet = ?8"
      " WHERE rpps = ?3 AND version = ?4 AND " OWNED,
      "ssslssss role, own rpps, rpps, version, confirmed_on, confirmed_by,"
      " search, sheet" },
    { CPTS_SQL_SHEET_IMPORT,
      "UPDATE practitioner"
      "   SET version = version + 1, generation = " GENERATION ","
      "       confirmed_on = ?2, confirmed_by = ?3, search = ?4, sheet = ?5"
      " WHERE rpps = ?1",
      "sssss rpps, confirmed_on, confirmed_by, search, sheet" },
    { CPTS_SQL_SHEET_ACT,
      "UPDATE practitioner"
      "   SET version = version + 1, generation = " GENERATION ","
      "       confirmed_on = ?2, confirmed_by = ?3, sheet = ?4"
      " WHERE id = ?1",
      "lsss id, confirmed_on, confirmed_by, sheet" },
    { CPTS_SQL_SHEET_LIST,
      "SELECT id, version, confirmed_on, confirmed_by, sheet"
      "  FROM practitioner AS p WHERE id > ?7 AND " LISTED
      " ORDER BY id LIMIT ?8",
      "ssisssli state, commune, stale, fresh since, JSON array of words,"
      " today, after, limit" },
    { CPTS_SQL_SHEET_COUNT_LISTED,
      "SELECT count(*) FROM practitioner AS p WHERE " LISTED, LISTED_BY },
    { CPTS_SQL_SHEET_KEYS,
      "SELECT id, json_extract(p.sheet, '$.name'), confirmed_on"
      "  FROM practitioner AS p WHERE " LISTED,
      LISTED_BY },
    { CPTS_SQL_SHEET_AT,
      "SELECT id, version, confirmed_on, confirmed_by, sheet"
      "  FROM practitioner WHERE id = ?1",
      "l id" },
    { CPTS_SQL_SHEET_CHANGED,
      "SELECT id, version, confirmed_on, confirmed_by, sheet, "
      TAKEN("general") ", " TAKEN("reserved")
      "  FROM practitioner AS p WHERE generation > ?4",
      "ssll monday, first of the month, now, generation" },
    { CPTS_SQL_SHEET_ALL,
      "SELECT id, version, confirmed_on, confirmed_by, sheet"
      "  FROM practitioner ORDER BY id",
      "" },
    { CPTS_SQL_SHEET_TAKEN,
      "SELECT id, " TAKEN("general") ", " TAKEN("reserved")
      "  FROM practitioner AS p"
      " WHERE id IN (SELECT practitioner_id FROM placement"
      "               WHERE held_on >= min(?1, ?2))",
      "ssl monday, first of the month, now" },
    { CPTS_SQL_SHEET_RENEWED,
      "SELECT id, version, confirmed_on, confirmed_by, sheet, "
      TAKEN("general") ", " TAKEN("reserved")
      "  FROM practitioner AS p"
      " WHERE id IN (SELECT practitioner_id FROM placement"
      "               WHERE held_on >= ?5) AND generation <= ?4",
      "sslls monday, first of the month, now, generation, since" },
    { CPTS_SQL_PLACES_DUE,
      "SELECT coalesce(min(expires_at), ?2) FROM placement"
      " WHERE state IN ('held', 'contacted')"
      "   AND expires_at > ?1 AND expires_at < ?2",
      "ll now, at the latest" },
    { CPTS_SQL_SHEET_COUNT, "SELECT count(*) FROM practitioner", "" },
    { CPTS_SQL_ERASURE_CHANGED,
      "SELECT practitioner_id FROM erasure WHERE generation > ?1",
      "l generation" },
    { CPTS_SQL_ERASE_NOTE,
      "INSERT INTO erasure (practitioner_id, generation)"
      " VALUES (?1, " GENERATION ")",
      "l id" },
    { CPTS_SQL_ERASE_OUTCOMES,
      "DELETE FROM outcome WHERE about = ?1", "s rpps" },
    { CPTS_SQL_ERASE_LINKS,
      "DELETE FROM link WHERE practitioner_id = ?1", "l id" },
    { CPTS_SQL_ERASE_OUTBOX,
      "DELETE FROM outbox WHERE practitioner_id = ?1", "l id" },
    { CPTS_SQL_ERASE_INVITATIONS,
      "DELETE FROM invitation WHERE rpps = ?1", "s rpps" },
    { CPTS_SQL_ERASE_SHEET, "DELETE FROM practitioner WHERE id = ?1",
      "l id" },

    { CPTS_SQL_ACCOUNT_READ,
      "SELECT " ACCOUNT " FROM account WHERE name = ?1",
      "s name" },
    { CPTS_SQL_ACCOUNT_LIST,
      "SELECT " ACCOUNT " FROM account ORDER BY name",
      "" },
    { CPTS_SQL_ACCOUNT_ADD,
      "INSERT INTO account (name, hash, role, rpps, disabled, created_at,"
      "                     email, profession, structure, terms, terms_at)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
      "         nullif(?11, 0))",
      "ssssilssssl name, hash, role, rpps, disabled, created_at, email,"
      " profession, structure, terms, terms_at" },
    { CPTS_SQL_ACCOUNT_HASH, "UPDATE account SET hash = ?2 WHERE name = ?1",
      "ss name, hash" },
    { CPTS_SQL_ACCOUNT_ROLE,
      "UPDATE account SET role = ?2, rpps = ?3 WHERE name = ?1",
      "sss name, role, rpps" },
    { CPTS_SQL_ACCOUNT_DISABLED,
      "UPDATE account SET disabled = ?2 WHERE name = ?1",
      "si name, disabled" },
    { CPTS_SQL_ACCOUNT_TERMS,
      "UPDATE account SET terms = ?2, terms_at = ?3 WHERE id = ?1",
      "lsl account, version, at" },
    { CPTS_SQL_ACCOUNT_EMAIL, "UPDATE account SET email = ?2 WHERE name = ?1",
      "ss name, email" },
    { CPTS_SQL_ACCOUNT_STILL,
      "SELECT 1 FROM account"
      " WHERE id = ?1 AND disabled = 0 AND role = ?2 AND rpps IS ?3"
      "   AND NOT " ACTS_FOR_NOBODY,
      "lss account, role, rpps" },

    { CPTS_SQL_IMAGE_ENTRY,
      "SELECT id, link FROM journal ORDER BY id DESC LIMIT 1", "" },
    { CPTS_SQL_IMAGE_WAY, "SELECT 1 FROM journal WHERE id = ?1 AND link = ?2",
      "lb id, link" },

    { CPTS_SQL_JOURNAL_END,
      "SELECT floor, floor_link, last, last_link, seal, indexed"
      "  FROM journal_end WHERE id = 1",
      "" },
    { CPTS_SQL_JOURNAL_END_SET,
      "UPDATE journal_end SET floor = ?1, floor_link = ?2, last = ?3,"
      "       last_link = ?4, seal = ?5, indexed = ?6 WHERE id = 1",
      "lblbbl floor, its link, last, its link, seal, indexed" },
    { CPTS_SQL_JOURNAL_ADD,
      "INSERT INTO journal (id, at, actor, role, action, sheets, placement,"
      "                     outcome, link)"
      " VALUES (?1, ?2, nullif(?3, 0), ?4, ?5, ?6, nullif(?7, 0), ?8, ?9)",
      "lllssslsb id, at, actor or 0, role, action, sheets, placement or 0,"
      " outcome, link" },
    { CPTS_SQL_JOURNAL_RUN_READ,
      "SELECT id, at, sheets FROM journal WHERE id BETWEEN ?1 AND ?2",
      "ll first, last" },
    { CPTS_SQL_JOURNAL_RUN,
      "INSERT OR REPLACE INTO journal_run (id, oldest, newest)"
      " VALUES (?1, ?2, ?3)",
      "lll run, oldest, newest" },
    { CPTS_SQL_JOURNAL_INDEX,
      "INSERT OR REPLACE INTO journal_sheet (id, entries) VALUES (?1, ?2)",
      "ls place, entries" },
    { CPTS_SQL_JOURNAL_WALK,
      "SELECT id, at, coalesce(actor, 0), role, action, sheets,"
      "       coalesce(placement, 0), outcome, link,"
      "       typeof(at) = 'integer' AND actor IS NOT 0"
      "       AND typeof(coalesce(actor, 1)) = 'integer'"
      "       AND placement IS NOT 0"
      "       AND typeof(coalesce(placement, 1)) = 'integer'"
      "       AND typeof(coalesce(role, '')) = 'text'"
      "       AND typeof(action) = 'text' AND typeof(sheets) = 'text'"
      "       AND typeof(coalesce(outcome, '')) = 'text'"
      "       AND instr(coalesce(role, '') || action || sheets"
      "                 || coalesce(outcome, ''), char(0)) = 0"
      "  FROM journal WHERE id > ?1 ORDER BY id LIMIT ?2",
      "li after, limit" },
    { CPTS_SQL_JOURNAL_BEFORE_CHAIN,
      "SELECT count(*) FROM journal, journal_end AS e"
      " WHERE journal.id <= e.floor",
      "" },
    { CPTS_SQL_JOURNAL_INDEX_WRONG,
      "WITH held(id, sheet, place) AS ("
      "   SELECT " FIRST_OF("s.id >> 7") " + (pair.value & 511),"
      "          pair.value >> 9, s.id"
      "     FROM journal_sheet AS s,"
      "          json_each(iif(json_valid(s.entries), s.entries, '[]'))"
      "            AS pair),"
      " due(id, sheet, place) AS ("
      "   SELECT j.id, each.value, " PLACE_OF(RUN_OF("j.id"), "each.value")
      "     FROM journal AS j, json_each(j.sheets) AS each"
      "    WHERE j.id <= ?2)"
      " SELECT id FROM (SELECT * FROM due WHERE id > ?1"
      "                 EXCEPT SELECT * FROM held)"
      " UNION"
      " SELECT id FROM (SELECT * FROM held WHERE id > ?1"
      "                 EXCEPT SELECT * FROM due)"
      " UNION"
      " SELECT j.id FROM journal AS j LEFT JOIN journal_run AS run"
      "        ON run.id = " RUN_OF("j.id")
      "  WHERE j.id > ?1 AND j.id <= ?2"
      "    AND (j.at BETWEEN run.oldest AND run.newest) IS NOT 1"
      " UNION"
      " SELECT max(" FIRST_OF("id") ", 1) AS first FROM journal_run"
      "  WHERE first > ?2"
      " ORDER BY 1 LIMIT 1",
      "ll after, indexed" },
    { CPTS_SQL_JOURNAL_BEFORE,
      "SELECT coalesce((SELECT min(id) - 1 FROM journal"
      "                  WHERE id > ?2 AND at >= ?1),"
      "                (SELECT last FROM journal_end))",
      "ll at, after" },
    { CPTS_SQL_JOURNAL_LINK, "SELECT link FROM journal WHERE id = ?1",
      "l entry" },
    { CPTS_SQL_JOURNAL_PURGE, "DELETE FROM journal WHERE id <= ?1",
      "l entry" },
    { CPTS_SQL_JOURNAL_PURGE_SHEETS,
      "DELETE FROM journal_sheet"
      " WHERE id < " PLACE_OF(RUN_OF("?1 + 1") " + 1", "0"),
      "l entry" },
    { CPTS_SQL_JOURNAL_PURGE_RUNS,
      "DELETE FROM journal_run WHERE id <= " RUN_OF("?1 + 1"), "l entry" },
    { CPTS_SQL_JOURNAL_LIST,
      "SELECT j.id, j.at, a.name, j.role, a.profession, a.structure,"
      "       j.action, j.outcome, p.code,"
      "       (SELECT json_group_array(coalesce(d.rpps, '')) FROM"
      "          json_each(j.sheets) AS each"
      "          LEFT JOIN practitioner AS d ON d.id = each.value)"
      "  FROM journal AS j"
      "  LEFT JOIN account AS a ON a.id = j.actor"
      "  LEFT JOIN placement AS p ON p.id = j.placement"
      " WHERE (?1 = 0 OR j.id < ?1)"
      "   AND (?2 IS NULL OR a.name = ?2)"
      "   AND (?3 IS NULL OR j.action = ?3)"
      "   AND (?4 IS NULL OR j.id IN " ENTRIES_OF(
          "(SELECT id FROM practitioner WHERE rpps = ?4)") ")"
      " ORDER BY j.id DESC LIMIT ?5",
      "lsssi before, account, action, rpps, limit" },

    { CPTS_SQL_SHOWN_KNOWN,
      "SELECT journal_id, at FROM shown_key"
      " WHERE account_id = ?1 AND key = ?2",
      "ls account, key" },
    { CPTS_SQL_SHOWN_ALREADY,
      "SELECT 1 FROM journal AS j, json_each(j.sheets) AS each"
      " WHERE j.id = ?1 AND each.value = ?2",
      "ll entry, sheet" },
    { CPTS_SQL_SHOWN_KEEP,
      "INSERT OR REPLACE INTO shown_key (account_id, key, journal_id, at)"
      " VALUES (?1, ?2, ?3, ?4)",
      "lsll account, key, entry, at" },
    { CPTS_SQL_SHOWN_PURGE, "DELETE FROM shown_key WHERE at < ?1",
      "l oldest" },
    { CPTS_SQL_SHOWN_SINCE,
      "SELECT j.actor, count(*) FROM " ENTRIES_OF_RUNS("newest >= ?1")
      " WHERE j.action = 'match' AND j.at >= ?1 GROUP BY j.actor",
      "l since" },
    { CPTS_SQL_SHOWN_AFTER,
      "SELECT actor, count(*) FROM journal"
      " WHERE action = 'match' AND id > ?1 AND at >= ?2 GROUP BY actor",
      "ll entry, since" },
    { CPTS_SQL_SHOWN_BETWEEN,
      "SELECT count(*) FROM " ENTRIES_BETWEEN("?1", "?2")
      " WHERE j.action = 'match'",
      "ll begin, end" },
    { CPTS_SQL_VIEWERS_LIST,
      "SELECT j.id, a.name, j.role, j.at, a.profession, a.structure"
      "  FROM journal AS j LEFT JOIN account AS a ON a.id = j.actor"
      " WHERE j.action = 'match' AND (?4 = 0 OR j.id < ?4)"
      "   AND j.id IN " ENTRIES_OF(
          "(SELECT id FROM practitioner"
          "  WHERE rpps = ?3 AND ?1 = 'doctor' AND rpps = ?2)")
      " ORDER BY j.id DESC LIMIT ?5",
      "sssli role, own rpps, rpps, before, limit" },

    { CPTS_SQL_PLACES_READ,
      "SELECT id, confirmed_on, sheet, "
      TAKEN("general") ", " TAKEN("reserved")
      "  FROM practitioner AS p WHERE rpps = ?4",
      "ssls monday, first of the month, now, rpps" },
    { CPTS_SQL_SHEET_TOUCH,
      "UPDATE practitioner SET generation = " GENERATION " WHERE id = ?1",
      "l id" },
    { CPTS_SQL_PLACEMENT_SHOWN,
      "SELECT 1 FROM journal AS j"
      " WHERE j.id IN " ENTRIES_IN("run.newest >= ?2", "?3")
      "   AND j.action = 'match' AND j.actor = ?1 AND j.at >= ?2 LIMIT 1",
      "lll account, since, sheet" },
    { CPTS_SQL_PLACEMENT_HELD,
      "SELECT coalesce(sum(general + reserved), 0) FROM placement"
      " WHERE account_id = ?1 AND state IN ('held', 'contacted')"
      "   AND expires_at > ?2",
      "ll account, now" },
    { CPTS_SQL_PLACEMENT_ADD,
      "INSERT INTO placement (code, practitioner_id, account_id, general,"
      "                       reserved, state, held_on, held_at, expires_at,"
      "                       changed_at)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?8)",
      "slliissll code, sheet, account, general, reserved, state, held_on,"
      " held_at, expires_at" },
    { CPTS_SQL_PLACEMENT_READ,
      "SELECT " PLACEMENT " WHERE t.code = ?1", "s code" },
    { CPTS_SQL_PLACEMENT_LIST,
      "SELECT " PLACEMENT
      " WHERE (?1 = 'coordinator' OR t.account_id = ?2 OR"
      "        t.practitioner_id ="
      "          (SELECT id FROM practitioner WHERE rpps = ?3))"
      "   AND (?4 = 0 OR t.id < ?4)"
      "   AND (?6 IS NULL OR ?6 = CASE"
      "         WHEN t.state IN ('held', 'contacted') AND t.expires_at <= ?5"
      "         THEN 'expired' ELSE t.state END)"
      " ORDER BY t.id DESC LIMIT ?7",
      "slsllsi role, account, own rpps, before, now, state, limit" },
    { CPTS_SQL_PLACEMENT_SET,
      "UPDATE placement SET state = ?3, reason = ?4, changed_at = ?5"
      " WHERE id = ?1 AND state = ?2",
      "lsssl id, state before, state, reason, now" },
    { CPTS_SQL_PLACEMENT_DUE,
      "SELECT id, practitioner_id FROM placement"
      " WHERE state IN ('held', 'contacted') AND expires_at <= ?1"
      "   AND (?2 = 0 OR practitioner_id = ?2)"
      " ORDER BY expires_at LIMIT 1",
      "ll now, sheet or 0" },
    { CPTS_SQL_PLACEMENT_EXPIRE,
      "UPDATE placement SET state = ?2, changed_at = expires_at WHERE id = ?1",
      "ls id, state" },

    { CPTS_SQL_SETTING_READ, "SELECT value FROM setting WHERE name = ?1",
      "s name" },
    { CPTS_SQL_SETTING_WRITE,
      "INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)",
      "ss name, value" },
    { CPTS_SQL_SETTING_FORGET, "DELETE FROM setting WHERE name = ?1",
      "s name" },

    { CPTS_SQL_LINK_ADD,
      "INSERT INTO link (token, practitioner_id, account_id, created_at,"
      "                  expires_at)"
      " VALUES (?1, ?2, ?3, ?4, ?5)",
      "bllll hash, sheet, account, now, expires" },
    { CPTS_SQL_LINK_READ,
      "SELECT l.expires_at, coalesce(l.used_at, 0), p.rpps, a.name, a.id"
      "  FROM link AS l"
      "  LEFT JOIN practitioner AS p ON p.id = l.practitioner_id"
      "   AND EXISTS (SELECT 1 FROM account AS own"
      "        WHERE own.id = l.account_id AND own.rpps = p.rpps"
      "          AND own.role = 'doctor' AND NOT own.disabled)"
      "  LEFT JOIN account AS a ON a.id = l.account_id"
      " WHERE l.token = ?1",
      "b hash" },
    { CPTS_SQL_LINK_USE,
      "UPDATE link SET used_at = ?2"
      " WHERE token = ?1 AND used_at IS NULL AND expires_at > ?2",
      "bl hash, now" },
    { CPTS_SQL_LINK_FORGET, "DELETE FROM link WHERE token = ?1", "b hash" },

    { CPTS_SQL_OUTBOX_ADD_REMINDERS,
      "INSERT OR IGNORE INTO outbox (kind, about, account_id,"
      "                              practitioner_id, created_at, next_at)"
      " SELECT CASE WHEN p.confirmed_on < ?1 THEN 'stale' ELSE 'reminder'"
      "        END, " REMINDED ", a.id, p.id, ?4, ?4"
      "   FROM practitioner AS p JOIN account AS a ON " REMINDABLE("?3")
      "  WHERE p.confirmed_on <= ?2 ORDER BY p.confirmed_on, p.id, a.id",
      "sssl stale before, reminded up to, today, now" },
    { CPTS_SQL_OUTBOX_ADD_INVITATIONS,
      "INSERT OR IGNORE INTO outbox (kind, about, account_id, created_at,"
      "                              next_at)"
      " SELECT 'invitation', i.id || '.' || coalesce((SELECT max(o.id)"
      "          FROM outbox AS o WHERE o.kind = 'invitation'"
      "           AND o.sent_at IS NOT NULL"
      "           AND o.about GLOB i.id || '.*'), 0),"
      "        coalesce(i.created_by, 0), ?1, ?1"
      "   FROM invitation AS i"
      "  WHERE i.mail = 1 AND i.sent_at IS NULL AND i.email IS NOT NULL"
      "    AND i.used_at IS NULL AND i.revoked_at IS NULL ORDER BY i.id",
      "l now" },
    { CPTS_SQL_OUTBOX_NEXT,
      "SELECT id, kind, about, account_id, coalesce(practitioner_id, 0),"
      "       created_at, attempts"
      "  FROM outbox"
      " WHERE id > ?1 AND sent_at IS NULL AND next_at <= ?2 AND attempts < ?3"
      " ORDER BY id LIMIT 1",
      "lli after, now, most attempts" },
    { CPTS_SQL_OUTBOX_CLAIM,
      "UPDATE outbox SET attempts = attempts + 1, next_at = ?3"
      " WHERE id = ?1 AND attempts = ?2 AND sent_at IS NULL",
      "lil mail, attempts, next" },
    { CPTS_SQL_OUTBOX_REMINDER,
      "SELECT a.email, json_extract(p.sheet, '$.name'), p.confirmed_on"
      "  FROM outbox AS o"
      "  JOIN practitioner AS p ON p.id = o.practitioner_id"
      "  JOIN account AS a ON a.id = o.account_id AND " REMINDABLE("?3")
      " WHERE o.id = ?1 AND o.about = " REMINDED
      "   AND (o.kind = 'stale') = (p.confirmed_on < ?2)",
      "lss mail, stale before, today" },
    { CPTS_SQL_OUTBOX_SENT,
      "UPDATE outbox SET sent_at = ?2, error = NULL WHERE id = ?1",
      "ll mail, now" },
    { CPTS_SQL_OUTBOX_INVITED,
      "UPDATE invitation SET sent_at = ?2 WHERE id = ?1",
      "ll invitation, now" },
    { CPTS_SQL_OUTBOX_FAILED, "UPDATE outbox SET error = ?2 WHERE id = ?1",
      "ls mail, error" },
    { CPTS_SQL_OUTBOX_DROP, "DELETE FROM outbox WHERE id = ?1", "l mail" },
    { CPTS_SQL_OUTBOX_GIVEN_UP,
      "SELECT count(*) FROM outbox"
      " WHERE sent_at IS NULL AND attempts >= ?1",
      "i most attempts" },

    { CPTS_SQL_PURGE_PLACEMENTS,
      "DELETE FROM placement"
      " WHERE changed_at < ?1 AND state NOT IN ('held', 'contacted')",
      "l before" },
    { CPTS_SQL_PURGE_INVITATIONS,
      "DELETE FROM invitation"
      " WHERE coalesce(used_at, revoked_at, expires_at) < ?1",
      "l before" },
    { CPTS_SQL_PURGE_BATCHES,
      "DELETE FROM batch WHERE created_at < ?1 AND NOT EXISTS"
      " (SELECT 1 FROM invitation AS i WHERE i.batch_id = batch.id)",
      "l before" },
    { CPTS_SQL_PURGE_LINKS,
      "DELETE FROM link WHERE coalesce(used_at, expires_at) < ?1",
      "l before" },
    { CPTS_SQL_PURGE_OUTBOX,
      "DELETE FROM outbox"
      " WHERE coalesce(sent_at, created_at) < ?1"
      "   AND NOT EXISTS (SELECT 1 FROM practitioner AS p, account AS a"
      "        WHERE p.id = outbox.practitioner_id"
      "          AND a.id = outbox.account_id"
      "          AND outbox.about = " REMINDED ")",
      "l before" },
    { CPTS_SQL_PURGE_UNMET, "DELETE FROM unmet WHERE month < ?1", "s month" },

    { CPTS_SQL_INVITATION_ACCOUNT,
      "SELECT id FROM account"
      " WHERE rpps = ?1 AND role = 'doctor' AND disabled = 0 LIMIT 1",
      "s rpps" },
    { CPTS_SQL_INVITATION_LIVE,
      "SELECT id FROM invitation"
      " WHERE rpps = ?1 AND role = 'doctor' AND used_at IS NULL"
      "   AND revoked_at IS NULL AND expires_at > ?2 LIMIT 1",
      "sl rpps, now" },
    { CPTS_SQL_INVITATION_MADE,
      "SELECT count(*) FROM " ENTRIES_OF_RUNS("newest >= ?2")
      " WHERE j.action IN ('invitation.make', 'invitation.renew')"
      "   AND j.actor = ?1 AND j.at >= ?2",
      "ll account, since" },
    { CPTS_SQL_INVITATION_ADD,
      "INSERT INTO invitation (batch_id, role, rpps, name, email, profession,"
      "                        structure, draft, mail, token, created_by,"
      "                        created_at, expires_at)"
      " VALUES (nullif(?1, 0), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
      "         ?13)",
      "lsssssssiblll batch or 0, role, rpps, name, email, profession,"
      " structure, draft, mail, token, account, now, expires" },
    { CPTS_SQL_INVITATION_READ,
      "SELECT " INVITATION " WHERE i.id = ?3 AND " INVITED,
      "ssl role, own rpps, id" },
    { CPTS_SQL_INVITATION_FIND,
      "SELECT " INVITATION " WHERE i.token = ?1", "b token" },
    { CPTS_SQL_INVITATION_LIST,
      "SELECT " INVITATION
      " WHERE " INVITED
      "   AND (?3 = 0 OR i.id < ?3)"
      "   AND (?4 IS NULL OR b.name = ?4)"
      "   AND (?5 IS NULL OR ?5 = CASE"
      "         WHEN i.used_at IS NOT NULL THEN 'used'"
      "         WHEN i.revoked_at IS NOT NULL THEN 'revoked'"
      "         WHEN i.expires_at > ?6 THEN 'open' ELSE 'expired' END)"
      " ORDER BY i.id DESC LIMIT ?7",
      "sslssli role, own rpps, before, batch, state, now, limit" },
    { CPTS_SQL_INVITATION_RENEW,
      "UPDATE invitation SET token = ?2, expires_at = ?3, sent_at = NULL"
      " WHERE id = ?1 AND " USABLE,
      "lbl id, token, expires" },
    { CPTS_SQL_INVITATION_REVOKE,
      "UPDATE invitation SET revoked_at = ?2"
      " WHERE id = ?1 AND used_at IS NULL AND revoked_at IS NULL",
      "ll id, now" },
    { CPTS_SQL_INVITATION_OPENED,
      "UPDATE invitation SET opened_at = ?2"
      " WHERE id = ?1 AND opened_at IS NULL",
      "ll id, now" },
    { CPTS_SQL_INVITATION_USE,
      "UPDATE invitation"
      "   SET used_at = ?3, opened_at = coalesce(opened_at, ?3)"
      " WHERE id = ?1 AND token = ?2 AND expires_at > ?3 AND " USABLE,
      "lbl id, token, now" },
    { CPTS_SQL_INVITATION_BECAME,
      "UPDATE invitation SET account_id = ?2 WHERE id = ?1",
      "ll id, account" },
    { CPTS_SQL_INVITATION_DRAFT,
      "SELECT name, draft FROM invitation"
      " WHERE rpps = ?3 AND role = 'doctor' AND revoked_at IS NULL"
      "   AND " OWNED
      " ORDER BY id DESC LIMIT 1",
      "sss role, own rpps, rpps" },
    { CPTS_SQL_BATCH_FIND,
      "SELECT id FROM batch WHERE name = ?1 ORDER BY id DESC LIMIT 1",
      "s name" },
    { CPTS_SQL_BATCH_ADD,
      "INSERT INTO batch (name, created_at) VALUES (?1, ?2)",
      "sl name, now" },
    { CPTS_SQL_BATCH_LIST,
      "SELECT b.name, b.created_at, count(i.id), count(i.opened_at),"
      "       count(i.used_at)"
      "  FROM batch AS b"
      "  LEFT JOIN invitation AS i ON i.batch_id = b.id"
      "   AND i.revoked_at IS NULL"
      " GROUP BY b.id ORDER BY b.id DESC",
      "" },
    { CPTS_SQL_DELEGATE_LIST,
      "SELECT name, email, created_at FROM account WHERE " DELEGATED
      " ORDER BY name",
      "sss role, own rpps, rpps" },
    { CPTS_SQL_DELEGATE_REVOKE,
      "UPDATE account SET disabled = 1 WHERE name = ?4 AND " DELEGATED,
      "ssss role, own rpps, rpps, name" },

    { CPTS_SQL_OUTCOME_FIND,
      "SELECT digest, status, about FROM outcome"
      " WHERE account = ?1 AND key = ?2 AND at > ?3",
      "ssl account, key, oldest" },
    { CPTS_SQL_OUTCOME_PURGE, "DELETE FROM outcome WHERE at <= ?1",
      "l oldest" },
    { CPTS_SQL_OUTCOME_SAVE,
      "INSERT INTO outcome (account, key, digest, status, about, at)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
      "sssisl account, key, digest, status, about, at" },

    { CPTS_SQL_JOURNAL_FIRST,
      "SELECT id, at FROM journal ORDER BY id LIMIT 1", "" },
    { CPTS_SQL_FAIR_DOCTORS,
      "SELECT id, rpps, json_extract(sheet, '$.name') FROM practitioner",
      "" },
    { CPTS_SQL_FAIR_PROFESSIONS,
      "SELECT DISTINCT profession FROM account"
      " WHERE role = 'professional' AND profession IS NOT NULL ORDER BY 1",
      "" },
    { CPTS_SQL_FAIR_SHOWN,
      "SELECT s.value, count(*) FROM " ENTRIES_BETWEEN("?1", "?2")
      "  CROSS JOIN json_each(j.sheets) AS s"
      " WHERE j.action = ?3 GROUP BY s.value",
      "lls begin, end, action" },
    { CPTS_SQL_FAIR_SHOWN_TO,
      "SELECT j.role, CASE j.role WHEN 'professional' THEN a.profession END,"
      "       sum(json_array_length(j.sheets))"
      "  FROM " ENTRIES_BETWEEN("?1", "?2")
      "  LEFT JOIN account AS a ON a.id = j.actor"
      " WHERE j.action = ?3 GROUP BY 1, 2",
      "lls begin, end, action" },
    { CPTS_SQL_FAIR_PLACED,
      "SELECT s.value, count(*) FROM journal AS j, json_each(j.sheets) AS s"
      " WHERE " PLACED " AND j.action = ?3"
      "   AND j.at >= ?1 AND j.at < ?2 GROUP BY s.value",
      "lls begin, end, action" },
    { CPTS_SQL_FAIR_PLACED_BY,
      "SELECT h.role, CASE h.role WHEN 'professional' THEN a.profession END,"
      "       count(*)"
      "  FROM journal AS j"
      "  LEFT JOIN journal AS h ON h.placement = j.placement"
      "   AND h.action = 'placement.hold'"
      "  LEFT JOIN account AS a ON a.id = h.actor"
      " WHERE " PLACED " AND j.action = ?3"
      "   AND j.at >= ?1 AND j.at < ?2 GROUP BY 1, 2",
      "lls begin, end, action" },
    { CPTS_SQL_UNMET_COUNT,
      "INSERT INTO unmet (commune, month, requirement, count)"
      " VALUES (?1, ?2, ?3, 1)"
      " ON CONFLICT (commune, month, requirement)"
      " DO UPDATE SET count = count + 1",
      "sss commune, month, requirement" },
    { CPTS_SQL_UNMET_LIST,
      "SELECT commune, month, requirement, count FROM unmet"
      " WHERE month >= ?1 AND month <= ?2 ORDER BY commune, month",
      "ss first month, last month" },

    { CPTS_SQL_EXPORT_SHEET_ID,
      "SELECT id FROM practitioner WHERE rpps = ?1", "s rpps" },
    { CPTS_SQL_EXPORT_ACCOUNT_ID,
      "SELECT id FROM account WHERE rpps = ?1 AND role = 'doctor'"
      " ORDER BY id LIMIT 1",
      "s rpps" },
    { CPTS_SQL_EXPORT_ACCOUNTS,
      "SELECT json_object('number', id, 'name', name, 'role', role,"
      "   'rpps', rpps, 'disabled', json(iif(disabled, 'true', 'false')),"
      "   'created_at', " TIME("created_at") ", 'email', email,"
      "   'profession', profession, 'structure', structure,"
      "   'terms', terms, 'terms_at', " TIME("terms_at") ")"
      "  FROM account WHERE id = ?1 OR (rpps = ?3 AND role = 'doctor')"
      " ORDER BY id",
      "lls account, sheet, rpps" },
    { CPTS_SQL_EXPORT_DELEGATES,
      "SELECT json_object('name', name,"
      "   'disabled', json(iif(disabled, 'true', 'false')),"
      "   'created_at', " TIME("created_at") ")"
      "  FROM account WHERE rpps = ?3 AND role = 'delegate' ORDER BY id",
      "lls account, sheet, rpps" },
    { CPTS_SQL_EXPORT_SHEETS,
      "SELECT json_object('number', id, 'rpps', rpps, 'version', version,"
      "   'confirmed_on', confirmed_on, 'confirmed_by', confirmed_by,"
      "   'search', search, 'sheet', json(sheet))"
      "  FROM practitioner WHERE id = ?2",
      "ll account, sheet" },
    { CPTS_SQL_EXPORT_PLACEMENTS,
      "SELECT json_object('code', t.code, 'sheet', p.rpps, 'by', a.name,"
      "   'general', t.general, 'reserved', t.reserved, 'state', t.state,"
      "   'reason', t.reason, 'held_at', " TIME("t.held_at") ","
      "   'expires_at', " TIME("t.expires_at") ","
      "   'changed_at', " TIME("t.changed_at") ")"
      "  FROM placement AS t"
      "  LEFT JOIN practitioner AS p ON p.id = t.practitioner_id"
      "  LEFT JOIN account AS a ON a.id = t.account_id"
      " WHERE t.practitioner_id = ?2 OR (?1 <> 0 AND t.account_id = ?1)"
      " ORDER BY t.id",
      "ll account, sheet" },
    { CPTS_SQL_EXPORT_JOURNAL,
      "SELECT json_object('id', j.id, 'at', " TIME("j.at") ","
      "   'account', a.name, 'role', j.role, 'action', j.action,"
      "   'outcome', j.outcome, 'code', p.code, 'sheets',"
      "   (SELECT json_group_array(d.rpps) FROM json_each(j.sheets) AS each"
      "      LEFT JOIN practitioner AS d ON d.id = each.value"
      "     WHERE j.actor = ?1 OR each.value = ?2))"
      "  FROM journal AS j LEFT JOIN account AS a ON a.id = j.actor"
      "  LEFT JOIN placement AS p ON p.id = j.placement"
      " WHERE (?1 <> 0 AND j.actor = ?1)"
      "    OR j.id IN " ENTRIES_OF("?2")
      " ORDER BY j.id",
      "ll account, sheet" },
    { CPTS_SQL_EXPORT_INVITATIONS,
      "SELECT json_object('role', role, 'rpps', rpps, 'name', name,"
      "   'email', email, 'profession', profession, 'structure', structure,"
      "   'draft', json(draft), 'created_at', " TIME("created_at") ","
      "   'expires_at', " TIME("expires_at") ", 'sent_at', "
      TIME("sent_at") ", 'opened_at', " TIME("opened_at") ", 'used_at', "
      TIME("used_at") ", 'revoked_at', " TIME("revoked_at") ")"
      "  FROM invitation"
      " WHERE " CAME_FROM " OR (rpps = ?3 AND ?2 <> 0) ORDER BY id",
      "lls account, sheet, rpps" },
    { CPTS_SQL_EXPORT_OUTBOX,
      "SELECT json_object('kind', kind, 'about', about,"
      "   'created_at', " TIME("created_at") ", 'attempts', attempts,"
      "   'sent_at', " TIME("sent_at") ", 'error', error)"
      "  FROM outbox WHERE " ABOUT " OR practitioner_id = ?2 ORDER BY id",
      "ll account, sheet" },
    { CPTS_SQL_EXPORT_LINKS,
      "SELECT json_object('created_at', " TIME("created_at") ","
      "   'expires_at', " TIME("expires_at") ", 'used_at', "
      TIME("used_at") ")"
      "  FROM link WHERE " ABOUT " OR practitioner_id = ?2"
      " ORDER BY created_at",
      "ll account, sheet" },
    { CPTS_SQL_EXPORT_KEYS,
      "SELECT json_object('key', key, 'about', about, 'at', " TIME("at") ")"
      "  FROM (SELECT key, NULL AS about, at FROM shown_key WHERE " ABOUT
      "        UNION ALL SELECT key, about, at FROM outcome"
      "         WHERE account = (SELECT name FROM account WHERE id = ?1))"
      " ORDER BY at",
      "l account" },
    { CPTS_SQL_FORGET_FIND, LEAVING " WHERE a.name = ?1", "s name" },
    { CPTS_SQL_FORGET_FIND_OF, LEAVING " WHERE a.rpps = ?1 LIMIT 1",
      "s rpps" },
    { CPTS_SQL_FORGET_LIVE,
      "SELECT id, practitioner_id, expires_at <= ?2 FROM placement"
      " WHERE account_id = ?1 AND state IN ('held', 'contacted') LIMIT 1",
      "ll account, now" },
    { CPTS_SQL_FORGET_LIVE_AT,
      "SELECT id, practitioner_id, expires_at <= ?2 FROM placement"
      " WHERE practitioner_id = ?1 AND state IN ('held', 'contacted')"
      " LIMIT 1",
      "ll sheet, now" },
    { CPTS_SQL_FORGET_HOLD,
      "UPDATE placement SET state = ?2, changed_at = min(?3, expires_at)"
      " WHERE id = ?1",
      "lsl id, state, now" },
    { CPTS_SQL_FORGET_KEYS, "DELETE FROM shown_key WHERE account_id = ?1",
      "l account" },
    { CPTS_SQL_FORGET_OUTCOMES,
      "DELETE FROM outcome WHERE account = ?1 OR about = ?1", "s name" },
    { CPTS_SQL_FORGET_LINKS, "DELETE FROM link WHERE account_id = ?1",
      "l account" },
    { CPTS_SQL_FORGET_OUTBOX, "DELETE FROM outbox WHERE account_id = ?1",
      "l account" },
    { CPTS_SQL_FORGET_INVITATIONS,
      "DELETE FROM invitation WHERE " CAME_FROM,
      "l account" },
    { CPTS_SQL_FORGET_ACCOUNT, "DELETE FROM account WHERE id = ?1",
      "l account" },
};
