<?php
// SPDX-License-Identifier: Apache-2.0
// POST /match on PostGIS: the nearest that fit say how far to look, one more
// question gives all who are within, PHP applies the rule.

declare(strict_types=1);

require __DIR__ . '/../php/answer.php';

final class PostgisStore implements Store
{
    private const METRES = 'floor(12742017.6 * asin(sqrt('
        . 'power(sin((s.lat - $3) / 2), 2) + $5 * s.cosine'
        . ' * power(sin((s.lon - $4) / 2), 2))) + 0.5)::int';
    private const HERE
        = 'ST_SetSRID(ST_MakePoint($2, $1), 4326)::geography';
    private const VISITED = 'EXISTS (SELECT 1 FROM visited v'
        . ' WHERE v.commune = %s AND v.doctor = s.doctor)';
    // $1 to $5: where the patient is; $6: metres
    // $7 sex, $8 languages, $9 whether access is needed, $10 whether only
    // general places count, $11 household, $12 today, $13 validity,
    // $14 whether teleconsultation suits; $15 commune of a home visit
    private const AROUND = 'SELECT s.id, s.doctor, ' . self::METRES . ', CASE'
        . ' WHEN s.open_from > $12::int THEN 1'
        . ' WHEN s.fresh_until < $12 THEN 2%s'
        . ' WHEN $9::int > s.accessible THEN 4'
        . ' WHEN s.sex <> $7::text THEN 5'
        . ' WHEN NOT s.languages && $8::text[] THEN 6'
        . ' WHEN s.places - s.reserved * $10::int < $11::int THEN 7'
        . ' ELSE 0 END, 200 + least(100,'
        . ' 100 * (s.fresh_until - $12) / $13::int)'
        . ' + 100 * s.teleconsultation * $14::int, s.elsewhere'
        . ' FROM site s WHERE ST_DWithin(s.point, ' . self::HERE
        . ', $6::float8, false)';
    // the nearest site is another one at most when access is needed
    private const VISITS = ' WHEN NOT (s.visit_radius > 0'
        . ' AND CASE WHEN $9::int = 1 THEN (SELECT min(%s) FROM site o'
        . ' WHERE o.doctor = s.doctor) ELSE %s END <= s.visit_radius)'
        . ' AND NOT %s THEN 3';
    // enough for three doctors with two sites each
    private const NEAREST = 'SELECT n.doctor, n.metres FROM (SELECT s.doctor, '
        . self::METRES . ' AS metres FROM site s'
        . ' WHERE s.open_from <= $6 AND s.fresh_until >= $6'
        . ' AND ($7::text IS NULL OR s.sex = $7)'
        . ' AND ($8::text[] IS NULL OR s.languages && $8)'
        . ' AND s.places - (CASE WHEN $9::bool THEN 0 ELSE s.reserved END)'
        . ' >= $10::int AND (NOT $11::bool OR s.accessible = 1)%s'
        . ' AND ST_DWithin(s.point, ' . self::HERE . ', $12::float8, false)'
        . ' ORDER BY s.point <-> ' . self::HERE . ' LIMIT 6) n';

    private PgSql\Connection $db;

    public function __construct(string $folder, private array $config)
    {
        $this->db = pg_pconnect("host=$folder dbname=postgres user=cpts");
        // statements stay with the connection, which outlives the request
        $mark = 'prepared' . pg_get_pid($this->db);
        if (!apcu_exists($mark)) {
            $this->prepare();
            apcu_store($mark, true);
        }
    }

    private function prepare(): void
    {
        $statements = [
            'commune' => 'SELECT lat, lon FROM commune WHERE insee = $1',
            'around' => sprintf(self::AROUND, ''),
            'around_visits' => sprintf(self::AROUND, sprintf(self::VISITS,
                str_replace('s.', 'o.', self::METRES), self::METRES,
                sprintf(self::VISITED, '$15'))),
            'nearest' => sprintf(self::NEAREST, ''),
            'nearest_visits' => sprintf(self::NEAREST,
                ' AND (' . self::METRES . ' <= s.visit_radius OR '
                . sprintf(self::VISITED, '$13') . ')'),
            'accessible' => 'SELECT min(' . self::METRES . ') FROM site s'
                . ' WHERE s.doctor = $6 AND s.accessible = 1'
                . ' AND $1::float8 IS NOT NULL AND $2::float8 IS NOT NULL',
            'shown' => 'SELECT h.site, h.commune, h.json, d.head, d.tail,'
                . ' d.visits, s.reserved, s.teleconsultation'
                . ' FROM shown h JOIN site s ON s.id = h.site'
                . ' JOIN doctor d ON d.id = s.doctor'
                . ' WHERE h.site = ANY ($1::int[])',
            'rpps' => 'SELECT id, rpps FROM doctor'
                . ' WHERE id = ANY ($1::int[])'];
        foreach ($statements as $name => $sql) {
            pg_prepare($this->db, $name, $sql);
        }
    }

    private function rows(string $name, array $values): array
    {
        return pg_fetch_all(pg_execute($this->db, $name, $values),
            PGSQL_NUM);
    }

    private static function numbers(array $rows): array
    {
        return array_map(fn ($row) => array_map('intval', $row), $rows);
    }

    public function commune(string $insee): ?array
    {
        $rows = $this->rows('commune', [$insee]);
        return $rows ? ['lat' => (float)$rows[0][0],
            'lon' => (float)$rows[0][1]] : null;
    }

    private static function origin(array $from): array
    {
        $lat = deg2rad($from['lat']);
        return [$from['lat'], $from['lon'], $lat, deg2rad($from['lon']),
            cos($lat)];
    }

    private static function languages(array $need): ?string
    {
        return empty($need['languages']) ? null
            : '{"' . implode('","', array_map(
                fn ($code) => addcslashes($code, '"\\'),
                $need['languages'])) . '"}';
    }

    public function reaches(array $from, array $need, bool $priority): array
    {
        $config = $this->config;
        $visit = !empty($need['home_visit']);
        $rows = $this->rows($visit ? 'nearest_visits' : 'nearest', [
            ...self::origin($from), $config['today'], $need['sex'] ?? null,
            self::languages($need), $priority ? 't' : 'f',
            $need['household'] ?? 1,
            empty($need['accessible']) ? 'f' : 't', $config['search_max'],
            ...($visit ? [$need['commune']] : [])]);
        $doctors = [];
        foreach ($rows as [$doctor, $far]) {
            $doctors[$doctor] = min($doctors[$doctor] ?? PHP_INT_MAX,
                (int)$far);
        }
        sort($doctors);
        $last = $doctors[$config['proposals'] - 1] ?? $config['search_max'];
        foreach (steps($config) as $step) {
            if ($last <= $step) {
                return [$step, $config['search_max']];
            }
        }
        return [$config['search_max']];
    }

    public function around(array $from, int $metres, array $need,
        bool $priority): array
    {
        $visit = !empty($need['home_visit']);
        // a metre more: PostGIS has another radius of the Earth
        return self::numbers($this->rows(
            $visit ? 'around_visits' : 'around', [...self::origin($from),
            $metres + 1, $need['sex'] ?? null, self::languages($need),
            empty($need['accessible']) ? 0 : 1, $priority ? 0 : 1,
            $need['household'] ?? 1, $this->config['today'],
            $this->config['sheet_validity'],
            empty($need['teleconsultation']) ? 0 : 1,
            ...($visit ? [$need['commune']] : [])]));
    }

    public function accessible(array $from, int $doctor): int
    {
        return (int)$this->rows('accessible',
            [...self::origin($from), $doctor])[0][0];
    }

    public function shown(array $sites): array
    {
        $shown = [];
        foreach ($this->rows('shown', ['{' . implode(',', $sites) . '}'])
            as $row) {
            $shown[(int)$row[0]] = array_slice($row, 1);
        }
        return $shown;
    }

    public function rpps(array $doctors): array
    {
        return array_column($this->rows('rpps',
            ['{' . implode(',', $doctors) . '}']), 1, 0);
    }
}

$own = $_SERVER['CPTS_PEER'];
$config = require "$own/config.php";
serve(fn () => new PostgisStore($own, $config), $config);
