# SPDX-License-Identifier: Apache-2.0
# Instructions of one match, counted: what no other user of the machine
# disturbs. Of match_count.c, which does what the route does without httpd.
package Bench::Part::Count;

use strict;
use warnings;

use Bench::Bed;
use Bench::Machine qw(missing);

sub program { return "$ENV{CPTS_BUILDDIR}/t/bench/match_count" }

sub cannot
{
    return missing('valgrind');
}

# Of one need, on average over all.
sub instructions
{
    my ($bed) = @_;
    $bed->{server}->stop;
    my $needs = "$bed->{folder}/needs.json";
    Cpts::Server::write_file($needs, join '',
        map { s/^\d+ //r } split /^/, Cpts::Server::read_file($bed->{file}));
    my $command = join ' ', map { Bench::Load::quoted($_) }
        'valgrind', '--tool=callgrind', '--instr-atstart=no',
        '--callgrind-out-file=' . "$bed->{folder}/callgrind.out", program(),
        "$bed->{folder}/communes.csv", $bed->{server}{file}, $needs;
    my $output = `$command 2>&1`;
    my ($collected) = $output =~ /Collected : (\d+)/;
    my ($answered) = $output =~ /^(\d+) needs answered/m;
    die "match_count: $output\n" if !$answered || !$collected;
    return $collected / $answered;
}

sub run
{
    my ($table) = @_;
    my %count;
    for my $name (100, 60000) {
        my $bed = Bench::Bed->of($name)->serve->check('/match-only');
        $count{$name} = instructions($bed);
        my $work = 'instructions, ' . $bed->doctors;
        my $told = sprintf '%.0f', $count{$name};
        $table->add($work, 'of one match, without httpd', $count{$name},
                    $told);
        print "  $work: $told for one match, without httpd\n";
    }
    my $ratio = $count{60000} / $count{100};
    $table->add('instructions, growth', 'large to small', $ratio,
                sprintf('%.2f', $ratio));
    printf "  large to small: %.2f\n", $ratio;
    return;
}

1;
