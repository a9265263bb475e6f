<?php
// SPDX-License-Identifier: Apache-2.0
// load.php FOLDER OWN: tables of PostGIS from FOLDER/world.json.

declare(strict_types=1);

require __DIR__ . '/../php/prepare.php';

[, $folder, $own] = $argv;
$db = pg_connect("host=$own dbname=postgres user=cpts");

function run($db, string $sql): void
{
    if (!pg_query($db, $sql)) {
        exit(1);
    }
}

// Lines of COPY: texts hold neither tabs nor ends of lines.
function fill($db, string $table, array $rows): void
{
    $lines = array_map(fn ($row) => str_replace('\\', '\\\\',
        implode("\t", $row)) . "\n", $rows);
    if (!pg_copy_from($db, $table, $lines)) {
        exit(1);
    }
}

run($db, <<<'SQL'
CREATE EXTENSION postgis;
CREATE TABLE commune (
    insee text PRIMARY KEY, lat float8 NOT NULL, lon float8 NOT NULL);
CREATE TABLE doctor (
    id int PRIMARY KEY, rpps text NOT NULL, head text NOT NULL,
    tail text NOT NULL, visits text NOT NULL);
CREATE TABLE site (
    id int PRIMARY KEY, doctor int NOT NULL REFERENCES doctor,
    lat float8 NOT NULL, lon float8 NOT NULL, cosine float8 NOT NULL,
    accessible int NOT NULL,
    elsewhere int NOT NULL, -- the doctor has an accessible one, not this
    open_from int NOT NULL, fresh_until int NOT NULL,
    places int NOT NULL, reserved int NOT NULL, sex text NOT NULL,
    languages text[] NOT NULL, teleconsultation int NOT NULL,
    visit_radius int NOT NULL, point geography(Point, 4326) NOT NULL);
CREATE TABLE shown (
    site int PRIMARY KEY REFERENCES site, commune text NOT NULL,
    json text NOT NULL);
CREATE TABLE visited (
    commune text, doctor int REFERENCES doctor,
    PRIMARY KEY (commune, doctor));
SQL);

$world = read_world($folder, $own);
fill($db, 'commune', array_map(fn ($commune) => [$commune['insee'],
    $commune['lat'], $commune['lon']], $world['communes']));
$doctors = $sites = $shown = $visited = [];
foreach ($world['sheets'] as $i => $sheet) {
    $own_sites = sites_of($sheet, $world['communes']);
    $d = doctor_of($sheet, $own_sites, $world['limits']);
    $doctors[] = [$i + 1, $d['rpps'], $d['head'], $d['tail'], $d['visits']];
    foreach (array_unique($d['communes']) as $insee) {
        $visited[] = [$insee, $i + 1];
    }
    $accessible = in_array(1, array_column($own_sites, 'accessible'), true);
    foreach ($own_sites as $site) {
        $id = count($sites) + 1;
        $sites[] = [$id, $i + 1, deg2rad($site['lat']), deg2rad($site['lon']),
            cos(deg2rad($site['lat'])), $site['accessible'],
            (int)($accessible && !$site['accessible']), $d['open_from'],
            $d['fresh_until'], $d['places'], $d['reserved'], $d['sex'],
            '{' . trim($d['languages'], ',') . '}', $d['teleconsultation'],
            $d['visit_radius'], "POINT($site[lon] $site[lat])"];
        $shown[] = [$id, $site['commune'], $site['json']];
    }
}
fill($db, 'doctor', $doctors);
fill($db, 'site', $sites);
fill($db, 'shown', $shown);
fill($db, 'visited', $visited);
foreach (['CREATE INDEX site_point ON site USING gist (point)',
    'CREATE INDEX site_doctor ON site (doctor)',
    // neighbours on the map next to one another
    'CLUSTER site USING site_point', 'VACUUM ANALYZE',
    'CHECKPOINT'] as $sql) {
    run($db, $sql);
}
