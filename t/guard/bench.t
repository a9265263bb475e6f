#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# What "make bench" reckons with, without timing anything: medians, aims, the
# order of the rounds, the world, the oracle, the ledger.
use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;

use lib "$ENV{CPTS_SRCDIR}/t/bench/lib";

use Bench::Bed;
use Bench::Load;
use Bench::Oracle;
use Bench::Part::Durable;
use Bench::Parts;
use Bench::Stats qw(is_quiet median percentile ratios spread thousands
    told_spread);
use Bench::Table;
use Bench::World;

# --- figures ----------------------------------------------------------------
is median(3, 1, 2), 2, 'the middle of three';
is median(4, 1, 2, 3), 2.5, 'and between two';
is median(), undef, 'there is none of nothing';
is percentile(99, 1 .. 100), 99, 'p99 of a hundred';
is percentile(99, 1 .. 1000), 990, 'and of a thousand';
is percentile(99, 7), 7, 'of one';
is percentile(100, 3, 9, 4), 9, 'the longest';
is_deeply [ ratios([ 8, 9 ], [ 4, 3 ]) ], [ 2, 3 ], 'round by round';
ok !eval { ratios([ 1 ], [ 1, 2 ]); 1 }, 'rounds that are missing are seen';
my $spread = spread(0.9, 0.7, 0.8);
is told_spread($spread), '0.80 (0.70 to 0.90)', 'a figure as it is told';
is join(' ', map { thousands($_) } 7, 100, 60000, 1234567),
    '7 100 60,000 1,234,567', 'large numbers';
ok is_quiet($spread), 'rounds that agree';
ok !is_quiet(spread(0.5, 0.8)), 'rounds that do not';

my $table = Bench::Table->new;
is $table->add('a', 'b', 0.95, '0.95', '>= 0.95'), 'met', 'just reached';
is $table->add('a', 'b', 0.949, '0.95', '>= 0.95'), 'missed', 'just not';
is $table->add('a', 'b', 5.1, '5.1 ms', '<= 5 ms'), 'missed', 'too long';
is $table->add('a', 'b', 1, '1'), '', 'without an aim nothing is met';
ok !eval { Bench::Table::meets(1, 'soon'); 1 }, 'an aim that says nothing';
$table->left_out('d', 'apt-get install d');
like $table->text, qr/^a +b +0\.95 +>= 0\.95  met$/m, 'the table';
like $table->text, qr/^left out: d: apt-get install d$/m, 'what is not in it';
is $table->faults, 0, 'a part left out is no fault';
$table->wrong('e');
is $table->faults, 1, 'a wrong answer is one';

# --- parts ------------------------------------------------------------------
my @name = Bench::Parts::names();
my $chosen = sub { join ' ', map { $_->{name} } Bench::Parts::chosen(@_) };
is $chosen->(), join(' ', grep { $_ ne 'point-60000' } @name),
    'all parts but the extra one';
is $chosen->('point'), 'aa point-60000', 'which can be named';
is $chosen->('match-100'), 'aa match-100', 'one, and the noise';
is $chosen->('durable', 'growth'), join(' ', 'aa', grep {
    /^(?:durable|growth)/ } @name), 'by their beginning, in their order';
ok !eval { Bench::Parts::chosen('100'); 1 }, 'no part begins so';
like $@, qr/there are: aa match-100 /, 'says which there are';
is scalar(grep { ref $_->{run} ne 'CODE' } Bench::Parts::chosen()), 0,
    'each can be run';

# --- rounds -----------------------------------------------------------------
# In the place of wrk, a script that notes whom it was sent to.
my $folder = tempdir(CLEANUP => 1);
my $fake = "$folder/wrk";
my $fails = 0;

sub say_figures
{
    my ($figures) = @_;
    open my $out, '>', $fake or die "$fake: $!";
    print {$out} "#!/bin/sh\neval last=\\\${\$#}\n"
        . "echo \"\$last\" >>$folder/order\necho 'FIGURES $figures'\n";
    close $out;
    chmod 0755, $fake;
    unlink "$folder/order";
    return;
}

say_figures('5000 1000000 10000000 0 400 900');
local $Bench::Load::WRK = $fake;
my @target = map { { name => $_, origin => 'http://127.0.0.1:1',
    path => '/', file => $_ } } qw(one two three);
my @figure = Bench::Load::interleave(\@target, rounds => 3);
open my $in, '<', "$folder/order" or die "$folder/order: $!";
is join(' ', map { s/\n//r } <$in>),
    join(' ', qw(one two three), qw(one two three), qw(three two one),
         qw(one two three)), 'a run before, then rounds in turn';
is scalar @figure, 3, 'figures of each';
is_deeply Bench::Load::rates($figure[0]), [ (5000) x 3 ], 'per second';
is_deeply Bench::Load::lates($figure[2]), [ (900) x 3 ], 'the latest';
is Bench::Load::compare($figure[0], $figure[1])->{median}, 1, 'a ratio';
my @judged = map { [ Bench::Load::judged(@$_) ] }
    [ { least => 0.9, most => 1, median => 0.95, cpu => 0.8, busy => 0.9 } ],
    [ { least => 0.5, most => 1, median => 0.95, cpu => 0.8, busy => 0.9 } ],
    [ { least => 0.9, most => 1, median => 0.95, cpu => 0.8, busy => 0.4 } ],
    [ { least => 0.5, most => 1, median => 0.95, cpu => 0.8, busy => 0.4 },
      waits => 1 ];
is_deeply \@judged, [ [ 0.95, '' ], [ 0.8, ', by cpu' ],
    [ 0.8, ', by cpu' ], [ 0.95, '' ] ],
    'what counts where the machine was not quiet';
is $table->add('a', 'b', 0.8, '0.8', '>= 0.9', ', by cpu'), 'missed, by cpu',
    'which is told';
say_figures('5000 1000000 10000000 1 400 900');
ok !eval { Bench::Load::measure($target[0], 1); 1 },
    'one failed request, no figure';
say_figures('0 1000000 0 0 0 0');
ok !eval { Bench::Load::measure($target[0], 1); 1 }, 'nor without any';
is Bench::Load::quoted("it's"), "'it'\\''s'", 'words for the shell';

# --- the world --------------------------------------------------------------
my %size = (doctors => 40, communes => 36, needs => 20);
my ($world, $again) = map { Bench::World->new(%size) } 1, 2;
is_deeply $world->{sheet}, $again->{sheet}, 'the same doctors each time';
is_deeply $world->{need}, $again->{need}, 'and the same needs';
is scalar @{ $world->{commune} }, 36, 'as many communes';

# --- the oracle -------------------------------------------------------------
my $key = pack 'C*', 0 .. 15;
my $oracle = Bench::Oracle->new($world, $key);
is $oracle->siphash(pack 'C*', 0 .. 14), 'a129ca6149be45e5',
    'SipHash-2-4 as its authors have it';
is Bench::Oracle::metres(48.8566, 2.3522, 43.6047, 1.4442), 588_135,
    'from Paris to Toulouse';

# Two doctors in the place, one of them closed, one at 11 km.
sub doctor
{
    my ($rpps, %other) = @_;
    return { rpps => $rpps, sex => 'F', state => 'open', places => 4,
        reserved => 0, age => 0, languages => ['fr'], teleconsultation => 0,
        site => [ { commune => '00001', lat => 45, lon => 2,
                    accessible => 1 } ], %other };
}

my $small = {
    commune => [ { insee => '00001', lat => 45, lon => 2 } ],
    sheet => [ doctor('1'), doctor('2', state => 'closed'),
        doctor('3', site => [ { lat => 45.1, lon => 2 } ]) ],
};
bless $small, 'Bench::World';
$oracle = Bench::Oracle->new($small, $key);
is $oracle->answer({ commune => '00001', age => 30 }),
    'radius=30.0 candidates=2 1@0.0 3@11.1 availability=1',
    'a whole answer';
is $oracle->answer({ commune => '00001', age => 30, accessible => 1 }),
    'radius=30.0 candidates=1 1@0.0 availability=1 accessibility=1',
    'with a requirement';

# --- the ledger -------------------------------------------------------------
my @line = ('a 200 1 1,2', 'b 200 3 2');
my %written = (a => '1,2', b => '2');
my $judge = \&Bench::Part::Durable::judge;
is_deeply [ $judge->(\@line, \%written, 2) ], [], 'all is there, once';
like join(' ', $judge->(\@line, { a => '1,2' }, 1)), qr/b is lost/, 'lost';
like join(' ', $judge->(\@line, \%written, 3)), qr/3 entries for 2 answers/,
    'double';
like join(' ', $judge->([ $line[0], 'b 200 1 3' ], \%written, 2)),
    qr/b shows 2, not 3/, 'others shown than written';
like join(' ', $judge->([ $line[0], 'b 429 1' ], \%written, 2)),
    qr/b was refused: 429/, 'refused';

done_testing;
