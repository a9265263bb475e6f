# SPDX-License-Identifier: Apache-2.0
# The parts of the benchmark, in the order in which they run, and their aims.
package Bench::Parts;

use strict;
use warnings;

use Exporter qw(import);

use Bench::Bed;
use Bench::Part::Match;

our @EXPORT_OK = qw(chosen names);

sub no_file
{
    my $file = $Bench::Bed::WORLD{france}{file};
    return -e $file ? '' : "no file $file";
}

# name, what it does with a table; "without" says why it cannot run here.
my @PARTS = (
    { name => 'aa', run => sub { Bench::Part::Match::same(@_) } },
    { name => 'match-100', run => sub {
        Bench::Part::Match::run(@_, 100, '>= 0.95', '>= 1.30') } },
    { name => 'match-60000', run => sub {
        Bench::Part::Match::run(@_, 60000, '>= 0.92', '>= 1.30') } },
    { name => 'match-france', without => \&no_file, run => sub {
        Bench::Part::Match::run(@_, 'france', '>= 0.92', '>= 1.30') } },
    { name => 'point-60000', run => sub {
        Bench::Part::Match::run(@_, 'points') } },
    { name => 'growth', run => sub {
        Bench::Part::Match::growth(@_, '>= 0.97') } },
);

sub names { return map { $_->{name} } @PARTS }

# The parts whose names begin with one of these; all when none is named. The
# noise is always told: it is what the figures are to be read with.
sub chosen
{
    my (@wanted) = @_;
    return @PARTS if !@wanted;
    my %take = (aa => 1);
    for my $wanted (@wanted) {
        my @found = grep { index($_, $wanted) == 0 } names();
        die "bench: no part $wanted; there are: " . join(' ', names()) . "\n"
            if !@found;
        $take{$_} = 1 for @found;
    }
    return grep { $take{ $_->{name} } } @PARTS;
}

1;
