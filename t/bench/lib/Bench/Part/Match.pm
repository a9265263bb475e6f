# SPDX-License-Identifier: Apache-2.0
# The match beside a constant and a static file of as many bytes; the same
# route beside itself; 100 practitioners beside 60,000.
package Bench::Part::Match;

use strict;
use warnings;

use Bench::Bed;
use Bench::Load qw(compare interleave judged tell);
use Bench::Stats qw(mean told_spread);

my %WHICH = (france => ', a real country', points => ', patients at points');

# One row of requests per second of a target to those of another. Options:
# format => '%.0f', waits => 1 where a server may wait for the disk.
sub row
{
    my ($table, $work, $measure, $figure, $yardstick, $aim, %option) = @_;
    my $spread = compare($figure, $yardstick);
    my $format = $option{format}
        // ($spread->{median} < 10 ? '%.2f' : '%.0f');
    my $told = told_spread($spread, $format) . (defined $spread->{cpu}
        ? sprintf("; by cpu $format", $spread->{cpu}) : '');
    my ($value, $how) = judged($spread, %option);
    my $verdict = $table->add($work, $measure, $value, $told, $aim, $how);
    print "  $measure: $told", defined $aim ? "; aim $aim, $verdict" : '',
        length $how ? '; the machine was not quiet' : '', "\n";
    return $spread;
}

# What an answer weighs may wander with the turns of equals, but not far.
sub check_weight
{
    my ($figure, $yardstick) = @_;
    my ($own, $other) = map { mean(map { $_->{bytes} } @$_) }
        $figure, $yardstick;
    die sprintf("answers weigh %.1f and %.1f bytes\n", $own, $other)
        if abs($own - $other) > 0.01 * $other;
    return;
}

# The noise: one route, twice.
sub same
{
    my ($table) = @_;
    my $bed = Bench::Bed->of(100)->serve->check('/match-only');
    $bed->tell;
    my @target = map { $bed->target('/match-only', name => "/match-only $_") }
        1, 2;
    my @figure = interleave(\@target);
    tell($target[$_], $figure[$_]) for 0, 1;
    row($table, 'the same route twice', 'req/s, one to the other', @figure);
    return;
}

# run(table, name of the bed, aim to the constant, aim to the file)
sub run
{
    my ($table, $name, @aim) = @_;
    my $bed = Bench::Bed->of($name)->serve->check('/match-only');
    $bed->tell;
    my @target = map { $bed->target($_) }
        qw(/match-only /constant /static);
    my ($match, $constant, $static) = interleave(\@target);
    tell($target[0], $match);
    tell($target[1], $constant);
    tell($target[2], $static);
    check_weight($match, $constant);
    my $work = 'match, ' . $bed->doctors . ($WHICH{$name} // '');
    row($table, $work, 'req/s to constant', $match, $constant,
        $aim[0]);
    row($table, $work, 'req/s to static', $match, $static, $aim[1]);
    return;
}

sub growth
{
    my ($table, $aim) = @_;
    my @bed = map { Bench::Bed->of($_)->serve->check('/match-only') }
        100, 60000;
    $_->tell for @bed;
    my @target = map { $_->target('/match-only',
        name => "/match-only $_->{name}") } @bed;
    my ($small, $large) = interleave(\@target);
    tell($target[0], $small);
    tell($target[1], $large);
    row($table, 'growth, 100 to 60,000 doctors', 'req/s, large to small',
        $large, $small, $aim);
    return;
}

1;
