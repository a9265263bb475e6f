# SPDX-License-Identifier: Apache-2.0
# The table at the end: work, measure, figure, aim, met or missed.
package Bench::Table;

use strict;
use warnings;

use List::Util qw(max);

my $WIDE = 48;

sub new { return bless { row => [], out => [] }, shift }

# add(work, measure, value, spread told, aim, how): the aim is ">= 0.95",
# "<= 5" or nothing; how the value was found is told with the verdict.
sub add
{
    my ($self, $work, $measure, $value, $told, $aim, $how) = @_;
    my $verdict = !defined $aim ? ''
        : (meets($value, $aim) ? 'met' : 'missed') . ($how // '');
    push @{ $self->{row} },
        [ $work, $measure, $told, $aim // '', $verdict ];
    return $verdict;
}

# The same, judged by who measured it.
sub add_judged
{
    my ($self, $work, $measure, $told, $aim, $met) = @_;
    push @{ $self->{row} }, [ $work, $measure, $told, $aim // '',
        !defined $aim ? '' : $met ? 'met' : 'missed' ];
    return;
}

# A part that could not run here, and what it needs.
sub left_out
{
    my ($self, $work, $why) = @_;
    push @{ $self->{out} }, [ $work, $why ];
    return;
}

# What others did wrong: they have no figure, and the run has failed.
sub wrong
{
    my ($self, $work) = @_;
    push @{ $self->{row} }, [ $work, 'WRONG: no figure', '', '', '' ];
    $self->{faults}++;
    return;
}

sub faults { return $_[0]{faults} // 0 }

sub meets
{
    my ($value, $aim) = @_;
    my ($sign, $limit) = $aim =~ /^(>=|<=) ([\d.]+)/
        or die "an aim that cannot be read: $aim\n";
    return $sign eq '>=' ? $value >= $limit : $value <= $limit;
}

sub text
{
    my ($self) = @_;
    my @line = ([ qw(work measure figure aim) ], @{ $self->{row} });
    # a long figure stands out instead of moving all others
    my @width = map { my $i = $_; max(grep { $_ <= $WIDE } map {
        length($_->[$i] // '') } @line) } 0 .. 3;
    my $text = '';
    for my $line (@line) {
        my $row = join '  ', map { sprintf "%-$width[$_]s", $line->[$_] // '' }
            0 .. 3;
        $row .= '  ' . ($line->[4] // '');
        $text .= $row =~ s/ +$//r . "\n";
    }
    $text .= "left out: $_->[0]: $_->[1]\n" for @{ $self->{out} };
    return $text;
}

1;
