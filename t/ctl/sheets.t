#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# cptsctl import sheets, export sheets: round trips, faults, all or nothing.

use strict;
use warnings;
use utf8;

use Encode qw(encode);
use FindBin;
use lib $FindBin::Bin;
use Test::More;

use Ctl;

my @communes = ('--communes', examples('communes.csv'));
my @perimeters = (
    '--perimeter', 'coteaux=31025,31148,31151,31227,31259,31340,31411,31448,'
        . '31575,31578',
    '--perimeter', 'vallee=31004,31035,31048,31113,31161,31162,31169,31254,'
        . '31381,31409,31429,31446',
);

# --- the example: whole, and back to the byte
ctl_ok('-d', 'a.db', 'init');
like ctl_ok('-d', 'a.db', 'import', 'sheets', examples('sheets.csv'),
    @communes, @perimeters, '--dry-run')->{out},
    qr/^dry run: would be 61 sheets imported/, 'a dry run says what would be';
like ctl('-d', 'a.db', 'check')->{out}, qr/ 0 sheets/, 'and writes nothing';
my $run = ctl_ok('-d', 'a.db', 'import', 'sheets', examples('sheets.csv'),
    @communes, @perimeters);
like $run->{out}, qr/^61 sheets imported, 0 of them replaced$/, 'imported';
like $run->{err}, qr/note: 61 RPPS numbers have a wrong check digit/,
    'none of them can be real';
unlike $run->{err}, qr/not checked/, 'all was checked';
is ctl_ok('-d', 'a.db', 'export', 'sheets')->{out},
    slurp(examples('sheets.csv')), 'exported to the byte';
like ctl_ok('-d', 'a.db', 'export', 'sheets', 'out.csv')->{out},
    qr/^61 sheets written to out\.csv$/, 'to a file';
is slurp('out.csv'), slurp(examples('sheets.csv')), 'the same';
is sprintf('%04o', (stat 'out.csv')[2] & 07777), '0600', 'for its owner only';
ctl_fails(1, qr/out\.csv: File exists: choose another name/, '-d', 'a.db',
    'export', 'sheets', 'out.csv');

# --- what exists already
$run = ctl_fails(1, qr/61 faults: nothing was imported/, '-d', 'a.db',
    'import', 'sheets', examples('sheets.csv'), @communes);
like $run->{err},
    qr/sheets\.csv:2: rpps: exists: this sheet exists already; --update/,
    'the line is named';
unlike $run->{err}, qr/:22: rpps: exists/, 'twenty are named';
like $run->{err}, qr/sheets\.csv: and 41 more sheets that exist already/,
    'the others are counted';
like ctl_ok('-d', 'a.db', 'import', 'sheets', examples('sheets.csv'),
    @communes, '--update')->{out},
    qr/61 sheets imported, 61 of them replaced/, 'with --update';

# --- one row, in many shapes
my @base = (
    rpps                             => '99900000012',
    name                             => 'Jeanne Mésange',
    sex                              => 'F',
    contact                          => 'coordination',
    'sites.0.address'                => '1 rue des Essais',
    'sites.0.commune'                => '31113',
    'sites.0.structure'              => 'practice',
    'availability.state'             => 'open',
    'availability.capacity.places'   => '3',
    'availability.capacity.period'   => 'week',
    'availability.capacity.reserved' => '1',
);
my $tries = 0;

# A file of rows, each the base with other values; undef takes a column out.
# Gives its name and the pairs of the header.
sub csv {
    my ($separator, @rows) = @_;
    my (@names, %known, @lines);

    for my $row ([@base], @rows) {
        for (my $i = 0; $i < @$row; $i += 2) {
            push @names, $row->[$i] if !$known{ $row->[$i] }++;
        }
    }
    my %gone = map { %$_ } map { my %r = @$_;
        +{ map { $_ => 1 } grep { !defined $r{$_} } keys %r } } @rows;
    @names = grep { !$gone{$_} } @names;
    for my $row (@rows) {
        my %cells = (@base, @$row);
        push @lines, join $separator, map {
            my $cell = $cells{$_} // '';
            $cell =~ s/"/""/g;
            $cell =~ /[$separator"\n]/ ? "\"$cell\"" : $cell
        } @names;
    }
    return encode('UTF-8', join '', map { "$_\n" } join($separator, @names),
        @lines);
}

sub import_text {
    my ($text, @words) = @_;
    my $n = ++$tries;

    ctl('-d', "t$n.db", 'init');
    spew("t$n.csv", $text);
    $run = ctl('-d', "t$n.db", 'import', 'sheets', "t$n.csv", @words);
    $run->{db} = "t$n.db";
    return $run;
}

# What the sheet of the only row has become, column by column.
sub exported {
    my ($db) = @_;
    my @lines = split /\n/, ctl('-d', $db, 'export', 'sheets')->{out}, 2;
    my @names = split /,/, $lines[0];
    my %cells;

    $lines[1] =~ s/\n\z//;
    for my $name (@names) {
        $lines[1] =~ s/\A(?:"((?:[^"]|"")*)"|([^,]*))(?:,|\z)//;
        my $cell = $1 // $2;
        $cell =~ s/""/"/g;
        utf8::decode($cell);
        $cells{$name} = $cell;
    }
    return \%cells;
}

sub imports {
    my ($name, $text, %expected) = @_;
    my $result = import_text($text, @communes);

    is $result->{code}, 0, $name or return diag $result->{err};
    my $cells = exported($result->{db});
    for my $column (sort keys %expected) {
        is $cells->{$column}, $expected{$column}, "$name: $column";
    }
    return;
}

imports('the least', csv(',', []), name => 'Jeanne Mésange',
    languages => '', home_visits => '', 'sites.0.point.lat' => '');
imports('a BOM and ends of lines of Windows',
    "\xef\xbb\xbf" . (csv(',', []) =~ s/\n/\r\n/gr), rpps => '99900000012');
imports('columns in another order', join('',
    map { (join ',', reverse split /,/, $_) . "\n" } split /\n/, csv(',', [])),
    rpps => '99900000012', 'sites.0.commune' => '31113');
imports('quotes, commas, line feeds', csv(',', [
    name => 'Jeanne "Jo" Mésange, dite Mé', note => "Fiche fictive.\nDeux",
]), name => 'Jeanne "Jo" Mésange, dite Mé', note => "Fiche fictive.\nDeux");
imports('lists', csv(',', [
    languages => 'fr; ar ;;fsl', skills => 'a\\;b;c\\\\d',
    'home_visits.communes' => '31113;31035',
]), languages => 'fr;ar;fsl', skills => 'a\\;b;c\\\\d',
    'home_visits.communes' => '31113;31035', home_visits => '1');
imports('semicolons: bars in lists, decimal commas', csv(';', [
    languages => 'fr|ar', 'sites.0.point.lat' => '43,5136',
    'sites.0.point.lon' => '1,5034', 'home_visits.radius_km' => '7,5',
]), languages => 'fr;ar', 'sites.0.point.lat' => '43.5136',
    'home_visits.radius_km' => '7.5');
imports('visits with the default radius', csv(',', [ home_visits => 'oui' ]),
    home_visits => '1', 'home_visits.radius_km' => '');
imports('no visits', csv(',', [ home_visits => '0' ]), home_visits => '');
imports('yes and no in words', csv(',', [
    trains_students => 'VRAI', teleconsultation => 'non',
    'sites.0.accessible' => 'x',
]), trains_students => '1', teleconsultation => '0',
    'sites.0.accessible' => '1');
imports('five sites', csv(',', [
    map { ("sites.$_.address" => "$_ rue", "sites.$_.commune" => '31035',
        "sites.$_.structure" => 'msp') } 1 .. 4
]), 'sites.4.address' => '4 rue', 'sites.4.structure' => 'msp');

# --- faults: named by line and column, and nothing is written
my @faults = (
    [ 'missing', [ name => '' ], qr/t\d+\.csv:2: name: required: \S/ ],
    [ 'no column for it', [ name => undef ], qr/:2: name: required/ ],
    [ 'RPPS', [ rpps => '123' ], qr/:2: rpps: \w+/ ],
    [ 'word', [ sex => 'X' ], qr/:2: sex: \w+/ ],
    [ 'no number', [ 'availability.capacity.places' => 'three' ],
        qr/:2: availability\.capacity\.places: wrong_type: .*entier/ ],
    [ 'a comma in a number', [ 'home_visits.radius_km' => '7,5' ],
        qr/:2: home_visits\.radius_km: wrong_type/ ],
    [ 'not finite', [ 'home_visits.radius_km' => 'inf' ],
        qr/:2: home_visits\.radius_km: wrong_type/ ],
    [ 'out of bounds', [ 'availability.capacity.places' => '201' ],
        qr/:2: availability\.capacity\.places: out_of_bounds/ ],
    [ 'neither yes nor no', [ teleconsultation => 'peut-être' ],
        qr/:2: teleconsultation: wrong_type/ ],
    [ 'a day', [ retirement => '2030-02-30' ], qr/:2: retirement: \w+/ ],
    [ 'an item of a list', [ languages => 'fr;FRANCAIS' ],
        qr/:2: languages: \w+/ ],
    [ 'commune', [ 'sites.0.commune' => '75056' ],
        qr/:2: sites\.0\.commune: unknown_commune/ ],
    [ 'contradiction', [ home_visits => '0',
        'home_visits.communes' => '31113' ],
        qr/:2: home_visits: contradiction/ ],
    [ 'a gap', [ 'sites.2.address' => 'x', 'sites.2.commune' => '31113',
        'sites.2.structure' => 'msp' ], qr/:2: sites\.1: \w+/ ],
    [ 'two rules at once', [ sex => '', contact => 'phone' ],
        qr/:2: sex: required.*:2: phone: required/s ],
);
for my $fault (@faults) {
    my ($name, $row, $expected) = @$fault;
    my $result = import_text(csv(',', $row), @communes);
    ok $result->{code} == 1 && $result->{err} =~ $expected, "fault: $name"
        or diag $result->{err};
    like $result->{err}, qr/\d+ faults: nothing was imported/, 'told so';
}

# all faults of all rows; the right rows are not imported either
my $result = import_text(csv(',', [], [ rpps => '99900000020', sex => 'X' ],
    [ rpps => '99900000038' ], [ rpps => '99900000046', name => '' ],
    [ rpps => '99900000038' ]), @communes);
is $result->{code}, 1, 'three wrong rows of five';
like $result->{err},
    qr/:3: sex: .*:5: name: .*:6: rpps: twice: the same RPPS as in row 4\n/s,
    'each is named';
like ctl('-d', $result->{db}, 'check')->{out}, qr/ 0 sheets/, 'all or none';

# --- files that are no such file
for my $wrong (
    [ 'an unknown column', csv(',', [ colour => 'blue' ]),
        qr/row 1: "colour" is no column/ ],
    [ 'a read-only column', csv(',', [ confirmed_on => '2026-11-22' ]),
        qr/row 1: "confirmed_on" is no column/ ],
    [ 'a refusal', csv(',', [ refuses => 'c2s' ]),
        qr/row 1: "refuses" is no column/ ],
    [ 'a sixth site', csv(',', [ 'sites.5.address' => 'x' ]),
        qr/"sites\.5\.address" is no column/ ],
    [ 'a column twice', "rpps,name,rpps\n1,2,3\n",
        qr/column rpps is there twice/ ],
    [ 'too many cells', csv(',', []) =~ s/\n\z/,more\n/r,
        qr/:2: cells: 12 cells, the first row has 11/ ],
    [ 'too few cells', "rpps,name\n99900000012\n",
        qr/:2: cells: 1 cells, the first row has 2/ ],
    [ 'Latin-1', encode('ISO-8859-1', "rpps,name\n1,M\x{e9}sange\n"),
        qr/not UTF-8/ ],
    [ 'a quote that is not closed', "rpps,name\n\"1,2\n", qr/row/ ],
    [ 'nothing', '', qr/is empty: its first row must name the columns/ ],
) {
    my ($name, $text, $expected) = @$wrong;
    $result = import_text($text, @communes);
    ok $result->{code} == 1 && $result->{err} =~ $expected, $name
        or diag $result->{err};
}
ctl_fails(1, qr/cannot read none\.csv/, '-d', 'a.db', 'import', 'sheets',
    'none.csv');

# --- the territory
like import_text(csv(',', [ 'sites.0.commune' => '75056' ]))->{err},
    qr/note: communes and perimeters were not checked/,
    'without communes nothing of them is checked, and that is told';
like import_text(csv(',', [ 'home_visits.perimeters' => 'coteaux' ]),
    @communes)->{err}, qr/note: the names of perimeters were not checked/,
    'nor are perimeters without --perimeter';
like import_text(csv(',', [ 'home_visits.perimeters' => 'coteau' ]),
    @communes, @perimeters)->{err},
    qr/:2: home_visits\.perimeters: unknown_perimeter/, 'with it they are';
ctl_fails(1, qr/--perimeter needs --communes/, '-d', 'a.db', 'import',
    'sheets', 't1.csv', @perimeters);
ctl_fails(1, qr/--perimeter takes NAME=CODE/, '-d', 'a.db', 'import',
    'sheets', 't1.csv', @communes, '--perimeter', 'coteaux');
ctl_fails(1, qr/99999/, '-d', 'a.db', 'import', 'sheets', 't1.csv',
    @communes, '--perimeter', 'x=99999');
is import_text(csv(',', [ 'sites.0.commune' => '31555' ]), @communes,
    '--communes', examples('neighbours.csv'))->{code}, 0,
    'several files of communes';

# --- on a terminal the long work shows
SKIP: {
    skip 'script of util-linux is not there', 2
        if system('command -v script >/dev/null 2>&1');
    spew('many.csv', csv(',', map { [ rpps => sprintf '9990001%04d', $_ ] }
        1 .. 2100));
    ctl('-d', 'many.db', 'init');
    my ($seen, $code) = on_terminal([], '-d', 'many.db', 'import', 'sheets',
        'many.csv', @communes);
    is $code, 0, '2,100 rows';
    like $seen, qr/rows read 1000.*rows read 2000.*sheets written +\d+ %/s,
        'progress';
}

done_testing;
