#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Many territories in one httpd: each is loaded when it is first asked for,
# connections are there only where they are used, and both go when it is idle.
use strict;
use warnings;
use utf8;

use File::Copy qw(copy);
use File::Temp qw(tempdir);
use Test::More;
use Time::HiRes qw(sleep time);

use lib "$ENV{CPTS_SRCDIR}/t/bench/lib";

use Bench::Territories;
use Cpts::Check;
use Cpts::Server;

my $HOSTS = 30;
# what mod_cpts keeps open at most, all territories together
my $KEPT = 24;
my $COMMUNES = Cpts::Server::communes_file();

# Hosts with a meaning; the others are alike.
my ($BROKEN, $TWIN, $LONG, $POOL, $SMALL) = (7, 8, 9, 10, 11);

sub file_of
{
    my ($server, $host) = @_;
    my $number = $host == $TWIN ? 1 : $host;
    return "$server->{dir}/db/t$number.db";
}

sub vhost
{
    my ($server, $host) = @_;
    my $dbd = $server->dbd_lines(file_of($server, $host));
    $dbd =~ s{^DBDPersist Off$}{DBDPersist On\nDBDMin 0}m
        if $host == $POOL;
    my $own = $host == $LONG ? 'CptsIdle 1h'
        : $host == $SMALL ? "CptsCommunes \"$server->{dir}/small.csv\"" : '';
    my $location = $server->location_lines('/cpts/api');
    return <<"VHOST";
<VirtualHost *:$server->{port}>
ServerName t$host.example
$dbd
CptsTerritory "Territoire $host"
$own
$location
</VirtualHost>
VHOST
}

my $server = Cpts::Server->new(
    start    => 0,
    main     => 0,
    children => 1,
    accounts => [ [ 'coordination', 'coordinator' ],
                  [ 'docteur', 'doctor', $OWN ] ],
    log_level => 'info cpts:debug',
    config   => sub {
        my ($self) = @_;
        return "CptsCommunes \"$COMMUNES\"\n"
            . "CptsPerimeter coteaux 31113 31035\n"
            . "CptsIdle $self->{idle}\n"
            . join '', map { vhost($self, $_) } 1 .. $HOSTS;
    },
);
for my $host (grep { $_ != $BROKEN && $_ != $TWIN } 1 .. $HOSTS) {
    for my $suffix ('', '.key') {
        copy("$server->{file}$suffix", file_of($server, $host) . $suffix)
            or die "copy: $!";
    }
}
{
    # some of the communes, in another order
    my ($head, @row) = Cpts::Server::read_file($COMMUNES) =~ /^(.*\n)/mg;
    Cpts::Server::write_file("$server->{dir}/small.csv",
        join '', $head, reverse grep { /^31(?:035|113|004)/ } @row);
}
$server->give_away;
$server->{idle} = '1h';
$server->expect_log(qr/AH006\d\d:.*|CPTS00[346]: .*/);
$server->start;

sub ask
{
    my ($host, $method, $path, %option) = @_;
    return $server->raw->send($server->wire($method, $path,
        host => "t$host.example", %option,
        headers => { Connection => 'close' }))->response;
}

# How many connections the child has to each database: number => count.
sub connections
{
    my ($pid) = $server->children;
    my %count;
    for my $fd (glob "/proc/$pid/fd/*") {
        my $target = readlink $fd // next;
        $count{$1}++ if $target =~ m{/db/t(\d+)\.db\z};
    }
    return \%count;
}

# How often the sheets of a territory were loaded.
sub loads
{
    my ($host) = @_;
    my @line = $server->log_text
        =~ /CPTS008: Territoire $host: .* generation/g;
    return scalar @line;
}

subtest 'nothing is open before the first request' => sub {
    is_deeply connections(), {}, 'no database';
    is scalar(() = $server->log_text =~ /CPTS008/g), 0, 'no sheets';
};

subtest 'only what was asked for' => sub {
    is_status(ask(3, GET => '/health'), 200, 'the third territory');
    is_deeply connections(), { 3 => 1 }, 'one connection, to its database';
    is loads(3), 1, 'its sheets are loaded';
    is scalar(() = $server->log_text =~ /CPTS008/g), 1, 'no others';
    is_status(ask(3, GET => '/health'), 200, 'asked again');
    is_deeply connections(), { 3 => 1 }, 'the same connection';
    is loads(3), 1, 'not loaded again';
};

subtest 'a broken one disturbs nobody' => sub {
    is_problem(ask($BROKEN, GET => '/health'), 503, 'database_missing');
    for my $host (grep { $_ != $BROKEN } 1 .. $HOSTS) {
        my $health = ask($host, GET => '/health');
        is_status($health, 200, "territory $host");
        is $health->json->{territories}[0]{name}, "Territoire $host",
            'under its name';
    }
    is_problem(ask($BROKEN, GET => '/me', as => 'coordination'), 503,
        'database_missing', 'still broken');
    ok !-e file_of($server, $BROKEN), 'and nothing was created';
};

subtest 'no more connections than are kept for all together' => sub {
    my $open = connections();
    delete $open->{$POOL};
    is scalar(keys %$open), $KEPT, "$KEPT databases are open";
    is_deeply [ grep { $_ != 1 } values %$open ], [], 'once each';
    ok !$open->{3}, 'that of the third, asked long ago, is closed';
    is_status(ask(3, GET => '/territory', as => 'coordination'), 200,
        'the third is there nevertheless');
    is loads(3), 1, 'its sheets have stayed';
    is scalar(keys %{ connections() }), $KEPT + 1,
        'its connection took the place of another';
};

subtest 'two hosts, one database' => sub {
    is_status(ask(1, POST => '/sheets', as => 'coordination',
        json => sheet(name => 'Dr Premier Hôte')), 201, 'a sheet by one');
    my $match = ask($TWIN, POST => '/match', as => 'coordination',
                    json => need());
    is_deeply [ proposed($match) ], [$OWN], 'proposed at once by the other';
    is_status(ask($TWIN, POST => "/sheets/$OWN/leave",
        as => 'coordination', json => {}), 200, 'left by the other');
    $match = ask(1, POST => '/match', as => 'coordination', json => need());
    is_deeply [ proposed($match) ], [], 'and by the first';
    is connections()->{1}, 1, 'they share a connection';
    is_problem(ask(2, GET => "/sheets/$OWN", as => 'coordination'), 404,
        undef, 'a third host has nothing of it');
};

subtest 'what virtual hosts share, and what not' => sub {
    my ($one, $other, $small) = map {
        ask($_, GET => '/territory', as => 'coordination')->json
    } 1, 2, $SMALL;
    is scalar @{ $one->{communes} }, 36, 'communes of the main server';
    is_deeply $other->{communes}, $one->{communes}, 'the same for another';
    is_deeply $other->{perimeters}, $one->{perimeters}, 'its perimeters too';
    is_deeply [ map { $_->{insee} } @{ $small->{communes} } ],
        [qw(31113 31035 31004)], 'communes of its own';
    is_deeply [ map { sort @{ $_->{communes} } } @{ $small->{perimeters} } ],
        [qw(31035 31113)], 'the perimeter of the main server among them';
};

my $asked;
subtest 'the same after a graceful restart' => sub {
    my ($old) = $server->children;
    $server->{idle} = '3s';
    $server->graceful;
    ok Cpts::Server::wait_for(sub {
        my @child = $server->children;
        return @child == 1 && $child[0] != $old;
    }), 'a new child';
    is_deeply connections(), {}, 'nothing is open';
    $asked = time;
    is_status(ask($_, GET => '/health'), 200, "territory $_") for 4, $POOL;
    is_deeply connections(), { 4 => 1, $POOL => 1 }, 'but where it is used';
};

subtest 'an idle territory gives everything back' => sub {
    is_status(ask($LONG, GET => '/health'), 200, 'one that may idle longer');
    my $loads = loads(4);
    my $busy = loads(5);
    ok Cpts::Server::wait_for(sub {
        # one stays in use meanwhile
        ask(5, GET => '/health');
        return !connections()->{4};
    }), 'its connection is closed';
    cmp_ok time - $asked, '>=', 2.9, 'not before CptsIdle';
    ok connections()->{5}, 'that of a busy one is not';
    is loads(5), $busy + 1, 'which was loaded once';
    ok connections()->{$LONG}, 'nor that of one with a longer CptsIdle';
    ok connections()->{$POOL}, 'nor one of a pool of mod_dbd';
    for my $host (4, $POOL) {
        ok Cpts::Server::wait_for(sub {
            $server->log_text =~ /CPTS013: Territoire $host:/
        }), "the sheets of territory $host are let go of";
    }
    is loads(4), $loads, 'its sheets';
    is_status(ask(4, GET => '/territory', as => 'coordination'), 200,
        'it answers again');
    is loads(4), $loads + 1, 'are loaded again';
    $loads = loads($POOL);
    is_status(ask($POOL, GET => '/health'), 200, 'so does the one of a pool');
    is loads($POOL), $loads + 1, 'whose sheets were let go of too';
};

subtest 'at rest' => sub {
    ok Cpts::Server::wait_for(sub {
        return join(' ', sort keys %{ connections() })
            eq join ' ', sort $LONG, $POOL;
    }), 'nothing is open but what was to stay';
};

$server->finish;

# --- the part of the benchmark, with few of them and no figure that counts
{
    my $folder = tempdir('cpts-hosts-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $folder;
    my @row = Bench::Territories::run(folder => $folder, territories => 3,
        rounds => 1, idle => 1, route => [ GET => '/health' ]);
    is scalar @row, 4, 'the part territories-800 of "make bench"';
    is_deeply [ grep { !length $_->{figure} || !length $_->{aim} } @row ],
        [], 'each row with a figure and an aim';
    like $row[3]{figure}, qr/^(\d+); \d+ once.*; (?:\1|\d+) when idle/,
        'descriptors before, while and after';
}
done_testing;
