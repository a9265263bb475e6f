# SPDX-License-Identifier: Apache-2.0
# The parts of the benchmark, in the order in which they run, and their aims.
package Bench::Parts;

use strict;
use warnings;

use Exporter qw(import);
use File::Temp qw(tempdir);

use Bench::Bed;
use Bench::Load;
use Bench::Part::Changes;
use Bench::Part::Count;
use Bench::Part::Durable;
use Bench::Part::Match;
use Bench::Part::Peers;
use Bench::Part::SignedIn;
use Bench::Part::Start;
use Bench::Territories;

our @EXPORT_OK = qw(chosen names);

sub no_file
{
    my $file = $Bench::Bed::WORLD{france}{file};
    return -e $file ? '' : "no file $file";
}

sub territories
{
    my ($table) = @_;
    my $folder = tempdir('cpts-bench-800-XXXXXXXX', TMPDIR => 1,
                         CLEANUP => 1);
    chmod 0755, $folder;
    my @row;
    Bench::Load::quiet(sub {
        @row = Bench::Territories::run(folder => $folder,
            rounds => 3, idle => 6);
    });
    for my $row (@row) {
        my @cell = @$row{qw(work measure figure aim met)};
        $table->add_judged(@cell);
        printf "  %s: %s%s\n", @cell[ 1, 2 ], defined $cell[3]
            ? "; aim $cell[3], " . ($cell[4] ? 'met' : 'missed') : '';
    }
    return;
}

# name, what it does with a table; "without" says why it cannot run here; an
# extra one runs only when it is named.
my @PARTS = (
    { name => 'aa', run => sub { Bench::Part::Match::same(@_) } },
    { name => 'match-100', run => sub {
        Bench::Part::Match::run(@_, 100, '>= 0.95', '>= 1.30') } },
    { name => 'match-60000', run => sub {
        Bench::Part::Match::run(@_, 60000, '>= 0.92', '>= 1.30') } },
    { name => 'match-france', without => \&no_file, run => sub {
        Bench::Part::Match::run(@_, 'france', '>= 0.92', '>= 1.30') } },
    { name => 'point-60000', extra => 1, run => sub {
        Bench::Part::Match::run(@_, 'points') } },
    { name => 'growth', run => sub {
        Bench::Part::Match::growth(@_, '>= 0.97') } },
    { name => 'instructions', without => \&Bench::Part::Count::cannot,
      run => sub { Bench::Part::Count::run(@_) } },
    { name => 'changes-100', run => sub {
        Bench::Part::Changes::late(@_, 100, '<= 1.10') } },
    { name => 'changes-60000', run => sub {
        Bench::Part::Changes::late(@_, 60000, '<= 1.10') } },
    { name => 'changes-seen', run => sub {
        Bench::Part::Changes::seen(@_, 60000, '<= 5 ms') } },
    { name => 'durable-100', run => sub {
        Bench::Part::Durable::run(@_, 100) } },
    { name => 'durable-60000', run => sub {
        Bench::Part::Durable::run(@_, 60000) } },
    { name => 'durable-ledger', run => sub {
        Bench::Part::Durable::ledger(@_) } },
    { name => 'load-60000', run => sub {
        Bench::Part::Start::run(@_, 60000) } },
    { name => 'territories-800', run => \&territories },
    { name => 'signed-in', without => \&Bench::Part::SignedIn::module_missing,
      run => sub { Bench::Part::SignedIn::run(@_, 100, '>= 0.80') } },
    { name => 'peers-100', run => sub { Bench::Part::Peers::run(@_, 100) } },
    { name => 'peers-60000', run => sub { Bench::Part::Peers::run(@_, 60000) } },
);

sub names { return map { $_->{name} } @PARTS }

# The parts whose names begin with one of these; all but the extra ones when
# none is named. The noise is always told: it is what the figures are to be
# read with.
sub chosen
{
    my (@wanted) = @_;
    return grep { !$_->{extra} } @PARTS if !@wanted;
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
