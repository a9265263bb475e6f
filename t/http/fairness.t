#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Equals take turns: hundreds of identical needs through several children,
# one at a time and many at once, while sheets change.
use strict;
use warnings;

use List::Util qw(max min sum);
use Test::More;

use Cpts::Check;
use Cpts::Server;

my $EQUALS   = 6;
my $NEEDS    = 600;
my $AT_ONCE  = 30;
my $CHILDREN = 3;

my $server = Cpts::Server->new(
    children   => $CHILDREN,
    directives => "CptsDailyConsultations 10000\nCptsRefresh 0s\n",
);
create_sheet($server, rpps => rpps(10 + $_)) for 1 .. $EQUALS;
# one who lives in another band, to change in between
create_sheet($server, rpps => rpps(50), sites => [ site('31161') ]);

my $wire = $server->wire(POST => '/match', json => need(),
                         as => 'pharmacie');

# So many needs, each on a connection of its own, some of them at once.
# Returns proposals by RPPS.
sub proposals
{
    my ($needs, $at_once, $between) = @_;
    my %count;
    for (my $sent = 0; $sent < $needs; $sent += $at_once) {
        $between->($sent) if $between;
        for my $answer ($server->burst(($wire) x $at_once)) {
            my @shown = proposed($answer);
            die $answer->summary if @shown != 3;
            $count{$_}++ for @shown;
        }
    }
    return %count;
}

# Each child shares its own proposals out to the last one: the number of
# children is what any two may differ by. Less than the 5 % promised.
sub is_fair
{
    my ($name, $needs, %count) = @_;
    my $mean  = $needs * 3 / $EQUALS;
    my $apart = max(values %count) - min(values %count);
    is scalar keys %count, $EQUALS, "$name: all equals and nobody else";
    is sum(values %count), $needs * 3, "$name: three at a time";
    cmp_ok $apart, '<', 0.05 * $mean,
        "$name: $apart apart of $mean each";
    return $apart;
}

subtest 'one after the other' => sub {
    my %count = proposals($NEEDS, 1);
    my $apart = is_fair('in a row', $NEEDS, %count);
    cmp_ok $apart, '<=', 2 * $CHILDREN, 'no more than one for each child';
};

subtest 'many at once' => sub {
    is_fair('at once', $NEEDS, proposals($NEEDS, $AT_ONCE));
    cmp_ok scalar($server->served_by), '>=', 2, 'several children answered';
};

subtest 'while a sheet changes' => sub {
    my $path = '/sheets/' . rpps(50);
    is_fair('with changes', $NEEDS, proposals($NEEDS, $AT_ONCE, sub {
        my $read = $server->get($path, as => 'coordination');
        my %sheet = (%{ $read->json }, note => "after $_[0]",
            # moves every other time: all is arranged anew
            sites => [ site($_[0] / $AT_ONCE % 2 ? '31161' : '31004') ]);
        is_status($server->request('PUT', $path, as => 'coordination',
            json => \%sheet, headers => { 'If-Match' => $read->etag }),
            200, "changed after $_[0]");
    }));
};

subtest 'who comes back gets one turn' => sub {
    my $back = rpps(11);
    is_status($server->post("/sheets/$back/leave", {},
        as => 'coordination'), 200, 'gone');
    my %count = proposals(60, 1);
    is $count{$back}, undef, 'is proposed to nobody';
    is_status($server->post("/sheets/$back/resume", {},
        as => 'coordination'), 200, 'back');
    %count = proposals(60, 1);
    # 30 each; and a turn more at once, in each child
    cmp_ok $count{$back}, '>=', 30 - 2 * $CHILDREN, 'and has a share';
    cmp_ok $count{$back}, '<=', 30 + 2 * $CHILDREN, 'and no more';
};

$server->finish;
done_testing;
