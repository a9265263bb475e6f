#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Many at once: one winner per ETag; what was acknowledged is recorded, also
# when a child is killed in the middle.
use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);

use Cpts::Check;
use Cpts::Load;
use Cpts::Server;

my $server = Cpts::Server->new(
    directives => "CptsDailyConsultations 10000\n",
);
create_sheet($server, rpps => $OWN);
my $path = "/sheets/$OWN";

sub tally
{
    my %count;
    $count{ $_ ? $_->status : 'none' }++ for @_;
    return \%count;
}

subtest '50 replacements with the same ETag' => sub {
    for my $round (1 .. 5) {
        my $read = $server->get($path, as => 'docteur');
        my @wire = map {
            my %sheet = (%{ $read->json },
                         note => "round $round number $_");
            $server->wire(PUT => $path, as => 'docteur', json => \%sheet,
                headers => { 'If-Match' => $read->etag });
        } 1 .. 50;
        my @answer = $server->burst(@wire);
        is_deeply tally(@answer), { 200 => 1, 412 => 49 },
            "round $round: exactly one 200, 49 times 412";
        my ($won) = grep { $_ && $_->status == 200 } @answer;
        my $after = $server->get($path, as => 'docteur');
        is $after->etag, $won->etag, "round $round: the winner's ETag";
        is $after->json->{note}, $won->json->{note}, 'and its sheet';
    }
    cmp_ok scalar($server->served_by), '>=', 2, 'two children answered';
};

subtest 'the same sheet created 20 times' => sub {
    my $wire = $server->wire(POST => '/sheets', as => 'coordination',
        json => sheet(rpps => rpps(700)));
    is_deeply tally($server->burst(($wire) x 20)),
        { 201 => 1, 409 => 19 }, 'one 201, 19 times 409';
};

subtest 'erased 20 times' => sub {
    my $wire = $server->wire(DELETE => '/sheets/' . rpps(700),
        as => 'coordination');
    is_deeply tally($server->burst(($wire) x 20)),
        { 204 => 1, 404 => 19 }, 'one 204, 19 times 404';
};

subtest 'generation and versions count every change' => sub {
    my $generation = sub {
        return $server->sqlite('SELECT generation FROM territory;') + 0;
    };
    my $version = sub {
        return $server->sqlite("SELECT version FROM practitioner "
            . "WHERE rpps = '$OWN';") + 0;
    };
    my ($g, $v) = ($generation->(), $version->());
    my $wire = $server->wire(POST => "$path/confirm", as => 'docteur',
                             json => {});
    is_deeply tally($server->burst(($wire) x 40)), { 200 => 40 },
        '40 confirmations at once';
    is $version->() - $v, 40, 'each has raised the version';
    is $generation->() - $g, 40, 'and the generation';
};

# --- slow clients -----------------------------------------------------------
subtest 'slow clients hold no connection of the database' => sub {
    my $server = Cpts::Server->new(
        directives => "DBDPersist On\nDBDMin 1\nDBDKeep 1\n"
            . "DBDMax 1\n");
    create_sheet($server, rpps => $OWN);
    my $body = $server->wire(POST => '/match', json => need(),
                             as => 'pharmacie');
    my $cut = length($body) - 5;
    my @slow = map { $server->raw->send(substr $body, 0, $cut) } 1 .. 10;
    for my $round (1 .. 10) {
        my $begin = time;
        my $answer = $server->get($path, as => 'docteur');
        is_status($answer, 200, "others go on, $round");
        cmp_ok time - $begin, '<', 10, 'without waiting';
    }
    my @answer = map { $_->send(substr $body, $cut)->response } @slow;
    is_deeply tally(@answer), { 200 => 10 },
        'the slow ones are answered when they are done';
    $server->finish;
};

# --- acknowledged = recorded, with kill -9 ----------------------------------
sub client
{
    my ($client, $round) = @_;
    my $key = "kill-$$-$client-$round";
    my $answer = $server->post('/match', need(), as => 'pharmacie',
        headers => { 'Idempotency-Key' => $key });
    return $answer->status . " $key";
}

subtest 'kill -9 of a child' => sub {
    $server->expect_log(qr/child pid \d+ exit signal Killed|AH00052:/);
    my $load = Cpts::Load->start(\&client, 4);
    my $killed = 0;
    for my $round (1 .. 3) {
        ok $load->wait_more(40), "requests go on, round $round";
        my ($victim) = $server->children;
        $killed += kill 'KILL', $victim;
        Cpts::Server::wait_for(sub {
            return $server->children >= 2
                && !grep { $_ == $victim } $server->children;
        });
    }
    ok $load->wait_more(40), 'requests go on';
    my @line = $load->stop;
    is $killed, 3, 'three children were killed';

    my @acknowledged = map { /^200 (\S+)/ ? $1 : () } @line;
    my %recorded = map { $_ => 1 } split /\n/, $server->sqlite(
        "SELECT k.key FROM shown_key k JOIN journal j ON j.id = k.journal_id "
        . "WHERE j.action = 'match' AND k.key LIKE 'kill-%';");
    my @lost = grep { !$recorded{$_} } @acknowledged;
    cmp_ok scalar @acknowledged, '>=', 100,
        @acknowledged . ' were acknowledged';
    is scalar @lost, 0, 'every acknowledged consultation is recorded';
    my @other = grep { !/^(?:200|599) / } @line;
    is scalar @other, 0, 'an answer was a good one, or none at all';
    diag $_ for splice @other, 0, 5;
    is $server->sqlite('PRAGMA integrity_check;'), "ok\n",
        'the database is sound';
    my $shown = $server->sqlite('SELECT count(*) FROM shown_key k '
        . 'LEFT JOIN journal j ON j.id = k.journal_id '
        . "WHERE coalesce(j.sheets, '[]') = '[]' AND k.key LIKE 'kill-%';");
    is $shown, "0\n", 'each with the sheets that it showed';
    like $server->ctl_ok('', 'journal', 'verify'), qr/the journal is whole/,
        'and the journal is whole';
    is_deeply tally($server->burst(($server->wire(GET => '/me',
        as => 'docteur')) x 20)), { 200 => 20 }, 'every child is well';
};

$server->finish;
done_testing;
