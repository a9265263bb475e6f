<?php
// SPDX-License-Identifier: Apache-2.0
// POST /match on SQLite: an R*Tree finds the sites, SQL says how far they
// are, PHP applies the rule.

declare(strict_types=1);

require __DIR__ . '/../php/answer.php';

final class SqliteStore implements Store
{
    private const METRES = 'CAST(12742017.6 * asin(sqrt('
        . 'pow(sin((s.lat - :lat) / 2), 2) + :cosine * s.cosine'
        . ' * pow(sin((s.lon - :lon) / 2), 2))) + 0.5 AS INTEGER)';

    private PDO $db;

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
        $statement->execute($values);
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

    // SQL for the two requirements that have texts.
    private static function asked(array $need): string
    {
        $sex = isset($need['sex']) ? "s.sex = '$need[sex]'" : '1';
        $spoken = [];
        foreach (array_keys($need['languages'] ?? []) as $i) {
            $spoken[] = "instr(s.languages, :language$i)";
        }
        return "$sex, " . ($spoken ? implode(' OR ', $spoken) : '1');
    }

    private static function languages(array $need): array
    {
        $values = [];
        foreach ($need['languages'] ?? [] as $i => $language) {
            $values["language$i"] = ",$language,";
        }
        return $values;
    }

    public function around(array $from, int $metres, array $need): array
    {
        $visit = !empty($need['home_visit']);
        // a little more, so that rounding leaves nobody out
        $high = $metres / 111000;
        $wide = $high / max(0.01, cos(deg2rad(abs($from['lat']) + $high)));
        return $this->rows('SELECT s.id, s.doctor, ' . self::METRES
            . ', s.accessible, s.elsewhere, s.open_from, s.fresh_until,'
            . ' s.places, s.reserved, ' . self::asked($need)
            . ', s.teleconsultation, s.visit_radius'
            . ($visit ? ', EXISTS (SELECT 1 FROM visited v'
                . ' WHERE v.commune = :commune AND v.doctor = s.doctor)' : '')
            . ' FROM box b JOIN site s ON s.id = b.id'
            . ' WHERE b.south >= :south AND b.north <= :north'
            . ' AND b.west >= :west AND b.east <= :east',
            self::origin($from) + self::languages($need)
            + ['south' => $from['lat'] - $high, 'north' => $from['lat'] + $high,
               'west' => $from['lon'] - $wide, 'east' => $from['lon'] + $wide]
            + ($visit ? ['commune' => $need['commune']] : []));
    }

    public function accessible(array $from, int $doctor): int
    {
        return $this->rows('SELECT min(' . self::METRES . ') FROM site s'
            . ' WHERE s.doctor = :doctor AND s.accessible',
            self::origin($from) + ['doctor' => $doctor])[0][0];
    }

    public function shown(array $sites): array
    {
        $rows = $this->rows('SELECT h.site, h.commune, h.json, d.head, d.tail,'
            . ' d.visits FROM shown h JOIN site s ON s.id = h.site'
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
