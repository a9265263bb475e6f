# SPDX-License-Identifier: Apache-2.0
# What others would write, doing the same work on the same data.
package Bench::Part::Peers;

use strict;
use warnings;

use Bench::Bed;
use Bench::Load qw(interleave tell);
use Bench::Machine qw(cores);
use Bench::Oracle;
use Bench::Part::Match;
use Bench::Peers;

# Of each seventh answer the oracle says what it should be.
my $STEP = 7;

# How many times as fast, at least: by peer and size of the world.
my %AIM = (100 => { 'php-sqlite' => '>= 25', 'node-memory' => '>= 3' },
    60000 => { 'php-sqlite' => '>= 50', 'node-memory' => '>= 3' });

# Starts one, and compares its answers: a target, or nothing.
sub target
{
    my ($table, $bed, $name, $running) = @_;
    my (undef, $core) = cores();
    my $peer = eval { Bench::Peers->start($name, $bed->{folder},
                                          core => $core // 0) };
    return wrong($table, $bed, $name) if !$peer;
    if ($peer->{missing}) {
        print "  $name: left out: $peer->{missing}\n";
        $table->left_out("peers-$bed->{name}, $name", $peer->{missing});
        return;
    }
    push @$running, $peer;
    my $static = $name eq 'nginx';
    return wrong($table, $bed, $name)
        if !$static && !eval { check($bed, $peer); 1 };
    return { name => $name, origin => $peer->{url},
             path => $static ? '' : $peer->{path},
             verb => $static ? 'GET' : 'POST', file => $bed->{file},
             pids => sub { $peer->pids },
             connections => $Bench::Server::CONNECTIONS };
}

# Others go on without it; the run has failed.
sub wrong
{
    my ($table, $bed, $name) = @_;
    print "  $name: WRONG: $@";
    $table->wrong("peers-$bed->{name}, $name");
    return;
}

sub check
{
    my ($bed, $peer) = @_;
    my ($checked) = $peer->check($bed->{world},
        Bench::Oracle->new($bed->{world}, $Bench::Server::KEY), $STEP);
    print "  $peer->{name}: $checked answers as the oracle says\n";
    return;
}

sub run
{
    my ($table, $name) = @_;
    my $bed = Bench::Bed->of($name)->serve->check('/match-only');
    $bed->tell;
    Bench::Peers::write_world($bed->{world}, $bed->{folder},
                              $Bench::Server::KEY);
    Bench::Peers::write_static($bed->{folder}, @{ $bed->{size} });
    my @running;
    my @target = ($bed->target('/match-only'),
        map { target($table, $bed, $_, \@running) }
        Bench::Peers::names(), 'nginx');
    my ($own, @figure) = interleave(\@target, rounds => 3);
    tell(shift @target, $own);
    for my $i (0 .. $#target) {
        tell($target[$i], $figure[$i]);
        row($table, $bed, $target[$i]{name}, $own, $figure[$i]);
    }
    $_->stop for @running;
    return;
}

sub row
{
    my ($table, $bed, $name, $own, $figure) = @_;
    Bench::Part::Match::row($table, 'match, ' . $bed->doctors,
        "req/s, times $name", $own, $figure, $AIM{ $bed->{name} }{$name});
    return;
}

1;
