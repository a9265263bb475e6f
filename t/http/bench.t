#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The oracle of "make bench" and the module agree on a small world: a fault of
# either is found here, not in the middle of a measurement.
use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;

use lib "$ENV{CPTS_SRCDIR}/t/bench/lib";

use Bench::Oracle;
use Bench::Server;
use Bench::World;

for my $kind ([ 'communes' ], [ 'points', points => 1 ]) {
    my ($name, %option) = @$kind;
    my $folder = tempdir('cpts-bench-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $folder;
    my $world = Bench::World->new(doctors => 80, communes => 36,
                                  needs => 60, %option);
    my $server = Bench::Server->start_with($folder, $world);
    my $oracle = Bench::Oracle->new($world, $Bench::Server::KEY);
    my ($wrong, $proposals) = (0, 0);
    for my $need (@{ $world->{need} }) {
        my $answer = $server->post('/match', $need, as => 'ledger');
        my $expected = $oracle->answer($need);
        my $told = $answer->status == 200
            ? Bench::Oracle::told($answer->json) : $answer->summary;
        $oracle->saw($answer->json) if $answer->status == 200;
        $proposals += () = $told =~ /\@/g;
        next if $told eq $expected;
        diag "oracle $expected\nmodule $told" if !$wrong++;
    }
    is $wrong, 0, "$name: every answer is the oracle's";
    cmp_ok $proposals, '>', 60, "$name: $proposals doctors were proposed";
    $server->write_static(485);
    my $file = $server->get('/485.json', base => '');
    is length $file->content, 485, "$name: a file of so many bytes";
    ok defined $file->json, "$name: which is JSON";
    $server->finish("$name: nothing unexpected in the error log");
}

done_testing;
