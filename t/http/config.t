#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Directives: what httpd -t accepts, what it refuses and how it says so,
# what virtual hosts inherit.
use strict;
use warnings;
use utf8;

use JSON::PP ();
use Test::More;

use Cpts::Server;

my $COMMUNES = Cpts::Server::communes_file();
my $TERRITORY = qq{CptsTerritory "Essai"\nCptsCommunes "$COMMUNES"\n};

# One server, never started: httpd -t looks at each configuration.
my $server = Cpts::Server->new(start => 0, database => 0, territory => '',
                               modules => ['session']);

# Contours with one feature alone: Ayguesvives, Ayguesvives elsewhere, Paris.
my $CONTOURS = Cpts::Server::contours_file();
{
    my ($one) = Cpts::Server::read_file($CONTOURS) =~ /^(.*"31004".*),$/m;
    my %file = (few => $one, far => $one =~ s/1\.58226/9.58226/gr
                    =~ s/1\.60626/9.60626/gr,
                other => $one =~ s/31004/75056/r);
    Cpts::Server::write_file("$server->{dir}/postcodes.csv",
        "insee,name,lat,lon,population,postcodes\n31113,A,43,1,1,313\n");
    Cpts::Server::write_file("$server->{dir}/$_.geojson",
        "{\"type\":\"FeatureCollection\",\"features\":[$file{$_}]}")
        for keys %file;
}

# Files of keys, none of which is readable by others unless its name says so.
my $GOOD = 'Zm9vYmFyYmF6cXV4cXV1eGNvcmdlZ3JhdWx0';
my %keys = (good => "$GOOD\n", comment => "# new\n\n$GOOD\r\n  \n$GOOD",
            many => "$GOOD\n" x 8, more => "$GOOD\n" x 9, open => $GOOD,
            short => substr($GOOD, 0, 31), second => "$GOOD\n\nshort",
            plain => 'ab' x 40, empty => "\n# $GOOD\n",
            long => "$GOOD\n" . '#' x 9000);
for my $name (keys %keys) {
    Cpts::Server::write_file("$server->{dir}/$name.key", $keys{$name});
    chmod $name eq 'open' ? 0644 : 0600, "$server->{dir}/$name.key"
        or die "chmod: $!\n";
}

sub configtest
{
    my (%option) = @_;
    local @{$server}{qw(territory directives config main location)} = (
        $option{territory} // $TERRITORY, $option{directives} // '',
        $option{config} // '', $option{main} // 1, $option{location} // '');
    my ($status, $output) = $server->configtest;
    return ($status, $output);
}

sub accepted
{
    my ($name, %option) = @_;
    my ($status, $output) = configtest(%option);
    ok $status == 0 && $output =~ /Syntax OK/, "accepted: $name"
        or diag $output;
    return;
}

# The message must match, and no message is the work of a crash.
sub refused
{
    my ($name, $message, %option) = @_;
    my ($status, $output) = configtest(%option);
    ok $status != 0 && ($status & 127) == 0 && $output =~ $message,
        "refused: $name" or diag "status $status\n$output";
    return;
}

# --- values: good ones, then [bad value, message] ---------------------------
my $no_unit = qr/has no unit: write for example/;
my $odd     = qr/is not understood: write for example/;
my $range   = qr/is out of range/;
my $arity   = qr/takes /;

my %values = (
    CptsTerritory => [
        ['X', '"CPTS de l’Autan"', '"' . 'é' x 200 . '"'],
        [ 'A B', $arity ], [ '', $arity ], [ '""', qr/1 to 200/ ],
        [ '"' . 'x' x 201 . '"', qr/1 to 200/ ],
        [ "\"a\xffb\"", qr/not valid UTF-8/ ],
        [ "\"a\tb\"", qr/control character/ ],
    ],
    CptsContactPhone => [
        [ '"05 00 00 00 00"', '+33500000000' ],
        [ '"call us"', qr/see the manual/ ], [ '12', qr/see the manual/ ],
        [ '', $arity ],
    ],
    CptsContactEmail => [
        ['coordination@cpts.example'],
        [ 'coordination', qr/see the manual/ ],
        [ 'a@b.fr c@d.fr', $arity ],
    ],
    CptsHomeVisitRadius => [
        [ '10km 30km', '1km 100km', '30km 30km', '1500m 2km' ],
        [ '10km', qr/takes two arguments: write CptsHomeVisitRadius DEFAULT/ ],
        [ '1km 2km 3km', $arity ], [ '10 30', $no_unit ],
        [ '10km 30', $no_unit ], [ '999m 5km', $range ],
        [ '10km 101km', $range ], [ '30km 10km', qr/DEFAULT must not be/ ],
        [ '10mi 30mi', $odd ], [ '-1km 5km', $odd ], [ '1.5km 5km', $odd ],
        [ '99999999999999999999km 5km', $odd ],
        [ '999999999999km 5km', $range ],
    ],
    CptsSearchRadius => [
        [ '5km 5km 30km', '1km 500m 1km', '100km 100km 100km' ],
        [ '5km 5km', $arity ], [ '5 5 30', $no_unit ],
        [ '5km 499m 30km', $range ], [ '5km 5km 101km', $range ],
        [ '999m 5km 30km', qr/not be less than 1km/ ],
        [ '31km 5km 30km', qr/START must not be more than MAX/ ],
    ],
    CptsProposals => [
        [ 2, 3 ],
        [ 1, $range ], [ 4, $range ], [ '3km', $odd ], [ 'three', $odd ],
        [ '', $arity ],
    ],
    CptsPriorityAge => [
        [ 60, 70, 90 ],
        [ 59, qr/59 is out of range, 60 to 90; for example/ ],
        [ 91, $range ],
    ],
    CptsReminder => [
        [ '0d', '14d', '90d' ],
        [ '91d', $range ], [ '14', $no_unit ], [ '1h', $odd ],
    ],
    CptsRetention => [
        [ '31d', '365d', '3650d' ],
        [ '30d', $range ], [ '3651d', $range ], [ '1y', $odd ],
        [ 365, qr/"365" has no unit: write for example CptsRetention 365d/ ],
    ],
    CptsSmallCount => [
        [ 0, 1, 3, 11, 1000 ],
        [ 2, qr/N must be 0, 1 \(nothing is hidden\), or at least 3/ ],
        [ 1001, $range ], [ '11%', $odd ], [ '', $arity ],
    ],
    CptsSheetValidity => [
        [ '7d', '90d', '366d' ],
        [ '6d', $range ], [ '367d', $range ],
        [ 90, qr/"90" has no unit: write for example CptsSheetValidity 90d/ ],
        [ '90s', $odd ],
    ],
    CptsPlacementHold => [
        [ '1d', '7d', '60d' ],
        [ '0d', $range ], [ '61d', $range ], [ 7, $no_unit ],
        [ '168h', $odd ], [ '', $arity ],
    ],
    CptsInvitationValidity => [
        [ '1d', '30d', '366d' ],
        [ '0d', $range ], [ '367d', $range ], [ 30, $no_unit ],
        [ '', $arity ],
    ],
    CptsTerms => [
        [ 'doctor 2026-11 /cpts/charte.html',
          'professional v_1.2 https://cpts.example:8443/x%20y/~z.html',
          'delegate 1 /a#b',
          "doctor 1 /a\nCptsTerms professional 1 /b" ],
        [ 'doctor 1', qr/takes three arguments: write CptsTerms ROLE/ ],
        [ 'nurse 1 /a', qr/the role is doctor, professional or delegate/ ],
        [ 'coordinator 1 /a', qr/the role is doctor/ ],
        [ 'doctor "" /a', qr/version has 1 to 32/ ],
        [ 'doctor ' . 'x' x 33 . ' /a', qr/version has 1 to 32/ ],
        [ 'doctor "a b" /a', qr/version has 1 to 32/ ],
        [ 'doctor été /a', qr/version has 1 to 32/ ],
        [ 'doctor 1 charte.html', qr{begins with / or https://} ],
        [ 'doctor 1 //evil.example/', qr{begins with / or https://} ],
        [ 'doctor 1 "/a b"', qr/has no space/ ],
        [ 'doctor 1 javascript:alert(1)', qr{begins with / or https://} ],
        [ "doctor 1 /a\nCptsTerms doctor 2 /b",
          qr/those of this role are already on line \d+ of .*httpd\.conf/ ],
    ],
    CptsAddress => [
        [ 'https://cpts.example.org/cpts/', 'http://127.0.0.1:8080/',
          'https://[::1]:8443/a-b/~c/' ],
        [ 'https://cpts.example.org/cpts', qr/see the manual/ ],
        [ 'cpts.example.org/cpts/', qr/see the manual/ ],
        [ 'ftp://cpts.example.org/', qr/see the manual/ ],
        [ 'https:///cpts/', qr/see the manual/ ],
        [ '"https://cpts.example.org/a b/"', qr/see the manual/ ],
        [ 'https://cpts.example.org/?x=/', qr/see the manual/ ],
        [ '', $arity ],
    ],
    CptsHeldPlaces => [
        [ 10, 20, 1000 ],
        [ 9, $range ], [ 1001, $range ], [ '20d', $odd ], [ '10 20', $arity ],
    ],
    CptsDailyConsultations => [
        [ 1, 50, 10000 ],
        [ 0, $range ], [ 10001, $range ], [ '50d', $odd ],
    ],
    CptsMaxBody => [
        [ 1024, 65536, 1048576 ],
        [ 1023, $range ], [ 1048577, $range ], [ '64k', $odd ],
    ],
    CptsSessionKey => [
        [qw(good.key comment.key many.key)],
        [ 'no.key', qr{httpd\.conf:\d+: CptsSessionKey: /.*/no\.key: No such} ],
        [ 'run', qr/run: it is not a file/ ],
        [ 'open.key', qr{mode 644 lets others at the key: chmod 0600 /} ],
        [ 'short.key', qr/short\.key, line 1: it has less than 32 char/ ],
        [ 'second.key', qr/second\.key, line 3: it has less than 32 char/ ],
        [ 'plain.key', qr/line 1: it is not random: write what "openssl/ ],
        [ 'empty.key', qr/empty\.key: there is no key in it: write what/ ],
        [ 'more.key', qr/more\.key, line 9: there are more than 8 keys/ ],
        [ 'long.key', qr/long\.key: it cannot be read, or is too long/ ],
        [ '', $arity ],
    ],
    CptsRefresh => [
        [ 0, 1, '1s', '500ms', '60s', '1min' ],
        [ '61s', $range ], [ '2min', $range ], [ '1d', $odd ],
        [ '-1s', $odd ], [ '1sx', $odd ],
    ],
    CptsWriteTimeout => [
        [ '100ms', '5s', '60s', 5 ],
        [ '99ms', $range ], [ 61, $range ], [ '0', $range ],
    ],
    CptsIdle => [
        [ '1s', '10min', '24h', 60 ],
        [ '999ms', $range ], [ '25h', $range ], [ '1d', $odd ],
        [ '', $arity ],
    ],
    CptsCommunes => [
        ["\"$COMMUNES\""],
        [ 'postcodes.csv', qr/postcodes\.csv, row 2: postcodes must be codes/ ],
        [ '/nonexistent/x.csv',
          qr{httpd\.conf:\d+: CptsCommunes: .*/nonexistent/x\.csv} ],
        [ 'relative.csv', qr{\Q$server->{dir}\E/relative\.csv} ],
        [ '', $arity ],
    ],
    CptsNeighbours => [
        [],
        [ '/nonexistent/x.csv', qr{CptsNeighbours: .*/nonexistent/x\.csv} ],
        [ "\"$COMMUNES\"", qr/CptsNeighbours: .*is there twice/ ],
    ],
    CptsContours => [
        ["\"$CONTOURS\""],
        [ '/nonexistent/x.geojson',
          qr{httpd\.conf:\d+: CptsContours: /nonexistent/x\.geojson: cannot} ],
        [ "\"$COMMUNES\"",
          qr{CptsContours: .*communes\.csv: it is not JSON: line 1} ],
        [ 'few.geojson', qr/few\.geojson: no feature is commune 31025 / ],
        [ 'far.geojson', qr/feature 1 \(31004 Ayguesvives\): the contour is/ ],
        [ 'other.geojson', qr/feature 1: 75056 is not the INSEE code/ ],
        [ '', $arity ],
    ],
    CptsPerimeter => [
        [ 'a 31113', 'a 31113 31035', 'a ~31...', 'a ~31(113|035) 31446',
          "a 31113\nCptsPerimeter b 31035" ],
        [ 'a', qr/a name and at least one commune/ ], [ '', $arity ],
        [ 'été 31113', qr/1 to 40 letters without accent/ ],
        [ 'a 99999', qr/99999 is not the INSEE code/ ],
        [ 'a 31113 ~99...', qr/matches no INSEE code/ ],
        [ 'a ~(', qr/pattern "\(": .* at character/ ],
        [ "a 31113\nCptsPerimeter a 31035",
          qr/perimeter a is already defined on line \d+ of .*httpd\.conf/ ],
        [ "b 31035\nCptsPerimeter a 99999",
          qr{httpd\.conf:\d+: CptsPerimeter: perimeter a: 99999} ],
    ],
);

for my $name (sort keys %values) {
    my ($good, @bad) = @{ $values{$name} };
    for my $value (@$good) {
        utf8::encode(my $line = "$name $value");
        accepted($line, directives => $line);
    }
    for my $case (@bad) {
        my ($value, $message) = @$case;
        my $line = "$name $value";
        utf8::encode($line) if utf8::is_utf8($line) && $value !~ /\xff/;
        utf8::downgrade($line);
        refused($line =~ s/[^ -~\n]/?/gr, $message, directives => $line);
    }
}

# --- where directives may stand ---------------------------------------------
for my $section ('Location "/x"', 'Directory "/"', 'Files "x"') {
    my ($word) = split / /, $section;
    refused("CptsProposals in <$word>", qr/CptsProposals .*not allowed/,
            config => "<$section>\nCptsProposals 3\n</$word>");
}

# --- across directives ------------------------------------------------------
refused('a territory without communes',
        qr/CptsTerritory: there is no CptsCommunes/,
        territory => 'CptsTerritory X');
refused('a limit without a territory',
        qr/httpd\.conf:\d+: CptsProposals: there is no CptsTerritory/,
        main => 0, config => 'CptsProposals 3');
refused('a Location without a territory',
        qr{<Location "/cpts/api"> has SetHandler cpts.*no CptsTerritory},
        territory => '');
for my $section ('LocationMatch "^/x"', 'Location "~" "^/y"',
                 'Location "/z/*"', 'Directory "/tmp"', 'Files "f"') {
    my ($word) = split / /, $section;
    refused("SetHandler cpts in <$section>",
            qr/httpd\.conf:\d+: SetHandler cpts must stand in a <Location>/,
            config => "<$section>\nSetHandler cpts\n</$word>");
}
refused('SetHandler cpts in an <If>', qr/SetHandler cpts must stand in/,
        config => "<Location \"/w\">\n<If \"true\">\nSetHandler CPTS\n</If>\n"
            . '</Location>');
refused('SetHandler cpts in the whole server', qr/not in the whole server/,
        config => 'SetHandler cpts');
accepted('a second Location', config =>
         "<Location /other/>\nSetHandler cpts\n</Location>");

# --- the database -----------------------------------------------------------
{
    my $main = sub { return join "\n", $TERRITORY, @_ };
    my $example = qr{write: DBDriver sqlite3, and DBDParams "file:/var};
    my @case = (
        [ 'no DBDriver', qr/no DBDriver; $example/ ],
        # mod_dbd looks for the driver first, and few machines have another
        [ 'another driver', qr/DBDriver pgsql cannot be used|load driver/,
          'DBDriver pgsql', 'DBDParams "host=x"' ],
        [ 'no DBDParams', qr/no DBDParams; $example/, 'DBDriver sqlite3' ],
        [ 'a file that could be created', qr/create an empty database/,
          'DBDriver sqlite3', 'DBDParams "file:/x/y.db"' ],
        [ 'mode=rwc', qr/create an empty database/,
          'DBDriver sqlite3', 'DBDParams "file:/x/y.db?mode=rwc"' ],
        [ 'mode=rw and then another', qr/create an empty database/,
          'DBDriver sqlite3', 'DBDParams "file:/x/y?mode=rw&mode=rwc"' ],
        [ 'no URI', qr/not a URI/,
          'DBDriver sqlite3', 'DBDParams /x/y.db' ],
        [ 'a relative file', qr/not a URI with an absolute/,
          'DBDriver sqlite3', 'DBDParams "file:y.db?mode=rw"' ],
        [ 'another host', qr/not a URI with an absolute/,
          'DBDriver sqlite3', 'DBDParams "file://host/y.db?mode=rw"' ],
        [ 'a bad escape', qr/bad % escape/,
          'DBDriver sqlite3', 'DBDParams "file:/x/%zz.db?mode=rw"' ],
    );
    for my $case (@case) {
        my ($name, $message, @lines) = @$case;
        refused($name, $message, main => 0, config => $main->(@lines));
    }
    accepted('a longer URI', main => 0, config => $main->(
        'DBDriver sqlite3',
        'DBDParams "file:///x/y%20z.db?cache=private&mode=rw"'));
    accepted('a database that is not there yet', main => 0,
        config => $main->($server->dbd_lines('/nonexistent/x.db')));
    my $own = "<VirtualHost *:1>\nServerName v\n"
        . "DBDParams \"file:/x/y.db\"\n</VirtualHost>\n";
    refused('a virtual host with its own bad DBDParams',
            qr/create an empty database/, config => $own);
}
{
    no warnings 'redefine';
    my $load = \&Cpts::Server::load_lines;
    local *Cpts::Server::load_lines
        = sub { return $load->(@_) =~ s/^LoadModule dbd_module .*$//mr };
    refused('no mod_dbd', qr/mod_dbd is not loaded: add LoadModule/,
            main => 0, config => $TERRITORY);
}

# --- sessions ---------------------------------------------------------------
{
    local $server->{modules} = [];
    refused('CptsSessionKey without mod_session',
            qr/CptsSessionKey: mod_session is not loaded: add LoadModule/,
            directives => 'CptsSessionKey good.key');
}

# --- the settings of httpd itself that are shipped
{
    my ($status, $output) = configtest(config => Cpts::Server::read_file(
        "$ENV{CPTS_SRCDIR}/conf/tuning.conf"));
    is $status, 0, 'conf/tuning.conf';
    unlike $output, qr/warning/i, 'its numbers go together';
}

# --- Require cpts-role ------------------------------------------------------
accepted('known roles', location => 'Require cpts-role doctor coordinator');
refused('a misspelt role',
        qr/no role "docter"; the roles are doctor, professional, coordinator/,
        location => 'Require cpts-role docter');
refused('no role', qr/needs at least one role/,
        location => 'Require cpts-role');

# --- in which server a directive may stand without a territory --------------
my $dbd = $server->dbd_lines('/x/y.db');
accepted('limits of the main server for a virtual host', main => 0,
    config => "CptsProposals 2\n<VirtualHost *:1>\nServerName v\n$dbd"
        . "$TERRITORY</VirtualHost>");
refused('limits of a virtual host without a territory',
        qr/CptsProposals: there is no CptsTerritory/, main => 0,
    config => "<VirtualHost *:1>\nServerName v\nCptsProposals 2\n"
        . "</VirtualHost>\n<VirtualHost *:1>\nServerName w\n$dbd"
        . "$TERRITORY</VirtualHost>");
accepted('virtual hosts from the same lines of a file', main => 0,
    config => do {
        Cpts::Server::write_file("$server->{dir}/territory.inc",
                                 "$dbd$TERRITORY");
        join "\n", map { "<VirtualHost *:1>\nServerName $_\n"
            . "Include \"$server->{dir}/territory.inc\"\n</VirtualHost>" }
            qw(v w);
    });

# --- inheritance, one directive at a time -----------------------------------
my $running = Cpts::Server->new(
    start => 0,
    # what the main server says
    territory => $TERRITORY . <<'PERIMETERS',
CptsPerimeter coteaux 31113 31035
CptsPerimeter lauragais ~31(004|025|036)
PERIMETERS
    directives => <<'MAIN',
CptsHomeVisitRadius 11km 31km
CptsSearchRadius 6km 7km 32km
CptsProposals 2
CptsPriorityAge 71
CptsSheetValidity 91d
CptsPlacementHold 8d
CptsHeldPlaces 21
CptsDailyConsultations 51
CptsContactPhone "05 00 00 00 01"
CptsContactEmail main@cpts.example
CptsMaxBody 2048
MAIN
    config => sub {
        my ($self) = @_;
        my @own = ('', own_lines());
        return join '', map {
            "<VirtualHost *:$self->{port}>\nServerName v$_.example\n"
                . "$own[$_]\n</VirtualHost>\n"
        } 0 .. $#own;
    },
);

# Each with what it changes in the answer of /territory.
sub own
{
    return (
        [ 'CptsTerritory Autre', name => 'Autre' ],
        [ 'CptsContactPhone 0500000002', phone => '0500000002' ],
        [ 'CptsContactEmail own@cpts.example', email => 'own@cpts.example' ],
        [ 'CptsHomeVisitRadius 12km 33km',
          home_visit_default_km => 12, home_visit_max_km => 33 ],
        [ 'CptsSearchRadius 8km 9km 34km', search_start_km => 8,
          search_step_km => 9, search_max_km => 34 ],
        [ 'CptsProposals 3', proposals => 3 ],
        [ 'CptsPriorityAge 72', priority_age => 72 ],
        [ 'CptsSheetValidity 92d', sheet_validity_days => 92 ],
        [ 'CptsPlacementHold 9d', placement_hold_days => 9 ],
        [ 'CptsHeldPlaces 22', held_places => 22 ],
        [ 'CptsDailyConsultations 52', daily_consultations => 52 ],
        [ "CptsPerimeter coteaux 31446\nCptsPerimeter autre 31035",
          perimeters => { coteaux => '31446', autre => '31035',
                          lauragais => '31004 31025 31036' } ],
        [ "CptsContours \"$CONTOURS\"", contours => JSON::PP::true() ],
        [ 'CptsMaxBody 4096' ],
    );
}
sub own_lines { return map { $_->[0] } own() }

# One request to a virtual host.
sub ask
{
    my ($host, $method, $path, %option) = @_;
    return $running->raw->send($running->wire($method, $path, host => $host,
        headers => { Connection => 'close' }, %option))->response;
}

# One flat record of all that can be inherited.
sub record
{
    my ($host) = @_;
    my $answer = ask($host, GET => '/territory', as => 'coordination');
    is $answer->status, 200, "$host answers" or diag $answer->summary;
    my $json = $answer->json;
    my %perimeter = map { $_->{name} => join ' ', sort @{ $_->{communes} } }
        @{ $json->{perimeters} };
    return { %{ $json->{limits} }, perimeters => \%perimeter,
             map { $_ => $json->{$_} } qw(name phone email contours) };
}

sub status_of_body
{
    my ($host, $size) = @_;
    return ask($host, POST => '/match', as => 'pharmacie',
               body => '{' . ' ' x ($size - 2) . '}')->status;
}

$running->expect_refusals;
$running->start;

my $base = record('v0.example');
is $base->{proposals}, 2, 'a virtual host without directives has the main ones';
is $base->{search_step_km}, 7, 'all of them';
is $base->{phone}, '05 00 00 00 01', 'the texts too';
is $base->{perimeters}{coteaux}, '31035 31113',
    'and the perimeters';
is status_of_body('v0.example', 2049), 413, 'CptsMaxBody is inherited';
is status_of_body('v0.example', 2048), 422, 'to the byte';

my $number = 1;
for my $own (own()) {
    my ($line, %change) = @$own;
    is_deeply record("v$number.example"), { %$base, %change },
        "only this changes: $line";
    is status_of_body("v$number.example", 2049),
        $line =~ /CptsMaxBody/ ? 422 : 413, 'CptsMaxBody likewise';
    $number++;
}
$running->finish;

done_testing;
