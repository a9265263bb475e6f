<?php
// SPDX-License-Identifier: Apache-2.0
// load.php FOLDER OWN: a SQLite database from FOLDER/world.json.
//
// Everything that a search reads of a site and its doctor stands in one row,
// in the order of the map; an R*Tree finds the rows. The texts of the answer
// are apart.

declare(strict_types=1);

require __DIR__ . '/../php/prepare.php';

[, $folder, $own] = $argv;
@unlink("$own/peer.db");
$db = new PDO("sqlite:$own/peer.db", null, null,
    [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
$db->exec(<<<'SQL'
PRAGMA page_size = 4096;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE commune (insee TEXT PRIMARY KEY, lat REAL, lon REAL)
    WITHOUT ROWID;
CREATE TABLE site (
    id INTEGER PRIMARY KEY, doctor INTEGER NOT NULL,
    lat REAL NOT NULL, lon REAL NOT NULL, cosine REAL NOT NULL, -- radians
    accessible INTEGER NOT NULL,
    elsewhere INTEGER NOT NULL, -- the doctor has an accessible one, not this
    open_from INTEGER NOT NULL, fresh_until INTEGER NOT NULL,
    places INTEGER NOT NULL, reserved INTEGER NOT NULL,
    sex TEXT NOT NULL, languages TEXT NOT NULL,
    teleconsultation INTEGER NOT NULL, visit_radius INTEGER NOT NULL);
CREATE VIRTUAL TABLE box USING rtree (id, south, north, west, east);
CREATE TABLE doctor (
    id INTEGER PRIMARY KEY, rpps TEXT NOT NULL UNIQUE, head TEXT NOT NULL,
    tail TEXT NOT NULL, visits TEXT NOT NULL);
CREATE TABLE shown (
    site INTEGER PRIMARY KEY, commune TEXT NOT NULL, json TEXT NOT NULL);
CREATE TABLE visited (commune TEXT, doctor INTEGER,
    PRIMARY KEY (commune, doctor)) WITHOUT ROWID;
SQL);

$world = read_world($folder, $own);
$db->beginTransaction();
$add = $db->prepare('INSERT INTO commune VALUES (?, ?, ?)');
foreach ($world['communes'] as $commune) {
    $add->execute([$commune['insee'], $commune['lat'], $commune['lon']]);
}

$doctor = $db->prepare('INSERT INTO doctor VALUES (?, ?, ?, ?, ?)');
$visited = $db->prepare('INSERT OR IGNORE INTO visited VALUES (?, ?)');
$rows = [];
foreach ($world['sheets'] as $i => $sheet) {
    $sites = sites_of($sheet, $world['communes']);
    $d = doctor_of($sheet, $sites, $world['limits']);
    $doctor->execute([$i + 1, $d['rpps'], $d['head'], $d['tail'],
        $d['visits']]);
    foreach ($d['communes'] as $insee) {
        $visited->execute([$insee, $i + 1]);
    }
    $accessible = in_array(1, array_column($sites, 'accessible'), true);
    foreach ($sites as $rank => $site) {
        $rows[] = [$site, $d, $i + 1,
            (int)($accessible && !$site['accessible']),
            // neighbours on the map next to one another
            sprintf('%04d%04d%07d%d', ($site['lat'] + 90) * 20,
                ($site['lon'] + 180) * 20, $i, $rank)];
    }
}
usort($rows, fn ($a, $b) => $a[4] <=> $b[4]);

$add = $db->prepare('INSERT INTO site VALUES ('
    . implode(', ', array_fill(0, 15, '?')) . ')');
$box = $db->prepare('INSERT INTO box VALUES (?, ?, ?, ?, ?)');
$shown = $db->prepare('INSERT INTO shown VALUES (?, ?, ?)');
foreach ($rows as $i => [$site, $d, $number, $elsewhere]) {
    $add->execute([$i + 1, $number, deg2rad($site['lat']),
        deg2rad($site['lon']), cos(deg2rad($site['lat'])),
        $site['accessible'], $elsewhere, $d['open_from'], $d['fresh_until'],
        $d['places'], $d['reserved'], $d['sex'], $d['languages'],
        $d['teleconsultation'], $d['visit_radius']]);
    $box->execute([$i + 1, $site['lat'], $site['lat'], $site['lon'],
        $site['lon']]);
    $shown->execute([$i + 1, $site['commune'], $site['json']]);
}
$db->commit();
$db->exec('CREATE INDEX site_doctor ON site (doctor)');
$db->exec('ANALYZE');
$db->exec('PRAGMA wal_checkpoint(TRUNCATE)');
