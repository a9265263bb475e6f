# SPDX-License-Identifier: Apache-2.0
# A match whose consultation is on the disk before the answer leaves, beside
# the match alone and a static file; and nothing lost when children die.
package Bench::Part::Durable;

use strict;
use warnings;

use List::Util qw(sum);
use Time::HiRes qw(sleep time);

use Bench::Bed;
use Bench::Load qw(interleave lates tell);
use Bench::Part::Match;
use Bench::Stats qw(median ratios spread told_spread);
use Cpts::Load;

# As many connections for every route: what is durable waits for the disk,
# and those who wait together share one commit.
our $CONNECTIONS = 64;
# A worker waits with each request, and httpd keeps some for itself.
our $THREADS = 80;

my @AIM = ('>= 0.70', '>= 0.85', '<= 1.5');

sub late_row
{
    my ($table, $work, $measure, $figure, $yardstick, $aim) = @_;
    my $spread = spread(ratios(lates($figure), lates($yardstick)));
    # one late answer in a round says little: the middle of all rounds counts
    $spread->{median} = median(@{ lates($figure) })
        / median(@{ lates($yardstick) });
    my $told = told_spread($spread);
    my $verdict = $table->add($work, $measure, $spread->{median}, $told,
                              $aim);
    print "  $measure: $told", defined $aim ? "; aim $aim, $verdict" : '',
        "\n";
    return;
}

sub with_children
{
    my ($table, $bed, $children) = @_;
    my $work = sprintf 'durable, %s, %d %s', $bed->doctors, $children,
        $children > 1 ? 'children' : 'child';
    $bed->serve(children => $children, threads => $THREADS);
    print "  $work\n";
    my @target = map { $bed->target($_, connections => $CONNECTIONS) }
        qw(/match-durable /match-only /static);
    my ($durable, $match, $static) = interleave(\@target);
    tell($target[0], $durable);
    tell($target[1], $match);
    tell($target[2], $static);
    my $row = \&Bench::Part::Match::row;
    $row->($table, $work, 'req/s to match alone', $durable, $match, $AIM[0],
           waits => 1);
    $row->($table, $work, 'req/s to static', $durable, $static, $AIM[1],
           waits => 1);
    late_row($table, $work, 'p99 to match alone', $durable, $match, $AIM[2]);
    return;
}

sub run
{
    my ($table, $name) = @_;
    my $bed = Bench::Bed->of($name)->serve;
    $bed->check('/match-only', '/match-durable')->tell;
    print "  $CONNECTIONS connections, $THREADS threads a child, for all\n";
    with_children($table, $bed, $_) for 1 .. 3;
    return;
}

# --- the ledger

my $SECONDS = 6;
my $CLIENTS = 6;

# Needs whose answers are always of the same doctors, whoever's turn it is.
sub settled_needs
{
    my ($bed) = @_;
    my @settled = grep {
        my $json = $bed->post('/match-only', $_)->json;
        my $count = @{ $json->{proposals} };
        $count > 0 && $json->{candidates} == $count;
    } @{ $bed->{world}{need} };
    die "no need has a settled answer\n" if !@settled;
    return @settled;
}

# One search under a key of its own, sent again until it is answered.
sub insist
{
    my ($server, $need, $key) = @_;
    for my $try (1 .. 200) {
        my $answer = $server->post('/match', $need, as => 'ledger',
            headers => { 'Idempotency-Key' => $key });
        my $status = $answer->status;
        return join ' ', $key, $status, $try, join ',', sort map {
            $_->{rpps} } @{ $answer->json->{proposals} } if $status == 200;
        return "$key $status $try" if $status !~ /^(?:599|503)$/;
        sleep 0.02 + rand 0.05;
    }
    return "$key never 200";
}

# wrk beside them, so that each commit serves many; answers that it had.
sub crowd
{
    my ($bed) = @_;
    my $target = $bed->target('/match-durable');
    my @argument = map { Bench::Load::quoted($_) } 'POST',
        @$target{qw(path file)};
    open my $pipe, '-|', "$Bench::Load::WRK -t1 -c32 -d${SECONDS}s"
        . " -s '$Bench::Load::SCRIPT' '$target->{origin}/' -- @argument"
        or die "wrk: $!\n";
    return $pipe;
}

sub answered
{
    my ($pipe) = @_;
    my $output = do { local $/ = undef; <$pipe> };
    close $pipe;
    my ($requests) = ($output // '') =~ /^FIGURES (\d+) /m
        or die "wrk: $output\n";
    # those of another status are not counted apart from broken connections
    my ($refused) = $output =~ /Non-2xx or 3xx responses: (\d+)/;
    return $requests - ($refused // 0);
}

sub kill_some
{
    my ($server) = @_;
    my $end = time + $SECONDS;
    my $killed = 0;
    while (time < $end) {
        sleep 0.4 + rand 0.5;
        my @child = $server->children;
        $killed += kill 'KILL', $child[rand @child] if @child;
    }
    return $killed;
}

# What the database has of the ledger's account: key => doctors shown.
sub written
{
    my ($server, $id) = @_;
    my %written;
    for my $line (split /\n/, $server->sqlite(<<"SQL")) {
SELECT k.key, (SELECT group_concat(rpps) FROM (SELECT p.rpps
    FROM json_each(j.sheets) AS e JOIN practitioner AS p ON p.id = e.value
    ORDER BY p.rpps))
  FROM shown_key AS k JOIN journal AS j ON j.id = k.journal_id
 WHERE k.account_id = $id;
SQL
        my ($key, $rpps) = split /\|/, $line;
        $written{$key} = $rpps;
    }
    return \%written;
}

sub count
{
    my ($server, $which) = @_;
    return $server->sqlite('SELECT count(*) FROM journal'
        . " WHERE action = 'match' AND actor $which;") + 0;
}

sub judge
{
    my ($line, $written, $rows) = @_;
    my @fault;
    for my $line (@$line) {
        my ($key, $status, $tries, $rpps) = split / /, $line;
        if ($status ne '200') {
            push @fault, "$key was refused: $status";
        }
        elsif (!defined $written->{$key}) {
            push @fault, "$key is lost";
        }
        elsif ($written->{$key} ne $rpps) {
            push @fault, "$key shows $written->{$key}, not $rpps";
        }
    }
    push @fault, "$rows entries for " . @$line . ' answers'
        if $rows != @$line;
    return @fault;
}

sub ledger
{
    my ($table) = @_;
    my $work = 'durable, 100 doctors, children killed';
    my $bed = Bench::Bed->of(100);
    $bed->serve->check('/match-only', '/match-durable')->tell;
    my $server = $bed->{server};
    $server->expect_log(qr/child pid \d+ exit signal Killed|AH(?:00052|10159):/);
    my @need = settled_needs($bed);
    # a child that dies is replaced at once
    $bed->serve(children => 3, threads => $THREADS,
                config => 'MinSpareThreads ' . 3 * $THREADS . "\n");
    my $id = $Bench::Server::ACCOUNTS + 1;    # of "ledger"
    my ($before, $own) = (count($server, "< $id"), count($server, "= $id"));
    my $load = Cpts::Load->start(sub {
        my ($client, $round) = @_;
        return insist($server, $need[rand @need],
                      "$$-" . time . "-$client-$round");
    }, $CLIENTS);
    my $pipe = crowd($bed);
    my $killed = kill_some($server);
    my $answered = answered($pipe);
    my @line = $load->stop;
    my @fault = judge(\@line, written($server, $id),
                      count($server, "= $id") - $own);
    my $rows = count($server, "< $id") - $before;
    my $most = $answered + 32 * ($killed + 2);
    push @fault, "$rows entries for $answered answers to wrk"
        if $rows < $answered || $rows > $most;
    my ($status, $said) = $server->ctl('', '-d', $server->{file}, 'journal',
                                       'verify');
    push @fault, "the journal is not whole: $said" if $status != 0;
    my $again = grep { (split / /)[2] > 1 } @line;
    die join("\n", splice(@fault, 0, 10)) . "\n" if @fault;
    my $told = sprintf '%d killed; %d searches by key (%d sent again) and'
        . ' %d by wrk: none lost, none double', $killed, scalar @line,
        $again, $answered;
    print "  $told\n";
    $table->add($work, 'acknowledged and not written', 0, '0', '<= 0');
    return;
}

1;
