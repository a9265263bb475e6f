# SPDX-License-Identifier: Apache-2.0
# Requests by wrk: one measurement, rounds of several targets in turn.
package Bench::Load;

use strict;
use warnings;

use Exporter qw(import);
use Fcntl qw(:flock);
use File::Basename qw(dirname);
use List::Util qw(min);

use Bench::Machine qw(processor_time);
use Bench::Stats qw(is_quiet mean median ratios spread);

our @EXPORT_OK = qw(measure interleave tell rates costs lates compare judged);

# Set by the program: how wrk is called, seconds and number of rounds.
our ($WRK, $SECONDS, $ROUNDS) = ('wrk', 1, 5);

# A server that had less of its core than this was not alone.
my $BUSY = 0.8;

# What wrk runs.
our $SCRIPT = dirname(__FILE__) . '/../../needs.lua';

# While something is measured, this file is locked: heavy work of others on
# this machine may wait for it.
my $lock;

sub quiet
{
    my ($code) = @_;
    return $code->() if !length($ENV{CPTS_BENCH_LOCK} // '');
    if (!$lock) {
        open $lock, '>>', $ENV{CPTS_BENCH_LOCK}
            or die "$ENV{CPTS_BENCH_LOCK}: $!\n";
    }
    flock $lock, LOCK_EX or die "$ENV{CPTS_BENCH_LOCK}: $!\n";
    my @result = eval { $code->() };
    my $fault = $@;
    flock $lock, LOCK_UN;
    die $fault if $fault;
    return @result;
}

# One measurement of a target: { name, origin, path, file, and perhaps
# verb => 'GET' (PATH/BYTES.json), headers => ['Name: value'],
# connections => N, pids => CODE }.
# Requests per second, latencies in microseconds, processor time of the
# server for one request in microseconds, bytes of one answer with its head.
sub measure
{
    my ($target, $seconds) = @_;
    my $verb = $target->{verb} // 'POST';
    my $connections = $target->{connections} // 16;
    my @argument = map { quoted($_) } $verb, @$target{qw(path file)},
        @{ $target->{headers} // [] };
    my $pids = $target->{pids} // sub { () };
    my $before = processor_time($pids->());
    my $output = `$WRK -t1 -c$connections -d${seconds}s \\
        -s '$SCRIPT' '$target->{origin}/' -- \\
        @argument 2>&1`;
    my $used = processor_time($pids->()) - $before;
    my ($requests, $duration, $bytes, $errors, $median, $late)
        = $output =~ /^FIGURES (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$/m
        or die "wrk: $output\n";
    die "$errors requests to $target->{name} failed\n$output" if $errors;
    die "no request to $target->{name} was answered\n$output" if !$requests;
    return { rate => $requests / $duration * 1e6, median => $median,
             late => $late, bytes => $bytes / $requests,
             requests => $requests, cost => $used / $requests * 1e6 };
}

sub quoted
{
    my ($text) = @_;
    return "'" . $text =~ s/'/'\\''/gr . "'";
}

# All targets in turn, in rounds whose order is reversed each time; each was
# run a little before.  Returns the figures of each, in the order given.
sub interleave
{
    my ($target, %option) = @_;
    my $rounds = $option{rounds} // $ROUNDS;
    my @figure = map { [] } @$target;
    quiet(sub {
        measure($_, 1) for @$target;
        for my $round (1 .. $rounds) {
            my @order = 0 .. $#$target;
            @order = reverse @order if $round % 2 == 0;
            push @{ $figure[$_] }, measure($target->[$_],
                $option{seconds} // $SECONDS) for @order;
        }
        return;
    });
    return @figure;
}

sub rates { return [ map { $_->{rate} } @{ $_[0] } ] }
sub costs { return [ map { $_->{cost} } @{ $_[0] } ] }
sub lates { return [ map { $_->{late} } @{ $_[0] } ] }

# What was measured of one target, as a line.
sub tell
{
    my ($target, $figure) = @_;
    my $rate = spread(@{ rates($figure) });
    my $cost = spread(@{ costs($figure) });
    printf "  %-18s %8.0f /s (%.0f to %.0f)", $target->{name},
        @$rate{qw(median least most)};
    printf "  cpu %.1f us (least %.1f)", @$cost{qw(median least)}
        if $cost->{median};
    printf "  p50 %.2f ms, p99 %.2f ms  %.0f bytes\n",
        median(map { $_->{median} } @$figure) / 1000,
        median(@{ lates($figure) }) / 1000,
        mean(map { $_->{bytes} } @$figure);
    return;
}

# The ratio of requests per second, round by round; and that of processor
# time in the least disturbed rounds: other users of the machine only ever
# add to it.
sub compare
{
    my ($figure, $yardstick) = @_;
    my $spread = spread(ratios(rates($figure), rates($yardstick)));
    my $own = spread(@{ costs($figure) })->{least};
    my $other = spread(@{ costs($yardstick) })->{least};
    $spread->{cpu} = $own && $other ? $other / $own : undef;
    $spread->{busy} = min(busy($figure), busy($yardstick));
    return $spread;
}

# How much of a core the server had while it was measured. When it had much
# less than all, others had it, or the client had too little of its own.
sub busy
{
    my ($figure) = @_;
    return median(map { $_->{rate} * $_->{cost} / 1e6 } @$figure);
}

# Of a ratio whose server had its core, and whose rounds agree, requests per
# second tell; otherwise the processor's time does. What waits for the disk
# is never told by the processor.
sub judged
{
    my ($spread, %option) = @_;
    my $quiet = is_quiet($spread) && $spread->{busy} >= $BUSY;
    return ($spread->{median}, '')
        if $quiet || $option{waits} || !defined $spread->{cpu};
    return ($spread->{cpu}, ', by cpu');
}

1;
