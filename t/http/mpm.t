#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The other ways in which httpd divides its work: threads that keep their
# connection, and processes without threads. The other tests use event.
use strict;
use warnings;

use Test::More;

use Cpts::Check;
use Cpts::Load;
use Cpts::Server;

# A thread or a process for each: a client that has not closed keeps one.
my $SEARCHES = 12;

sub proposals_of { return scalar @{ $_[0]->json->{proposals} } }

# Each over a connection of its own, so that more than one child is asked.
sub searches
{
    my ($server) = @_;
    return $server->burst(map {
        $server->wire(POST => '/match', as => 'pharmacie', json => need())
    } 1 .. $SEARCHES);
}

for my $kind ([ worker => children => 2 ], [ prefork => children => 16 ]) {
    my ($mpm, @option) = @$kind;
    subtest $mpm => sub {
        my $server = Cpts::Server->new(mpm => $mpm, @option,
            config => "KeepAlive Off\n");
        create_sheet($server, rpps => $OWN);
        my @found = searches($server);
        is scalar(grep { $_ && $_->status == 200 } @found), $SEARCHES,
            'all searches at once are answered';
        is scalar(grep { $_ && proposals_of($_) == 1 } @found), $SEARCHES,
            'with the doctor';
        is $server->sqlite('SELECT count(*) FROM journal '
            . "WHERE action = 'match';") + 0, $SEARCHES, 'and recorded';
        cmp_ok scalar($server->served_by), '>=', 2, 'by several children';

        my $read = $server->get("/sheets/$OWN", as => 'docteur');
        my %closed = (%{ $read->json },
                      availability => open_state(state => 'closed'));
        my $changed = $server->put("/sheets/$OWN",
            json => \%closed, as => 'docteur',
            headers => { 'If-Match' => $read->etag });
        is $changed->status, 200, 'the doctor closes'
            or diag $changed->summary;
        is scalar(grep { $_ && proposals_of($_) == 0 } searches($server)),
            $SEARCHES, 'every child knows it at once';
        $server->finish('nothing unexpected in the error log');
    };
}

done_testing;
