# SPDX-License-Identifier: Apache-2.0
# Medians, percentiles and ratios of rounds, and how they are written.
package Bench::Stats;

use strict;
use warnings;

use Exporter qw(import);
use List::Util qw(max min);

our @EXPORT_OK = qw(median percentile mean ratios spread told_spread is_quiet
    thousands);

sub median
{
    my @sorted = sort { $a <=> $b } @_;
    my $half = int(@sorted / 2);
    return undef if !@sorted;
    return @sorted % 2 ? $sorted[$half]
        : ($sorted[ $half - 1 ] + $sorted[$half]) / 2;
}

# The least value that so many percent of the values do not exceed.
sub percentile
{
    my ($percent, @value) = @_;
    my @sorted = sort { $a <=> $b } @value;
    return undef if !@sorted;
    # in whole numbers: 99 % of 100 values are 99, not a little more
    my $rank = int((@sorted * $percent + 99) / 100);
    return $sorted[ max(1, min($rank, scalar @sorted)) - 1 ];
}

sub mean
{
    my $sum = 0;
    $sum += $_ for @_;
    return @_ ? $sum / @_ : undef;
}

# One by the other, round by round.
sub ratios
{
    my ($above, $below) = @_;
    die "not as many rounds\n" if @$above != @$below;
    return map { $above->[$_] / $below->[$_] } 0 .. $#$above;
}

# What is told of some values: the middle, the least, the greatest.
sub spread
{
    my @value = @_;
    return { median => median(@value), least => min(@value),
             most => max(@value) };
}

sub told_spread
{
    my ($spread, $format) = @_;
    $format //= '%.2f';
    return sprintf "$format ($format to $format)",
        @$spread{qw(median least most)};
}

# 60,000
sub thousands
{
    my ($number) = @_;
    1 while $number =~ s/^(\d+)(\d{3})/$1,$2/;
    return $number;
}

# Ratios that lie far apart are those of a machine that others use.
sub is_quiet
{
    my ($spread) = @_;
    return $spread->{most} <= 1.4 * $spread->{least};
}

1;
