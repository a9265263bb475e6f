#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# A change is taken up by the child where it was made before it is
# acknowledged: no request has to look for it. All other changes are looked
# for by the next request.
use strict;
use warnings;

use Test::More;

use Cpts::Check;
use Cpts::Load;
use Cpts::Server;

# Nothing is looked at because time has passed.
my $QUIET = "CptsRefresh 60s\nCptsDailyConsultations 10000\n";

# The generations that were taken up so far, oldest first.
sub taken_up
{
    my ($server) = @_;
    return [ $server->log_text =~ /CPTS008: .* generation (\d+)/g ];
}

sub generation
{
    my ($server) = @_;
    return $server->sqlite('SELECT generation FROM territory;') + 0;
}

sub candidates
{
    my ($server) = @_;
    my $answer = $server->post('/match', need(), as => 'pharmacie');
    return $answer->status == 200 ? $answer->json->{candidates}
        : $answer->summary;
}

my $one = Cpts::Server->new(children => 1, directives => $QUIET,
    log_level => 'info cpts:debug');
create_sheet($one, rpps => $_) for $OWN, map { rpps($_) } 1 .. 5;
is candidates($one), 6, 'all are there';

# What a change was, and how many are proposed after it.
my @CHANGE = (
    [ 'a pause', sub {
        $one->post("/sheets/$OWN/pause", { until => day(30) },
                   as => 'docteur') }, 5 ],
    [ 'its end', sub {
        $one->post("/sheets/$OWN/resume", {}, as => 'docteur') }, 6 ],
    [ 'a new sheet', sub { create_sheet($one, rpps => rpps(6)) }, 7 ],
    [ 'a move', sub {
        my $read = $one->get("/sheets/$OWN", as => 'docteur');
        $one->put("/sheets/$OWN", as => 'docteur',
            json => { %{ $read->json }, sites => [ site('31035') ] },
            headers => { 'If-Match' => $read->etag }) }, 7 ],
    [ 'an erasure', sub {
        $one->delete('/sheets/' . rpps(6), as => 'coordination') }, 6 ],
);
for (@CHANGE) {
    my ($what, $change, $left) = @$_;
    subtest "$what is taken up with its answer" => sub {
        my $before = @{ taken_up($one) };
        my $answer = $change->();
        like $answer->status, qr/^20[014]$/, 'done';
        my $after = taken_up($one);
        is scalar @$after, $before + 1,
            'a new version, and nobody has searched';
        is $after->[-1], generation($one), 'of this very generation';
        is candidates($one), $left, 'what a search finds';
        is_deeply taken_up($one), $after, 'without a look of its own';
    };
}

subtest 'a change from elsewhere is found by who comes next' => sub {
    my $before = taken_up($one);
    $one->ctl_ok('', 'import', 'sheets', '--update',
        "$ENV{CPTS_SRCDIR}/examples/sheets.csv", '--communes',
        Cpts::Server::communes_file());
    is_deeply taken_up($one), $before, 'nobody has looked yet';
    my $count = candidates($one);
    cmp_ok $count, '>', 6, 'a search finds the sheets';
    is scalar @{ taken_up($one) }, @$before + 1, 'by a look of its own';
    is taken_up($one)->[-1], generation($one), 'at all of them';
};

# A doctor leaves, and nobody says that the database has changed.
sub leaves_unsaid
{
    my ($number) = @_;
    $one->sqlite("UPDATE territory SET generation = generation + 1;
        UPDATE practitioner SET version = version + 1,
            generation = (SELECT generation FROM territory),
            sheet = json_set(sheet, '\$.availability.state', 'left')
        WHERE rpps = '" . rpps($number) . "';");
    return;
}

subtest 'a change here takes up those from elsewhere' => sub {
    my $before = candidates($one);
    # cptsctl says so, or does not
    leaves_unsaid(1);
    is candidates($one), $before, 'nobody has said so';
    is_status($one->post('/sheets/' . rpps(2) . '/leave', {},
        as => 'coordination'), 200, 'another change');
    is candidates($one), $before - 2, 'both are seen';
};

subtest 'many at once' => sub {
    my @wire = map {
        $one->wire(POST => '/sheets/' . rpps($_) . '/leave',
            as => 'coordination', json => {}) } 3 .. 5;
    my $before = candidates($one);
    my @answer = $one->burst(@wire, @wire, @wire);
    is scalar(grep { $_ && $_->status == 200 } @answer), 9, 'all are made';
    is candidates($one), $before - 3, 'and seen';
    is taken_up($one)->[-1], generation($one), 'with none behind';
};

subtest 'a change made before is told of again with its answer' => sub {
    my @again = ('/sheets/' . rpps(2) . '/resume', {}, as => 'coordination',
        headers => { 'Idempotency-Key' => 'again' });
    is_status($one->post(@again), 200, 'one comes back');
    my $before = candidates($one);
    # as if who made it had been killed before it could tell
    leaves_unsaid(2);
    is candidates($one), $before, 'nobody has said so';
    is_status($one->post(@again), 200, 'the same request again');
    is candidates($one), $before - 1, 'what is in the database is seen';
};

$one->finish;

subtest 'other children look for it themselves' => sub {
    my $server = Cpts::Server->new(children => 3, directives => $QUIET);
    create_sheet($server, rpps => $OWN);
    my $wire = $server->wire('POST', '/match', as => 'pharmacie',
                             json => need());
    my $found = sub {
        my %count = map { ($_ ? $_->json->{candidates} : 'none') => 1 }
            $server->burst(($wire) x 12);
        return join ' ', sort keys %count;
    };
    is $found->(), '1', 'proposed';
    for my $round (1 .. 5) {
        is_status($server->post("/sheets/$OWN/pause", { until => day(30) },
            as => 'docteur'), 200, "pause $round");
        is $found->(), '0', 'seen by all';
        is_status($server->post("/sheets/$OWN/resume", {},
            as => 'docteur'), 200, "its end $round");
        is $found->(), '1', 'seen by all';
    }
    cmp_ok scalar($server->served_by), '>=', 2, 'two children answered';
    $server->finish;
};

# Each client has a doctor of its own, the only one who speaks a language, and
# whom it finds, or not, in any child, whatever others change meanwhile.
subtest 'what was acknowledged holds for who asks then' => sub {
    my @LANGUAGE = qw(ar pt es de);
    my $server = Cpts::Server->new(children => 3, directives => $QUIET);
    create_sheet($server, rpps => rpps($_),
                 languages => ['fr', $LANGUAGE[ $_ - 1 ]]) for 1 .. @LANGUAGE;
    my $client = sub {
        my ($number, $round) = @_;
        my $pauses = $round % 2;
        my $change = $server->post('/sheets/' . rpps($number)
            . ($pauses ? '/pause' : '/resume'),
            $pauses ? { until => day(30) } : {}, as => 'coordination');
        return $change->summary if $change->status != 200;
        my $wire = $server->wire('POST', '/match', as => 'pharmacie',
            json => need(languages => [ $LANGUAGE[ $number - 1 ] ]));
        my @wrong = grep { !$_ || $_->status != 200
            || $_->json->{candidates} != !$pauses } $server->burst(($wire) x 4);
        return @wrong ? "round $round: " . @wrong . ' wrong' : 'right';
    };
    my $load = Cpts::Load->start($client, scalar @LANGUAGE);
    ok $load->wait_more(120), 'many changes';
    my %count;
    $count{$_}++ for $load->stop;
    is_deeply [ sort keys %count ], ['right'], 'all are seen at once'
        or diag explain \%count;
    cmp_ok scalar($server->served_by), '>=', 2, 'two children answered';
    $server->finish;
};

done_testing;
