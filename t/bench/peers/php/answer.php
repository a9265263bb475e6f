<?php
// SPDX-License-Identifier: Apache-2.0
// The answer in words, and the request that asks for it.

declare(strict_types=1);

require __DIR__ . '/rule.php';

const NBSP = "\u{a0}";

function reason(string $code, string $text): string
{
    return "{\"code\":\"$code\",\"text\":\"$text\"}";
}

function kilometres(int $metres, string $point): string
{
    $tenths = intdiv($metres + 50, 100);
    return intdiv($tenths, 10) . $point . $tenths % 10;
}

function reasons(int $metres, array $shown, array $need,
    bool $priority): string
{
    $all = [reason('distance', $shown[0] === ($need['commune'] ?? '')
        ? 'Exerce dans la commune du patient'
        : 'À ' . kilometres($metres, ',') . NBSP . 'km du patient'),
        reason('open', 'Prend de nouveaux patients')];
    if ($priority && $shown[5] > 0) {
        $all[] = reason('reserved_place',
            'A une place réservée aux patients prioritaires');
    }
    if (!empty($need['home_visit'])) {
        $all[] = reason('home_visit', 'Visite à domicile dans cette commune');
    }
    if (!empty($need['accessible'])) {
        $all[] = reason('accessible',
            'Cabinet accessible en fauteuil roulant');
    }
    if (isset($need['sex'])) {
        $all[] = reason('sex', $need['sex'] === 'F'
            ? 'Médecin femme, comme demandé' : 'Médecin homme, comme demandé');
    }
    if (!empty($need['languages'])) {
        $all[] = reason('language', 'Parle une langue du patient');
    }
    if (($need['household'] ?? 1) > 1) {
        $all[] = reason('household',
            "Peut prendre les {$need['household']} personnes du foyer");
    }
    if (!empty($need['teleconsultation']) && $shown[6]) {
        $all[] = reason('teleconsultation', 'Propose la téléconsultation');
    }
    return implode(',', $all);
}

function advice(int $count, array $need, array $config): string
{
    if ($count >= $config['proposals']) {
        return '';
    }
    $all = [reason('coordination', 'Transmettez à la coordination de la CPTS'
        . NBSP . ': elle cherche avec le patient.')];
    if (empty($need['teleconsultation'])) {
        $all[] = reason('teleconsultation',
            'En attendant, une téléconsultation peut dépanner.');
    }
    if ($count === 0) {
        $all[] = reason('cpam', 'Sans solution de la CPTS, le patient peut '
            . 'saisir sa CPAM (36' . NBSP . '46, ou son compte ameli).');
    }
    return implode(',', $all);
}

function answer(array $from, array $need, Store $store, array $config): string
{
    if (!empty($need['followed'])) {
        return '{"proposals":[],"radius_km":0.0,"candidates":0,"excluded":[],'
            . '"advice":[' . reason('declare_doctor', 'Un généraliste suit '
            . 'déjà ce patient' . NBSP . ': proposez-lui de le déclarer '
            . 'médecin traitant. Le médecin le fait en ligne pendant une '
            . 'consultation, avec la carte Vitale.') . ']}';
    }
    [$radius, $candidates, $excluded]
        = search($from, $need, $store, $config);
    $chosen = ranked($candidates, $store, $config);
    take_turns($chosen);
    $priority = $need['age'] >= $config['priority_age']
        || !empty($need['ald']) || !empty($need['precarity']);
    $shown = $chosen ? $store->shown(array_column($chosen, 0)) : [];
    $proposals = [];
    foreach ($chosen as $row) {
        [, $site, $head, $tail, $visits] = $shown[$row[0]];
        $proposals[] = $head . $site . ',"distance_km":'
            . kilometres($row[2], '.') . $tail . ',"reasons":['
            . reasons($row[2], $shown[$row[0]], $need, $priority) . ']'
            . (empty($need['home_visit']) ? '' : ',"visits":' . $visits)
            . '}';
    }
    $counts = [];
    foreach (REQUIREMENTS as $i => $requirement) {
        if ($excluded[$i]) {
            $counts[] = "{\"requirement\":\"$requirement\","
                . "\"count\":$excluded[$i]}";
        }
    }
    return '{"proposals":[' . implode(',', $proposals) . '],"radius_km":'
        . kilometres($radius, '.') . ',"candidates":' . count($candidates)
        . ',"excluded":[' . implode(',', $counts) . '],"advice":['
        . advice(count($chosen), $need, $config) . ']}';
}

function problem(int $status, string $detail): void
{
    http_response_code($status);
    header('Content-Type: application/problem+json');
    header('Cache-Control: no-store');
    echo json_encode(['type' => 'about:blank', 'status' => $status,
        'detail' => $detail], JSON_UNESCAPED_UNICODE);
}

// What is wrong with a need, or null.
function fault($need): ?string
{
    if (!is_array($need) || !is_int($need['age'] ?? null)
        || $need['age'] < 0 || $need['age'] > 130) {
        return 'age';
    }
    if (isset($need['commune']) === isset($need['point'])
        || (isset($need['point']) && !empty($need['home_visit']))) {
        return 'commune';
    }
    if (isset($need['commune']) && !is_string($need['commune'])) {
        return 'commune';
    }
    if (isset($need['point']) && !(is_numeric($need['point']['lat'] ?? null)
        && is_numeric($need['point']['lon'] ?? null))) {
        return 'point';
    }
    foreach (['ald', 'precarity', 'home_visit', 'teleconsultation',
        'accessible', 'followed'] as $name) {
        if (isset($need[$name]) && !is_bool($need[$name])) {
            return $name;
        }
    }
    if (isset($need['sex']) && !in_array($need['sex'], ['F', 'M'], true)) {
        return 'sex';
    }
    $household = $need['household'] ?? 1;
    if (!is_int($household) || $household < 1 || $household > 10) {
        return 'household';
    }
    $languages = $need['languages'] ?? [];
    return is_array($languages) && count($languages) <= 5
        && $languages === array_filter($languages, 'is_string')
        ? null : 'languages';
}

// POST /match, from the body to the answer.
function serve(callable $open, array $config): void
{
    $need = json_decode(file_get_contents('php://input'), true, 8);
    $fault = fault($need);
    if ($fault !== null) {
        problem(422, $fault);
        return;
    }
    $store = $open();
    $from = $need['point'] ?? $store->commune($need['commune']);
    if ($from === null) {
        problem(422, 'commune');
        return;
    }
    $answer = answer($from, $need, $store, $config);
    header('Content-Type: application/json');
    header('Cache-Control: no-store');
    header('Content-Length: ' . strlen($answer));
    echo $answer;
}
