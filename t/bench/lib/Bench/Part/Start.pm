# SPDX-License-Identifier: Apache-2.0
# The first load of all sheets: how long the first answer of a child waits for
# it, and what memory each further child takes.
package Bench::Part::Start;

use strict;
use warnings;

use List::Util qw(min);
use Time::HiRes qw(time);

use Bench::Bed;
use Bench::Load;
use Bench::Machine qw(private_memory);
use Bench::Stats qw(mean spread told_spread);

my $CHILDREN = 4;

# Seconds until a child that was just started has answered with the sheets,
# less what such an answer takes later: not the one that comes at once, since
# the child may be making the file for the others.
sub first_answer
{
    my ($server) = @_;
    my $agent = $server->agent(keep_alive => 1);
    my @took = map {
        my $begin = time;
        my $answer = $server->get('/seen', via => $agent);
        die $answer->summary . "\n" if $answer->status != 200;
        time - $begin;
    } 1 .. 5;
    return shift(@took) - min(@took);
}

sub seconds_of
{
    my ($bed, $before) = @_;
    my @time;
    Bench::Load::quiet(sub {
        for (1 .. $Bench::Load::ROUNDS) {
            $bed->{server}->stop;
            $before->();
            $bed->serve(keep => 1, new => 1);
            push @time, first_answer($bed->{server});
        }
    });
    return spread(@time);
}

# Megabytes that each child but the first has of its own once it has answered
# needs, beyond what it had when it was new.
sub further_memory
{
    my ($bed) = @_;
    my $server = $bed->serve(keep => 1, new => 1,
                             children => $CHILDREN)->{server};
    my %new = map { $_ => private_memory($_) } $server->children;
    my $raw = $bed->each_child;
    my @need = map { $server->wire('POST', '/match-only', json => $_) }
        @{ $bed->{world}{need} };
    my @child = sort { $a <=> $b } keys %$raw;
    for my $child (@child) {
        $raw->{$child}->send($_)->response for @need;
    }
    my @more = map { private_memory($_) - $new{$_} } @child;
    my $first = shift @more;
    return ($first, spread(@more));
}

sub run
{
    my ($table, $name) = @_;
    my $bed = Bench::Bed->of($name)->serve->check('/match-only');
    $bed->tell;
    my $file = $bed->{server}{file};
    my $work = 'first load, ' . $bed->doctors;
    my @row = (
        [ 'ready, nothing kept', seconds_of($bed, sub { unlink "$file.image" }) ],
        [ 'ready, with what an earlier child kept', seconds_of($bed, sub { }) ]);
    for my $row (@row) {
        my ($measure, $spread) = @$row;
        my $told = told_spread($spread, '%.3f') . ' s';
        my $verdict = $table->add($work, $measure, $spread->{median}, $told,
                                  '<= 0.2 s');
        print "  $measure: $told; aim <= 0.2 s, $verdict\n";
    }
    my ($first, $further) = further_memory($bed);
    my $told = told_spread($further, '%.1f') . ' MB';
    my $verdict = $table->add($work, 'memory of each further child',
        $further->{most}, $told, '<= 5 MB');
    print "  memory of each further child: $told, of the first"
        . sprintf(" %.1f MB; aim <= 5 MB, %s\n", $first, $verdict);
    return;
}

1;
