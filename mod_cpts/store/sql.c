/* SPDX-License-Identifier: Apache-2.0 */
/* All SQL that is not a migration, as one table. */

#include "store/sql.h"

/* clang-format off */

/* ?1 role, ?2 own RPPS: the rows that the one who asks may touch. */
#define OWNED "(?1 = 'coordinator' OR (?1 = 'doctor' AND rpps = ?2))"

/* The generation that this transaction has reached. */
#define GENERATION "(SELECT generation FROM territory WHERE id = 1)"

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
      "  FROM practitioner AS p"
      " WHERE id > ?1"
      "   AND (?2 IS NULL OR ?2 = CASE"
      "         WHEN state = 'paused' AND ?8 >"
      "              json_extract(p.sheet, '$.availability.until')"
      "           OR state = 'opening' AND ?8 >="
      "              json_extract(p.sheet, '$.availability.from')"
      "         THEN 'open' ELSE state END)"
      "   AND (?3 IS NULL OR EXISTS (SELECT 1"
      "         FROM json_each(p.sheet, '$.sites') AS site"
      "        WHERE json_extract(site.value, '$.commune') = ?3))"
      "   AND (?4 < 0 OR (confirmed_on < ?5) = ?4)"
      "   AND (?6 IS NULL OR NOT EXISTS (SELECT 1"
      "         FROM json_each(?6) AS word"
      "        WHERE instr(p.search, word.value) = 0))"
      " ORDER BY id LIMIT ?7",
      "lssissis after, state, commune, stale, fresh since, JSON array of"
      " words, limit, today" },
    { CPTS_SQL_SHEET_CHANGED,
      "SELECT id, version, confirmed_on, confirmed_by, sheet"
      "  FROM practitioner WHERE generation > ?1",
      "l generation" },
    { CPTS_SQL_SHEET_COUNT, "SELECT count(*) FROM practitioner", "" },
    { CPTS_SQL_ERASURE_CHANGED,
      "SELECT practitioner_id FROM erasure WHERE generation > ?1",
      "l generation" },
    { CPTS_SQL_ERASE_NOTE,
      "INSERT INTO erasure (practitioner_id, generation)"
      " VALUES (?1, " GENERATION ")",
      "l id" },
    { CPTS_SQL_ERASE_AUTHOR,
      "UPDATE consultation SET account = '', key = NULL"
      " WHERE account IN (SELECT name FROM account WHERE rpps = ?1)",
      "s rpps" },
    { CPTS_SQL_ERASE_VIEWS,
      "DELETE FROM consultation_sheet WHERE practitioner_id = ?1",
      "l id" },
    { CPTS_SQL_ERASE_OUTCOMES,
      "DELETE FROM outcome WHERE rpps = ?1"
      " OR account IN (SELECT name FROM account WHERE rpps = ?1)",
      "s rpps" },
    { CPTS_SQL_ERASE_ACCOUNTS, "DELETE FROM account WHERE rpps = ?1",
      "s rpps" },
    { CPTS_SQL_ERASE_SHEET, "DELETE FROM practitioner WHERE id = ?1",
      "l id" },

    { CPTS_SQL_ACCOUNT_READ,
      "SELECT name, hash, role, rpps, disabled, created_at"
      "  FROM account WHERE name = ?1",
      "s name" },
    { CPTS_SQL_ACCOUNT_LIST,
      "SELECT name, hash, role, rpps, disabled, created_at"
      "  FROM account ORDER BY name",
      "" },
    { CPTS_SQL_ACCOUNT_ADD,
      "INSERT INTO account (name, hash, role, rpps, disabled, created_at)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
      "ssssil name, hash, role, rpps, disabled, created_at" },
    { CPTS_SQL_ACCOUNT_HASH, "UPDATE account SET hash = ?2 WHERE name = ?1",
      "ss name, hash" },
    { CPTS_SQL_ACCOUNT_ROLE,
      "UPDATE account SET role = ?2, rpps = ?3 WHERE name = ?1",
      "sss name, role, rpps" },
    { CPTS_SQL_ACCOUNT_DISABLED,
      "UPDATE account SET disabled = ?2 WHERE name = ?1",
      "si name, disabled" },

    { CPTS_SQL_CONSULTATION_KNOWN,
      "SELECT id, at FROM consultation WHERE account = ?1 AND key = ?2",
      "ss account, key" },
    { CPTS_SQL_CONSULTATION_SHOWN,
      "SELECT 1 FROM consultation_sheet"
      " WHERE consultation_id = ?1 AND practitioner_id = ?2",
      "ll consultation, sheet" },
    { CPTS_SQL_CONSULTATION_UNKEY,
      "UPDATE consultation SET key = NULL WHERE id = ?1",
      "l consultation" },
    { CPTS_SQL_CONSULTATION_COUNT,
      "SELECT count(*) FROM consultation WHERE account = ?1 AND at >= ?2",
      "sl account, since" },
    { CPTS_SQL_CONSULTATION_BETWEEN,
      "SELECT count(*) FROM consultation WHERE at >= ?1 AND at < ?2",
      "ll begin, end" },
    { CPTS_SQL_CONSULTATION_ADD,
      "INSERT INTO consultation (account, role, at, key)"
      " VALUES (?1, ?2, ?3, ?4)",
      "ssls account, role, at, key" },
    { CPTS_SQL_CONSULTATION_SHOW,
      "INSERT OR IGNORE INTO consultation_sheet"
      " (consultation_id, practitioner_id)"
      " SELECT ?1, id FROM practitioner WHERE id = ?2",
      "ll consultation, sheet" },
    { CPTS_SQL_VIEWERS_LIST,
      "SELECT c.id, c.account, c.role, c.at"
      "  FROM consultation_sheet AS s"
      "  JOIN consultation AS c ON c.id = s.consultation_id"
      " WHERE s.practitioner_id = (SELECT id FROM practitioner"
      "        WHERE rpps = ?3 AND ?1 = 'doctor' AND rpps = ?2)"
      "   AND (?4 = 0 OR s.consultation_id < ?4)"
      " ORDER BY s.consultation_id DESC LIMIT ?5",
      "sssli role, own rpps, rpps, before, limit" },

    { CPTS_SQL_OUTCOME_FIND,
      "SELECT digest, status, rpps FROM outcome"
      " WHERE account = ?1 AND key = ?2 AND at > ?3",
      "ssl account, key, oldest" },
    { CPTS_SQL_OUTCOME_PURGE, "DELETE FROM outcome WHERE at <= ?1",
      "l oldest" },
    { CPTS_SQL_OUTCOME_SAVE,
      "INSERT INTO outcome (account, key, digest, status, rpps, at)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
      "sssisl account, key, digest, status, rpps, at" },
};
