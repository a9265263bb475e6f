#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Several territories in one httpd: two virtual hosts, two databases.
use strict;
use warnings;
use utf8;

use File::Copy qw(copy);
use Test::More;

use Cpts::Check;
use Cpts::Server;

my $COMMUNES = Cpts::Server::communes_file();

sub vhost
{
    my ($server, $name, $file, $lines) = @_;
    my $dbd = $server->dbd_lines($file);
    my $location = $server->location_lines('/cpts/api');
    return <<"VHOST";
<VirtualHost *:$server->{port}>
ServerName $name
$dbd
$lines
$location
</VirtualHost>
VHOST
}

my $server = Cpts::Server->new(
    start  => 0,
    main   => 0,
    accounts => [ [ 'commun', 'coordinator' ], [ 'un', 'professional' ],
                  [ 'docteur', 'doctor', $OWN ] ],
    config => sub {
        my ($self) = @_;
        # limits of the main server are inherited field by field
        return <<"MAIN" . join '',
CptsTerritory "Territoire principal"
CptsCommunes "$COMMUNES"
CptsProposals 2
CptsPriorityAge 75
CptsDailyConsultations 4
CptsSearchRadius 3km 3km 9km
@{[ $self->dbd_lines("$self->{dir}/db/one.db") ]}
MAIN
            vhost($self, 'one.example', "$self->{dir}/db/one.db",
                  "CptsTerritory \"Territoire one.example\"\n"
                  . 'CptsPriorityAge 80'),
            vhost($self, 'two.example', "$self->{dir}/db/two.db",
                  "CptsTerritory \"Territoire two.example\"\n"
                  . "CptsProposals 3\nCptsDailyConsultations 1000\n"
                  . 'CptsPerimeter deux 31113'),
            # no directive of their own, but each a database
            vhost($self, 'three.example', "$self->{dir}/db/three.db", ''),
            vhost($self, 'four.example', "$self->{dir}/db/four.db", '');
    },
);
# the database, and the key of its journal
for my $suffix ('', '.key') {
    rename "$server->{file}$suffix", "$server->{dir}/db/one.db$suffix"
        or die "rename: $!";
}
$server->{file} = "$server->{dir}/db/two.db";
$server->ctl_ok('', 'init');
$server->account_add('commun', 'professional');
$server->account_add('deux', 'coordinator');
$server->{file} = "$server->{dir}/db/three.db";
$server->ctl_ok('', 'init');
$server->account_add('trois', 'coordinator');
$server->{file} = "$server->{dir}/db/four.db";
$server->ctl_ok('', 'init');
$server->account_add('quatre', 'coordinator');
$server->{file} = "$server->{dir}/db/two.db";
$server->give_away;
$server->expect_refusals;
$server->start;

# One request to one of the hosts.
sub ask
{
    my ($host, $method, $path, %option) = @_;
    return $server->raw->send($server->wire($method, $path,
        host => $host, %option, headers => { %{ $option{headers} // {} },
            Connection => 'close' }))->response;
}
my ($ONE, $TWO, $THREE, $FOUR) = map { "$_.example" }
    qw(one two three four);

subtest 'each has its own name and limits' => sub {
    my $one = ask($ONE, GET => '/territory', as => 'commun')->json;
    my $two = ask($TWO, GET => '/territory', as => 'commun')->json;
    is $one->{name}, "Territoire $ONE", 'the first';
    is $two->{name}, "Territoire $TWO", 'the second';
    is $one->{limits}{proposals}, 2, 'proposals inherited';
    is $two->{limits}{proposals}, 3, 'proposals of its own';
    is $one->{limits}{priority_age}, 80, 'priority age of its own';
    is $two->{limits}{priority_age}, 75, 'priority age inherited';
    is scalar @{ $one->{communes} }, 36, 'communes inherited';
    is_deeply [ map { $_->{name} } @{ $two->{perimeters} } ], ['deux'],
        'its own perimeter';
    is_deeply $one->{perimeters}, [], 'which the other has not';
};

subtest 'accounts' => sub {
    is_status(ask($ONE, GET => '/me', as => 'un'), 200, 'known in one');
    is_problem(ask($TWO, GET => '/me', as => 'un'), 401, undef,
        'unknown in the other');
    is_status(ask($TWO, GET => '/me', as => 'deux'), 200, 'known in two');
    is_problem(ask($ONE, GET => '/me', as => 'deux'), 401, undef,
        'unknown in the other');
    is ask($ONE, GET => '/me', as => 'commun')->json->{role},
        'coordinator', 'one name, a role in the first';
    is ask($TWO, GET => '/me', as => 'commun')->json->{role},
        'professional', 'and another in the second';
    is_problem(ask($TWO, GET => '/sheets', as => 'commun'), 403);
    $server->ctl_ok("another password\n", 'account', 'password', 'commun',
        '--password-stdin', '--allow-weak');
    is_problem(ask($TWO, GET => '/me', as => 'commun'), 401, undef,
        'a password changed in the second');
    is_status(ask($ONE, GET => '/me', as => 'commun'), 200,
        'is the old one in the first');
};

subtest 'sheets' => sub {
    is_status(ask($ONE, POST => '/sheets', as => 'commun',
        json => sheet(name => 'Dr Premier Hôte')), 201, 'a sheet in one');
    is_status(ask($TWO, POST => '/sheets', as => 'deux',
        json => sheet(name => 'Dr Second Hôte')), 201,
        'the same RPPS in the other');
    my $path = "/sheets/$OWN";
    is ask($ONE, GET => $path, as => 'commun')->json->{phone}, '0536490001',
        'read in one';
    is_status(ask($TWO, POST => "$path/leave", as => 'deux', json => {}),
        200, 'left the second');
    my $match = ask($ONE, POST => '/match', as => 'un', json => need());
    is_deeply [ proposed($match) ], [$OWN], 'still proposed by the first';
    $match = ask($TWO, POST => '/match', as => 'deux', json => need());
    is_deeply [ proposed($match) ], [], 'not by the second';
    is_status(ask($TWO, DELETE => $path, as => 'deux'), 204, 'erased there');
    is_status(ask($ONE, GET => $path, as => 'docteur'), 200,
        'not in the first');
    # further lots of changes in both at once, each seen by its own only
    for my $round (1 .. 5) {
        for my $action ([ pause => { until => day(2) } ], [ resume => {} ]) {
            is_status(ask($ONE, POST => "$path/$action->[0]",
                as => 'commun', json => $action->[1]), 200, $action->[0]);
        }
    }
};

subtest 'hosts that inherit everything but their database' => sub {
    is_status(ask($FOUR, POST => '/sheets', as => 'quatre',
        json => sheet(rpps => rpps(44))), 201, 'a sheet in the fourth');
    is ask($THREE, GET => '/territory', as => 'trois')->json->{name},
        'Territoire principal', 'the territory of the main server';
    is_problem(ask($THREE, GET => '/me', as => 'un'), 401, undef,
        'no account of another database');
    my $match = ask($THREE, POST => '/match', as => 'trois',
                    json => need());
    is_deeply [ proposed($match) ], [], 'no doctor of another database';
    is_status(ask($THREE, POST => '/sheets', as => 'trois',
        json => sheet(rpps => rpps(33))), 201, 'a sheet of its own');
    $match = ask($THREE, POST => '/match', as => 'trois', json => need());
    is_deeply [ proposed($match) ], [ rpps(33) ], 'proposed here';
    $match = ask($ONE, POST => '/match', as => 'commun', json => need());
    is_deeply [ proposed($match) ], [$OWN], 'and not there';
    is_status(ask($THREE, GET => '/health'), 200, 'its health');
    is_problem(ask($FOUR, GET => '/me', as => 'trois'), 401, undef,
        'the fourth does not know the accounts of the third');
    $match = ask($FOUR, POST => '/match', as => 'quatre', json => need());
    is_deeply [ proposed($match) ], [ rpps(44) ], 'nor its doctors';
    $match = ask($THREE, POST => '/match', as => 'trois', json => need());
    is_deeply [ proposed($match) ], [ rpps(33) ], 'nor the other way';
};

subtest 'ceilings' => sub {
    my @one = map { ask($ONE, POST => '/match', as => 'docteur',
        json => need())->status } 1 .. 5;
    is_deeply \@one, [ 200, 200, 200, 200, 429 ], 'four a day, inherited';
    my @two = map { ask($TWO, POST => '/match', as => 'deux',
        json => need())->status } 1 .. 8;
    is_deeply \@two, [ (200) x 8 ], 'more in the second';
};

subtest 'one broken database does not stop the other' => sub {
    $server->stop;
    $server->expect_log(qr/AH006\d\d:|CPTS\d{3}:/);
    my $file = "$server->{dir}/db/two.db";
    rename $file, "$file.away" or die "rename: $!";
    unlink "$file-wal", "$file-shm";
    $server->start;
    is_status(ask($ONE, GET => '/me', as => 'un'), 200, 'one works');
    is_problem(ask($TWO, GET => '/me', as => 'deux'), 503,
        'database_missing', 'the other says what is missing');
    my $health = ask($TWO, GET => '/health');
    is_problem($health, 503, 'database_missing', 'so does its /health');
    is_status(ask($ONE, GET => '/health'), 200, 'the first is well');
};

$server->finish;
done_testing;
