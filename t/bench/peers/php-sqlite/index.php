<?php
// SPDX-License-Identifier: Apache-2.0
// POST /match on SQLite: an R*Tree finds the sites, SQL says how far they
// are, PHP applies the rule.

declare(strict_types=1);

require __DIR__ . '/../php/answer.php';

final class SqliteStore implements Store
{
    private PDO $db;

    // Metres from the patient to a site.
    private static function metres(string $site = 's'): string
    {
        return "CAST(12742017.6 * asin(sqrt("
            . "pow(sin(($site.lat - :lat) / 2), 2) + :cosine * $site.cosine"
            . " * pow(sin(($site.lon - :lon) / 2), 2))) + 0.5 AS INTEGER)";
    }

    public function __construct(string $file, private array $config)
    {
        $this->db = new PDO("sqlite:$file", null, null,
            [PDO::ATTR_PERSISTENT => true,
             PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
             PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_NUM]);
        // the whole file is mapped: no copy of its pages
        $this->db->exec('PRAGMA mmap_size = 268435456');
    }

    private function rows(string $sql, array $values): array
    {
        $statement = $this->db->prepare($sql);
        foreach ($values as $name => $value) {
            // as text, a number would be more than any number
            $statement->bindValue(is_int($name) ? $name + 1 : $name, $value,
                is_int($value) ? PDO::PARAM_INT : PDO::PARAM_STR);
        }
        $statement->execute();
        return $statement->fetchAll();
    }

    public function commune(string $insee): ?array
    {
        $rows = $this->rows('SELECT lat, lon FROM commune WHERE insee = ?',
            [$insee]);
        return $rows ? ['lat' => $rows[0][0], 'lon' => $rows[0][1]] : null;
    }

    private static function origin(array $from): array
    {
        $lat = deg2rad($from['lat']);
        return ['lat' => $lat, 'lon' => deg2rad($from['lon']),
            'cosine' => cos($lat)];
    }

    // Few questions for the many needs that 5 km answer, and few rows.
    public function reaches(array $from, array $need, bool $priority): array
    {
        $start = $this->config['search_start'];
        return [$start, 3 * $start, $this->config['search_max']];
    }

    // The first requirement that fails, by what is asked for.
    private static function reason(array $need): string
    {
        $rules = 'CASE WHEN s.open_from > :today THEN 1'
            . ' WHEN s.fresh_until < :today THEN 2';
        if (!empty($need['home_visit'])) {
            // the nearest site is another one at most when access is needed
            $nearest = empty($need['accessible']) ? self::metres()
                : '(SELECT min(' . self::metres('o')
                    . ') FROM site o WHERE o.doctor = s.doctor)';
            $rules .= " WHEN NOT (s.visit_radius > 0"
                . " AND $nearest <= s.visit_radius) AND NOT EXISTS ("
                . 'SELECT 1 FROM visited v WHERE v.commune = :commune'
                . ' AND v.doctor = s.doctor) THEN 3';
        }
        if (!empty($need['accessible'])) {
            $rules .= ' WHEN NOT s.accessible THEN 4';
        }
        if (isset($need['sex'])) {
            $rules .= ' WHEN s.sex <> :sex THEN 5';
        }
        if (!empty($need['languages'])) {
            $rules .= ' WHEN NOT (' . implode(' OR ', array_map(
                fn ($i) => "instr(s.languages, :language$i)",
                array_keys($need['languages']))) . ') THEN 6';
        }
        return $rules . ' WHEN s.places - s.reserved * :general < :household'
            . ' THEN 7 ELSE 0 END';
    }

    private function values(array $from, array $need, bool $priority): array
    {
        $values = self::origin($from) + ['today' => $this->config['today'],
            'validity' => $this->config['sheet_validity'],
            'general' => $priority ? 0 : 1,
            'household' => $need['household'] ?? 1,
            'remote' => empty($need['teleconsultation']) ? 0 : 1];
        if (!empty($need['home_visit'])) {
            $values['commune'] = $need['commune'];
        }
        if (isset($need['sex'])) {
            $values['sex'] = $need['sex'];
        }
        foreach ($need['languages'] ?? [] as $i => $language) {
            $values["language$i"] = ",$language,";
        }
        return $values;
    }

    public function around(array $from, int $metres, array $need,
        bool $priority): array
    {
        // a little more, so that rounding leaves nobody out
        $high = $metres / 111000;
        $wide = $high / max(0.01, cos(deg2rad(abs($from['lat']) + $high)));
        return $this->rows('SELECT s.id, s.doctor, ' . self::metres() . ', '
            . self::reason($need) . ', 200 + min(100,'
            . ' 100 * (s.fresh_until - :today) / :validity)'
            . ' + 100 * (s.teleconsultation AND :remote), s.elsewhere'
            . ' FROM box b JOIN site s ON s.id = b.id'
            . ' WHERE b.south >= :south AND b.north <= :north'
            . ' AND b.west >= :west AND b.east <= :east',
            $this->values($from, $need, $priority)
            + ['south' => $from['lat'] - $high, 'north' => $from['lat'] + $high,
               'west' => $from['lon'] - $wide,
               'east' => $from['lon'] + $wide]);
    }

    public function accessible(array $from, int $doctor): int
    {
        return $this->rows('SELECT min(' . self::metres() . ') FROM site s'
            . ' WHERE s.doctor = :doctor AND s.accessible',
            self::origin($from) + ['doctor' => $doctor])[0][0];
    }

    public function shown(array $sites): array
    {
        $rows = $this->rows('SELECT h.site, h.commune, h.json, d.head, d.tail,'
            . ' d.visits, s.reserved, s.teleconsultation'
            . ' FROM shown h JOIN site s ON s.id = h.site'
            . ' JOIN doctor d ON d.id = s.doctor WHERE h.site IN ('
            . implode(', ', array_fill(0, count($sites), '?')) . ')', $sites);
        $shown = [];
        foreach ($rows as $row) {
            $shown[$row[0]] = array_slice($row, 1);
        }
        return $shown;
    }

    public function rpps(array $doctors): array
    {
        return array_column($this->rows('SELECT id, rpps FROM doctor'
            . ' WHERE id IN (' . implode(',', $doctors) . ')', []), 1, 0);
    }
}

$own = $_SERVER['CPTS_PEER'];
$config = require "$own/config.php";
serve(fn () => new SqliteStore("$own/peer.db", $config), $config);
