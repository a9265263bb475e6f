# SPDX-License-Identifier: Apache-2.0
# Fifty changes a second: how late the latest answers are, and how long it
# takes until every child answers with a change.
package Bench::Part::Changes;

use strict;
use warnings;

use Time::HiRes qw(sleep time);

use Bench::Bed;
use Bench::Changes;
use Bench::Load qw(interleave tell);
use Bench::Part::Durable;
use Bench::Stats qw(median percentile);

# Both routes while sheets change.
sub late
{
    my ($table, $name, $aim) = @_;
    my $bed = Bench::Bed->of($name)->serve->check('/match-only');
    $bed->tell;
    my @target = map { $bed->target($_) } qw(/match-only /constant);
    my (@figure, $rate);
    # what others measure is not to be disturbed by the changes either
    Bench::Load::quiet(sub {
        my $changes = Bench::Changes->start($bed->{server});
        @figure = interleave(\@target, seconds => 2);
        $rate = $changes->stop;
    });
    tell($target[$_], $figure[$_]) for 0, 1;
    my $work = sprintf 'match, %s, %.0f changes/s', $bed->doctors, $rate;
    print "  $work\n";
    die "that is less than was meant\n"
        if $rate < 0.9 * $Bench::Changes::PER_SECOND;
    Bench::Part::Durable::late_row($table, $work, "p99 to the constant's",
                                   @figure, $aim);
    return;
}

# --- seen by every child

my $CHILDREN = 3;
my $CHANGES  = 300;

# Asks every child until each answers with this generation.
sub wait_for_all
{
    my ($wire, $generation, @raw) = @_;
    while (@raw) {
        $_->send($wire) for @raw;
        @raw = grep {
            $_->response->json->{generation} < $generation } @raw;
    }
    return;
}

# Milliseconds from the acknowledgement of a change until the last child has
# answered with it; each change.
sub times_until_seen
{
    my ($bed) = @_;
    my $server = $bed->{server};
    my $wire = $server->wire('GET', '/seen');
    my @raw = values %{ $bed->each_child };
    my $next = Bench::Changes::stream($server);
    my $changer = $server->raw;
    my $generation = $raw[0]->send($wire)->response->json->{generation};
    my ($begin, @time) = time;
    for my $count (1 .. $CHANGES) {
        Bench::Changes::acknowledged($changer, $next->())
            or die "a change had no answer\n";
        my $then = time;
        wait_for_all($wire, $generation + $count, @raw);
        push @time, (time - $then) * 1000;
        my $wait = $begin + $count / $Bench::Changes::PER_SECOND - time;
        sleep $wait if $wait > 0;
    }
    # each change is one generation: else something else was waited for
    my $last = $server->sqlite('SELECT generation FROM territory;') + 0;
    die "$CHANGES changes, generation $generation to $last\n"
        if $last != $generation + $CHANGES;
    return ($CHANGES / (time - $begin), @time);
}

sub seen
{
    my ($table, $name, $aim) = @_;
    my $bed = Bench::Bed->of($name)->serve(children => $CHILDREN,
        threads => $Bench::Part::Durable::THREADS);
    my ($rate, @time);
    Bench::Load::quiet(sub {
        ($rate, @time) = times_until_seen($bed);
    });
    my $late = percentile(99, @time);
    my $told = sprintf '%.2f ms (median %.2f, longest %.2f)', $late,
        median(@time), percentile(100, @time);
    my $work = sprintf 'a change is seen by all of %d children', $CHILDREN;
    my $verdict = $table->add($work, 'p99, from its acknowledgement', $late,
                              $told, $aim);
    printf "  %s, %.0f changes/s, %d of them\n", $bed->doctors, $rate,
        scalar @time;
    print "  p99 until the last child has answered with it: $told;"
        . " aim $aim, $verdict\n";
    return;
}

1;
