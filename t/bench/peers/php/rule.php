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
    // 0 site, 1 doctor, 2 metres, 3 number of the first requirement that
    // fails, or 0, 4 the score without the distance, 5 whether the doctor has
    // an accessible site, when this one is not. Few columns: each value that
    // leaves a database costs more than the comparisons there.
    public function around(array $from, int $metres, array $need,
        bool $priority): array;

    // metres to the nearest accessible site of a doctor
    public function accessible(array $from, int $doctor): int;

    // by site: commune, its JSON, head, tail and visits of the doctor,
    // reserved places, whether teleconsultation is offered
    public function shown(array $sites): array;

    // by doctor
    public function rpps(array $doctors): array;
}

// A row for each doctor: the site that counts, within reach.
function one_site_each(array $rows, array $from, int $covered, array $need,
    Store $store, int $cap): array
{
    $best = [];
    $wanted = !empty($need['accessible']);
    foreach ($rows as $row) {
        $doctor = $row[1];
        if ($row[2] > $covered) {
            continue;
        }
        // another site counts, if it is within the cap
        if ($wanted && $row[5] && $store->accessible($from, $doctor) <= $cap) {
            continue;
        }
        if (!isset($best[$doctor]) || $row[2] < $best[$doctor][2]
            || ($row[2] === $best[$doctor][2]
                && $row[0] < $best[$doctor][0])) {
            $best[$doctor] = $row;
        }
    }
    return $best;
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

// [radius, candidates as rows, numbers of the excluded]
function search(array $from, array $need, Store $store, array $config): array
{
    $priority = $need['age'] >= $config['priority_age']
        || !empty($need['ald']) || !empty($need['precarity']);
    $wanted = $config['proposals'];
    $steps = steps($config);
    $step = 0;
    $looked = 0;
    foreach ($store->reaches($from, $need, $priority) as $covered) {
        $rows = one_site_each($store->around($from, $covered, $need,
            $priority), $from, $covered, $need, $store,
            $config['search_max']);
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
                if ($row[3]) {
                    $excluded[$row[3]]++;
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
function ranked(array $candidates, Store $store, array $config): array
{
    $bands = [];
    $cap = $config['search_max'];
    foreach ($candidates as $row) {
        $score = intdiv(600 * ($cap - $row[2]), $cap) + $row[4];
        $bands[intdiv($score, BAND)][] = $row;
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
