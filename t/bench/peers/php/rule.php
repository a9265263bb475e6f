<?php
// SPDX-License-Identifier: Apache-2.0
// docs/matching.md in PHP, on the rows that a store finds around the patient.

declare(strict_types=1);

const REQUIREMENTS = ['distance', 'availability', 'freshness', 'home_visit',
    'accessibility', 'sex', 'language', 'places'];
const BAND = 50;

// Where the rows come from.
interface Store
{
    // latitude and longitude of a commune, in degrees; null if unknown
    public function commune(string $insee): ?array;

    // How far to look at once: metres, each farther than the one before.
    public function reaches(array $from, array $need, bool $priority): array;

    // Sites at most so many metres away (or a little more), as lists:
    // 0 site, 1 doctor, 2 metres, 3 accessible, 4 elsewhere, 5 open_from,
    // 6 fresh_until, 7 places, 8 reserved, 9 of the sex asked for,
    // 10 speaks a language asked for, 11 teleconsultation, 12 visit_radius,
    // 13 visits the commune
    public function around(array $from, int $metres, array $need): array;

    // metres to the nearest accessible site of a doctor
    public function accessible(array $from, int $doctor): int;

    // doctor and site as texts of the answer, and RPPS: for so many of both
    public function shown(array $sites): array;

    public function rpps(array $doctors): array;
}

// A row for each doctor: the site that counts, within the cap.
// Adds 14: metres to the nearest site.
function one_site_each(array $rows, array $from, int $covered, array $need,
    Store $store, int $cap): array
{
    $best = [];
    $nearest = [];
    $wanted = !empty($need['accessible']);
    foreach ($rows as $row) {
        $metres = $row[2];
        if ($metres > $covered) {
            continue;
        }
        $doctor = $row[1];
        if (!isset($nearest[$doctor]) || $metres < $nearest[$doctor]) {
            $nearest[$doctor] = $metres;
        }
        // another site counts, if it is within the cap
        if ($wanted && $row[4] && $store->accessible($from, $doctor) <= $cap) {
            continue;
        }
        if (!isset($best[$doctor]) || $metres < $best[$doctor][2]
            || ($metres === $best[$doctor][2]
                && $row[0] < $best[$doctor][0])) {
            $best[$doctor] = $row;
        }
    }
    if (!empty($need['home_visit'])) {
        foreach ($best as $doctor => $row) {
            $best[$doctor][14] = $nearest[$doctor];
        }
    }
    return $best;
}

// The number of the first requirement that fails, or 0.
function excluded_by(array $row, array $need, bool $priority, int $today): int
{
    if ($row[5] > $today) {
        return 1;
    }
    if ($row[6] < $today) {
        return 2;
    }
    if (!empty($need['home_visit']) && !$row[13]
        && ($row[12] === 0 || $row[14] > $row[12])) {
        return 3;
    }
    if (!empty($need['accessible']) && !$row[3]) {
        return 4;
    }
    if (!$row[9]) {
        return 5;
    }
    if (!$row[10]) {
        return 6;
    }
    return $row[7] - ($priority ? 0 : $row[8]) < ($need['household'] ?? 1)
        ? 7 : 0;
}

function score(array $row, array $need, array $config): int
{
    $cap = $config['search_max'];
    // all places are left: nothing is placed in this benchmark
    return intdiv(600 * ($cap - $row[2]), $cap) + 200
        + min(100, intdiv(100 * ($row[6] - $config['today']),
            $config['sheet_validity']))
        + (!empty($need['teleconsultation']) && $row[11] ? 100 : 0);
}

// Steps of the search, in metres.
function steps(array $config): array
{
    $steps = [$config['search_start']];
    while (end($steps) < $config['search_max']) {
        $steps[] = min(end($steps) + $config['search_step'],
            $config['search_max']);
    }
    return $steps;
}

// [radius, candidates as rows with 15: score, numbers of the excluded]
function search(array $from, array $need, Store $store, array $config): array
{
    $priority = $need['age'] >= $config['priority_age']
        || !empty($need['ald']) || !empty($need['precarity']);
    $wanted = $config['proposals'];
    $steps = steps($config);
    $step = 0;
    $looked = 0;
    foreach ($store->reaches($from, $need, $priority) as $covered) {
        $rows = one_site_each($store->around($from, $covered, $need), $from,
            $covered, $need, $store, $config['search_max']);
        $within = [];
        foreach ($rows as $row) {
            $ring = $row[2] <= $steps[0] ? 0
                : intdiv($row[2] - $steps[0] - 1, $config['search_step']) + 1;
            $within[$ring][] = $row;
        }
        $candidates = [];
        $excluded = array_fill(0, count(REQUIREMENTS), 0);
        $looked = 0;
        for ($i = 0; $i < count($steps) && $steps[$i] <= $covered; $i++) {
            foreach ($within[$i] ?? [] as $row) {
                $looked++;
                $reason = excluded_by($row, $need, $priority,
                    $config['today']);
                if ($reason) {
                    $excluded[$reason]++;
                }
                else {
                    $candidates[] = $row;
                }
            }
            $step = $i;
            if (count($candidates) >= $wanted) {
                break 2;
            }
        }
    }
    if (count($candidates) < $wanted) {
        $excluded[0] = $config['doctors'] - $looked;
    }
    return [$steps[$step], $candidates, $excluded];
}

// The best few, in the published order; those of one band take turns.
function ranked(array $candidates, array $need, Store $store,
    array $config): array
{
    $bands = [];
    foreach ($candidates as $row) {
        $bands[intdiv(score($row, $need, $config), BAND)][] = $row;
    }
    krsort($bands);
    $chosen = [];
    foreach ($bands as $rows) {
        array_push($chosen, ...in_turn($rows,
            $config['proposals'] - count($chosen), $store, $config));
        if (count($chosen) >= $config['proposals']) {
            break;
        }
    }
    return $chosen;
}

function in_turn(array $rows, int $most, Store $store, array $config): array
{
    if (count($rows) === 1) {
        return $rows;
    }
    $keys = [];
    foreach ($rows as $row) {
        $keys[] = "turn$row[1]";
    }
    $turn = apcu_fetch($keys) ?: [];
    $groups = [];
    foreach ($rows as $row) {
        $groups[$turn["turn$row[1]"] ?? 0][] = $row;
    }
    ksort($groups);
    $chosen = [];
    foreach ($groups as $turn => $group) {
        if (count($group) > 1) {
            $group = drawn($group, $turn, $store, $config);
        }
        array_push($chosen, ...array_slice($group, 0,
            $most - count($chosen)));
        if (count($chosen) >= $most) {
            break;
        }
    }
    return $chosen;
}

// By the keyed hash, which libsodium has.
function drawn(array $group, int $turn, Store $store, array $config): array
{
    $rpps = $store->rpps(array_column($group, 1));
    $by = [];
    foreach ($group as $row) {
        $text = $config['day'] . $rpps[$row[1]] . ($turn ?: '');
        $by[strrev(sodium_crypto_shorthash($text, $config['key']))
            . $rpps[$row[1]]] = $row;
    }
    ksort($by, SORT_STRING);
    return array_values($by);
}

// Those proposed go to the end of the row, for all workers.
function take_turns(array $chosen): void
{
    if ($chosen) {
        $turn = apcu_inc('answers');
        $turns = [];
        foreach ($chosen as $row) {
            $turns["turn$row[1]"] = $turn;
        }
        apcu_store($turns);
    }
}
