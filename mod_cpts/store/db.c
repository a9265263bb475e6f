/* SPDX-License-Identifier: Apache-2.0 */
/* What can be wrong with a database, and what to do, as one table. */

#include "store/db.h"

#define RETRY_BUSY   2
#define RETRY_BROKEN 60

/* clang-format off */
#define BROKEN_TITLE "Base de données indisponible"

const cpts_db_fault_t cpts_db_faults[CPTS_DB_KINDS] = {
    [CPTS_DB_OK] = { "ok", 200, 0, 0, "Tout va bien", "", "no error" },
    [CPTS_DB_ROW] = { "row", 200, 0, 0, "Tout va bien", "", "a row" },
    [CPTS_DB_NONE] = {
        "not_found", 404, 0, 0, "Introuvable",
        "Rien n’est enregistré sous ce numéro.",
        "no such row" },
    [CPTS_DB_CONFLICT] = {
        "conflict", 409, 0, 0, "Existe déjà",
        "Lisez ce qui existe, puis modifiez-le.",
        "it exists already" },
    [CPTS_DB_STALE] = {
        "stale_version", 412, 0, 0, "Modifié entre-temps",
        "Relisez la version actuelle, puis recommencez.",
        "another version is stored" },
    [CPTS_DB_FORBIDDEN] = {
        "forbidden", 403, 0, 0, "Accès refusé",
        "Ce compte n’a pas ce droit.",
        "not allowed to this account" },
    [CPTS_DB_CONSTRAINT] = {
        "constraint", 409, 0, 0, "Refusé par une règle",
        "L’état enregistré ne permet pas cette action\u00a0: relisez-le.",
        "a rule of the database refused it" },
    [CPTS_DB_BUSY] = {
        "database_busy", 503, RETRY_BUSY, 0, "Service très sollicité",
        "Réessayez dans quelques secondes.",
        "the database is locked by another process: if it lasts, find who"
        " holds it (a sqlite3 command left open, a backup by file copy)" },
    [CPTS_DB_FULL] = {
        "database_full", 507, RETRY_BROKEN, 0, "Disque plein",
        "L’hébergeur doit libérer de la place\u00a0; rien n’a été"
        " enregistré.",
        "the disk is full, or a quota is reached: make room" },
    [CPTS_DB_MISSING] = {
        "database_missing", 503, RETRY_BROKEN, 1, BROKEN_TITLE,
        "Le fichier n’existe pas\u00a0: l’hébergeur doit le créer avec"
        " «\u00a0cptsctl init\u00a0» ou remettre une sauvegarde.",
        "there is no such file: make it with \"cptsctl init\", or put a"
        " backup there" },
    [CPTS_DB_UNREADABLE] = {
        "database_unreadable", 503, RETRY_BROKEN, 1, BROKEN_TITLE,
        "Le fichier ne peut pas être lu et écrit\u00a0: l’hébergeur doit"
        " vérifier les droits du fichier et de son dossier, et le disque.",
        "the file cannot be read and written: it must be a regular file"
        " which the user of httpd may read and write, in a folder where this"
        " user may make files; if so, look at the disk" },
    [CPTS_DB_CORRUPT] = {
        "database_corrupt", 503, RETRY_BROKEN, 1, BROKEN_TITLE,
        "Le fichier est endommagé\u00a0: l’hébergeur doit arrêter httpd,"
        " lancer «\u00a0cptsctl check\u00a0» et remettre une sauvegarde.",
        "the file is damaged, or is no SQLite database: stop httpd, run"
        " \"cptsctl check\", put a backup in its place" },
    [CPTS_DB_FOREIGN] = {
        "database_foreign", 503, RETRY_BROKEN, 1, BROKEN_TITLE,
        "Le fichier n’est pas une base de mod_cpts\u00a0: l’hébergeur doit"
        " corriger DBDParams ou créer une base avec"
        " «\u00a0cptsctl init\u00a0».",
        "this is not a database of mod_cpts: correct DBDParams (or -d), or"
        " make a database under another name with \"cptsctl init\"" },
    [CPTS_DB_OLDER] = {
        "database_older", 503, RETRY_BROKEN, 1, BROKEN_TITLE,
        "La base date d’une version antérieure\u00a0: l’hébergeur doit"
        " lancer «\u00a0cptsctl migrate\u00a0».",
        "the schema is older than this version of mod_cpts: run"
        " \"cptsctl migrate\"" },
    [CPTS_DB_NEWER] = {
        "database_newer", 503, RETRY_BROKEN, 1, BROKEN_TITLE,
        "La base vient d’une version plus récente\u00a0: l’hébergeur doit"
        " mettre mod_cpts à jour et redémarrer httpd.",
        "the schema is newer than this version of mod_cpts: upgrade"
        " mod_cpts and restart httpd, or put the backup that \"cptsctl"
        " migrate\" made in its place" },
    [CPTS_DB_PRAGMA] = {
        "database_pragma", 503, RETRY_BROKEN, 1, BROKEN_TITLE,
        "Le mode d’écriture sûr n’a pas pu être établi\u00a0: la base doit"
        " être sur un disque local.",
        "WAL, synchronous=FULL, foreign_keys or secure_delete could not be"
        " set: the file must be on a local disk (not NFS), and no other"
        " program may hold it in another journal mode" },
    [CPTS_DB_MOVED] = {
        "database_moved", 503, RETRY_BROKEN, 1, BROKEN_TITLE,
        "Le fichier a été remplacé pendant l’utilisation\u00a0: l’hébergeur"
        " doit redémarrer httpd.",
        "the file was moved, removed or replaced while it was open: restart"
        " httpd; next time, stop httpd before replacing the file" },
    [CPTS_DB_KEY] = {
        "journal_key", 503, RETRY_BROKEN, 1, BROKEN_TITLE,
        "La clé du journal ne peut pas être lue : l’hébergeur doit"
        " remettre le fichier « .key » de la base à sa place.",
        "the key of the journal cannot be read: put the database's file"
        " .key back beside it (a copy is made with each backup), readable by"
        " the user of httpd" },
    [CPTS_DB_ERROR] = {
        "database_error", 503, RETRY_BUSY, 0, "Erreur de la base de données",
        "Réessayez\u00a0; si l’erreur revient, l’hébergeur en trouvera la"
        " cause dans le journal de httpd.",
        "an unexpected error of the database" },
};
