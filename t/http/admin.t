#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# An administrator at work with the sqlite3 command while requests run:
# ANALYZE, VACUUM, ALTER TABLE, CREATE TABLE, locks, graceful restarts.
use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);

use Cpts::Check;
use Cpts::Load;
use Cpts::Server;

my $server = Cpts::Server->new(directives => <<'LINES');
CptsDailyConsultations 10000
CptsWriteTimeout 5s
LINES
create_sheet($server, rpps => rpps($_)) for 1 .. 30;
create_sheet($server, rpps => $OWN);

# One round of a client: reads, matches and writes in turn.
my @TURN = (
    [ POST => '/match', json => need(), as => 'pharmacie' ],
    [ GET => "/sheets/$OWN", as => 'docteur' ],
    [ POST => "/sheets/$OWN/confirm", json => {}, as => 'docteur' ],
    [ GET => '/sheets?q=fictive', as => 'coordination' ],
    [ GET => '/health' ],
    [ GET => "/sheets/$OWN/viewers", as => 'docteur' ],
    [ POST => '/sheets/' . rpps(3) . '/pause',
      json => { until => day(2) }, as => 'coordination' ],
    [ POST => '/sheets/' . rpps(3) . '/resume', json => {},
      as => 'coordination' ],
);

sub client
{
    my (undef, $round) = @_;
    my $turn = $TURN[ $round % @TURN ];
    my $answer = $server->request(@$turn);
    return $answer->status . " $turn->[0] $turn->[1] "
        . ($answer->status == 200 ? '' : substr $answer->content, 0, 300);
}

sub judge
{
    my ($name, @line) = @_;
    my @bad = grep { !/^200 / } @line;
    cmp_ok scalar @line, '>=', 30, "$name: " . @line . ' requests';
    is scalar @bad, 0, "$name: not a single failure";
    diag $_ for splice @bad, 0, 5;
    return;
}

# --- the schema changes under the running server ----------------------------
subtest 'schema changes' => sub {
    my @work = (
        [ 'ANALYZE', 'ANALYZE;' ],
        [ 'VACUUM', 'VACUUM;' ],
        [ 'ALTER TABLE ADD COLUMN',
          'ALTER TABLE practitioner ADD COLUMN admin%d TEXT;' ],
        [ 'ALTER TABLE account',
          'ALTER TABLE account ADD COLUMN admin%d TEXT;' ],
        [ 'ALTER TABLE journal',
          'ALTER TABLE journal ADD COLUMN admin%d TEXT;' ],
        [ 'CREATE TABLE', 'CREATE TABLE admin%d (x); '
          . 'INSERT INTO admin%d VALUES (1);' ],
        [ 'CREATE INDEX',
          'CREATE INDEX admin_i%d ON practitioner (search);' ],
        [ 'DROP TABLE', 'DROP TABLE admin%d;' ],
        [ 'REINDEX', 'REINDEX;' ],
        [ 'checkpoint', 'PRAGMA wal_checkpoint(TRUNCATE);' ],
        [ 'integrity', 'PRAGMA integrity_check;' ],
    );
    my $load = Cpts::Load->start(\&client, 2);
    for my $round (1, 2) {
        for my $work (@work) {
            my ($name, $sql) = @$work;
            $server->sqlite($sql =~ s/%d/$round/gr);
            ok $load->wait_more(12), "$name, round $round";
        }
    }
    judge('schema changes', $load->stop);
};

# --- somebody holds the write lock ------------------------------------------
subtest 'a lock for a second' => sub {
    my $load = Cpts::Load->start(\&client, 2);
    $load->wait_more(5);
    for my $round (1 .. 2) {
        my $free = $server->begin_write;
        sleep 1;
        $free->();
        $load->wait_more(10);
    }
    judge('short lock', $load->stop);
};

subtest 'a lock beyond the deadline' => sub {
    $server->{directives} =~ s/WriteTimeout 5s/WriteTimeout 1s/;
    $server->graceful;
    $server->expect_log(qr/CPTS\d{3}:.*(?:lock|busy)/i);
    my $free = $server->begin_write;
    for my $turn (grep { $_->[0] eq 'GET' } @TURN) {
        my $answer = $server->request(@$turn);
        is_status($answer, 200, "locked: GET $turn->[1] goes on");
    }
    for my $turn (grep { $_->[0] eq 'POST' } @TURN) {
        my $begin = time;
        my $answer = $server->request(@$turn);
        is_problem($answer, 503, 'database_busy',
            "locked: POST $turn->[1] is 503");
        like $answer->header('retry-after') // '', qr/^\d+$/, 'Retry-After';
        cmp_ok time - $begin, '<', 10, 'after the deadline, not much later';
    }
    # many writers wait at the same time, not one after the other
    my $begin = time;
    my @answer = $server->burst(($server->wire(@{ $TURN[2] })) x 16);
    is scalar(grep { $_ && $_->status == 503 } @answer), 16,
        'sixteen writers: all 503';
    cmp_ok time - $begin, '<', 10, 'their waits do not add up';
    $free->();
    my @status = map { $server->request(@$_)->status } @TURN;
    is_deeply \@status, [ (200) x @TURN ], 'free again: everything works';
    my $version = sub {
        return $server->get("/sheets/$OWN", as => 'docteur')->etag;
    };
    my $before = $version->();
    sleep 0.5;
    is $version->(), $before, 'no refused write appears later';
    $server->{directives} =~ s/WriteTimeout 1s/WriteTimeout 5s/;
    $server->graceful;
};

# --- graceful restarts ------------------------------------------------------
subtest 'graceful restarts under load' => sub {
    my $load = Cpts::Load->start(\&client, 2);
    for my $round (1 .. 3) {
        $load->wait_more(15);
        $server->graceful;
    }
    $load->wait_more(15);
    judge('graceful restarts', $load->stop);
};

subtest 'a change is seen by both generations of children' => sub {
    # nothing but the shared counter can tell the old child
    my $server = Cpts::Server->new(directives => "CptsRefresh 60s\n");
    create_sheet($server, rpps => $OWN);
    my $wire = $server->wire(POST => '/match', json => need(),
                             as => 'pharmacie');
    my $old = $server->raw->send($wire);
    is_deeply [ proposed($old->response) ], [$OWN], 'proposed before';
    # a request that is half sent keeps the old child alive
    my $cut = length($wire) - 3;
    $old->send(substr $wire, 0, $cut);
    ok Cpts::Server::wait_for(sub { $old->is_read }), 'it is being read';
    $server->graceful;
    is_status($server->post("/sheets/$OWN/leave", {}, as => 'docteur'), 200,
        'left, by a new child');
    my $answer = $old->send(substr $wire, $cut)->response;
    ok $answer, 'the old child answers' or return;
    is_status($answer, 200, 'well');
    is_deeply [ proposed($answer) ], [],
        'and does not propose who has just left';
    $server->finish;
};

subtest 'another httpd on the same database' => sub {
    my $other = Cpts::Server->new(start => 0, database => 0,
        directives => "CptsDailyConsultations 10000\n");
    $other->{file} = $server->{file};
    $other->start;
    my $rpps = rpps(7);
    my $wire = $other->wire(POST => '/match', as => 'coordination',
                            json => need());
    my $candidates = sub {
        my %count = map { ($_ ? $_->json->{candidates} : 'none') => 1 }
            $other->burst(($wire) x 8);
        return join ' ', sort keys %count;
    };
    my $before = $candidates->();
    like $before, qr/^\d+$/, 'both serve the same sheets';
    my $path = "/sheets/$rpps";
    is_status($server->post("$path/leave", {}, as => 'coordination'), 200,
        'left, by one');
    ok Cpts::Server::wait_for(sub { $candidates->() eq $before - 1 }, 5),
        'every child of the other sees it within CptsRefresh';
    is_status($other->post("$path/resume", {}, as => 'coordination'), 200,
        'back, by the other');
    is $candidates->(), $before, 'at once in its own children';
    $other->finish;
};

# --- the coordinator's own tools on the live file ---------------------------
subtest 'cptsctl on the live database' => sub {
    my $load = Cpts::Load->start(\&client, 1);
    my $copy = "$server->{dir}/run/copy.db";
    $server->ctl_ok('', 'backup', $copy);
    is $server->sqlite('PRAGMA integrity_check;', file => $copy), "ok\n",
        'a live backup is sound';
    $server->account_add('nouvelle', 'professional');
    is_status($server->get('/me', as => 'nouvelle'), 200,
        'a new account works at once');
    $server->ctl_ok('', 'account', 'disable', 'nouvelle');
    $server->expect_refusals;
    is_problem($server->get('/me', as => 'nouvelle'), 401, undef,
        'a disabled one is out at once');
    $server->ctl_ok('', 'check');

    # a sheet erased by the API comes back by an import
    my $csv = "$server->{dir}/run/sheets.csv";
    $server->ctl_ok('', 'export', 'sheets', $csv);
    my $rpps = rpps(5);
    is_status($server->delete("/sheets/$rpps", as => 'coordination'), 204,
        'erased');
    $server->ctl_ok('', 'import', 'sheets', $csv, '--update',
        '--communes', Cpts::Server::communes_file());
    is_status($server->get("/sheets/$rpps", as => 'coordination'), 200,
        'imported again');
    my $wire = $server->wire(POST => '/match', as => 'coordination',
                             json => need());
    ok Cpts::Server::wait_for(sub {
        my @candidates = map { $_ ? $_->json->{candidates} : 0 }
            $server->burst(($wire) x 8);
        return !grep { $_ < 30 } @candidates;
    }, 10), 'every child sees it within CptsRefresh';
    judge('cptsctl', (('200 ') x 30, $load->stop));
};

$server->finish;
done_testing;
