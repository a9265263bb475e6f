<?php
// SPDX-License-Identifier: Apache-2.0
// world.json as rows: what both PHP peers load into their database.

declare(strict_types=1);

const NEVER = 99999999;

function day_number(string $day): int
{
    return intdiv(strtotime("$day UTC"), 86400);
}

function json($value): string
{
    return json_encode($value, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES
        | JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR);
}

// The first day on which the doctor takes new patients.
function open_from(array $availability): int
{
    switch ($availability['state']) {
        case 'open':
            return 0;
        case 'paused':
            return isset($availability['until'])
                ? day_number($availability['until']) + 1 : NEVER;
        case 'opening':
            return day_number($availability['from']);
        default:
            return NEVER;
    }
}

// Metres within which the doctor visits at home; 0: only the communes named.
function visit_radius(?array $visits, array $limits): int
{
    if ($visits === null) {
        return 0;
    }
    if (isset($visits['radius_km'])) {
        return min((int)round(1000 * $visits['radius_km']),
            $limits['home_visit_max']);
    }
    return empty($visits['communes']) ? $limits['home_visit_default'] : 0;
}

// What the answer to a need of home visits says of them.
function visits_json(array $communes, int $radius, array $sites): string
{
    $around = [];
    foreach ($radius ? $sites : [] as $site) {
        $around[] = sprintf('{"lat":%.5f,"lon":%.5f}', $site['lat'],
            $site['lon']);
    }
    return '{"communes":' . json($communes) . ',"radius_km":'
        . ($radius ? sprintf('%.1f', $radius / 1000) : 'null')
        . ',"around":[' . implode(',', $around) . ']}';
}

// Sites whose commune is known, each with its point and its JSON.
function sites_of(array $sheet, array $communes): array
{
    $sites = [];
    foreach ($sheet['sites'] as $site) {
        $commune = $communes[$site['commune']] ?? null;
        if ($commune === null) {
            continue;
        }
        $point = $site['point'] ?? $commune;
        $sites[] = ['lat' => $point['lat'], 'lon' => $point['lon'],
            'commune' => $site['commune'],
            'accessible' => (int)$site['accessible'],
            'json' => json(['name' => $site['name'] ?? null,
                'address' => $site['address'], 'commune' => $site['commune'],
                'commune_name' => $commune['name'],
                'structure' => $site['structure'],
                'accessible' => $site['accessible'],
                'point' => ['lat' => (float)$point['lat'],
                    'lon' => (float)$point['lon']]])];
    }
    return $sites;
}

function doctor_of(array $sheet, array $sites, array $limits): array
{
    $visits = $sheet['home_visits'] ?? null;
    $communes = $visits['communes'] ?? [];
    $radius = visit_radius($visits, $limits);
    $capacity = $sheet['availability']['capacity'];
    return ['rpps' => $sheet['rpps'], 'sex' => $sheet['sex'],
        'languages' => ',' . implode(',', $sheet['languages']) . ',',
        'teleconsultation' => (int)$sheet['teleconsultation'],
        'open_from' => open_from($sheet['availability']),
        'fresh_until' => day_number($sheet['confirmed_on'])
            + $limits['sheet_validity'],
        'places' => $capacity['places'],
        'reserved' => $capacity['reserved'],
        'visit_radius' => $radius, 'communes' => $communes,
        'visits' => visits_json($communes, $radius, $sites),
        // the texts around the site and the distance
        'head' => substr(json(['rpps' => $sheet['rpps'],
            'name' => $sheet['name'], 'sex' => $sheet['sex']]), 0, -1)
            . ',"site":',
        'tail' => ',' . substr(json(
            ['contact' => ['by' => 'phone', 'phone' => $sheet['phone']],
             'sector' => $sheet['sector'] ?? null,
             'languages' => $sheet['languages'],
             'teleconsultation' => $sheet['teleconsultation'],
             'confirmed_on' => $sheet['confirmed_on']]), 1, -1)];
}

// Reads world.json; writes config.php, which opcache keeps.
function read_world(string $folder, string $own): array
{
    $world = json_decode(file_get_contents("$folder/world.json"), true, 32,
        JSON_THROW_ON_ERROR);
    $config = $world['limits'] + ['key' => hex2bin($world['key']),
        'day' => $world['today'],
        'doctors' => count($world['sheets']),
        'today' => day_number($world['today'])];
    file_put_contents("$own/config.php",
        "<?php\nreturn " . var_export($config, true) . ";\n");
    $world['communes'] = array_column($world['communes'], null, 'insee');
    return $world;
}
