#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Terms of use: asked of a role, accepted once, asked again for a new version.
use strict;
use warnings;
use utf8;

use Test::More;

use Cpts::Check;
use Cpts::Server;

my $PASSWORD = 'correct horse battery';
my @PRO = (as => 'pharmacie');

sub terms
{
    my ($version) = @_;
    return "CptsTerms professional $version /cpts/conditions.html\n"
        . "CptsTerms doctor charte-1 /cpts/charte.html\n";
}

my $server = Cpts::Server->new(directives => terms('2026-11'))
    ->expect_refusals;
create_sheet($server);

subtest 'not accepted yet' => sub {
    is_deeply $server->get('/me', @PRO)->json->{terms}, {
        version => '2026-11', address => '/cpts/conditions.html',
        accepted => JSON::PP::false(), accepted_at => undef },
        '/me says what is to be read';
    is_problem($server->post('/match', need(), @PRO), 403,
        'terms_required');
    like $server->post('/match', need(), @PRO)->json->{detail},
        qr/acceptez/, 'and what to do';
    is_problem($server->get('/placements', @PRO), 403, 'terms_required');
    is_problem($server->post('/match', need(), as => 'docteur'), 403,
        'terms_required', 'a doctor has a text too');
    is_problem($server->get("/sheets/$OWN", as => 'docteur'), 403,
        'terms_required');
    is_status($server->get($_, @PRO), 200, "$_ is open")
        for qw(/me /contact /territory /health /openapi.json);
    is_problem($server->get('/sheets', @PRO), 403, 'forbidden',
        'a role that may not is told that first');
    is_deeply $server->get('/me', as => 'coordination')->json->{terms},
        undef, 'the coordination has no text';
    is_status($server->get('/sheets', as => 'coordination'), 200,
        'and goes on');
};

subtest 'who does not accept may still go' => sub {
    my @me = (as => 'docteur');
    is_status($server->post("/sheets/$OWN/pause", { until => day(9) }, @me),
        200, 'pause');
    is_status($server->post("/sheets/$OWN/leave", {}, @me), 200, 'leave');
    is_problem($server->post("/sheets/$OWN/resume", {}, @me), 403,
        'terms_required', 'but not come back');
};

subtest 'accepted' => sub {
    for my $case ([ {}, 'required' ], [ { version => '2026-10' },
        'not_current' ], [ { version => 'charte-1' }, 'not_current' ],
        [ { version => 7 }, 'wrong_type' ]) {
        has_fault($server->post('/me/terms', $case->[0], @PRO), '/version',
            $case->[1]);
    }
    has_fault($server->post('/me/terms', { version => '2026-11' },
        as => 'coordination'), '/version', 'not_current',
        'who has no text accepts none');
    is_problem($server->post('/me/terms', { version => '2026-11' }), 401);
    is_problem($server->post('/me/terms', { version => '2026-11' }, @PRO,
        headers => { Origin => 'https://evil.example' }), 403,
        'cross_origin');
    is_problem($server->post('/match', need(), @PRO), 403,
        'terms_required', 'none of that was an acceptance');

    my @key = (headers => { 'Idempotency-Key' => 'terms-1' });
    for (1, 2) {
        my $answer = $server->post('/me/terms', { version => '2026-11' },
            @PRO, @key);
        is_status($answer, 200, 'accepted');
        is $answer->json->{terms}{accepted}, JSON::PP::true(), 'it says so';
        like $answer->json->{terms}{accepted_at},
            qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'and when';
    }
    is $server->sqlite("SELECT count(*) FROM journal"
        . " WHERE action = 'terms.accept';"), "1\n", 'once, by its key';
    is $server->sqlite("SELECT a.name, j.role, j.outcome FROM journal AS j"
        . " JOIN account AS a ON a.id = j.actor"
        . " WHERE j.action = 'terms.accept';"),
        "pharmacie|professional|2026-11\n", 'version in the journal';
    is $server->sqlite("SELECT terms FROM account"
        . " WHERE name = 'pharmacie' AND terms_at > 1700000000;"),
        "2026-11\n", 'and in the account, with its time';
    is_status($server->post('/match', need(), @PRO), 200, 'and open');
    my @answer = $server->burst(map { $server->wire(GET => '/placements',
        @PRO) } 1 .. 12);
    is scalar(grep { defined && $_->status == 200 } @answer), 12,
        'in every child at once';
};

subtest 'with an invitation' => sub {
    my $invitation = $server->post('/invitations', {
        role => 'professional', name => 'Léa' }, as => 'coordination')->json;
    my $opened = $server->post('/invitations/open',
        { token => $invitation->{token} })->json;
    is_deeply $opened->{terms}, { version => '2026-11',
        address => '/cpts/conditions.html' }, 'the text is told';
    my %use = (token => $invitation->{token}, account => 'lea',
               password => $PASSWORD);
    for my $terms (undef, '2026-10', '') {
        has_fault($server->post('/invitations/use',
            { %use, terms => $terms }), '/terms');
    }
    is_status($server->post('/invitations/use',
        { %use, terms => '2026-11' }), 201, 'accepted with the account');
    is_status($server->post('/match', need(), as => 'lea',
        password => $PASSWORD), 200, 'nothing more is asked');
    is $server->sqlite("SELECT j.action, j.outcome FROM journal AS j"
        . " JOIN account AS a ON a.id = j.actor WHERE a.name = 'lea'"
        . " AND j.action <> 'match' ORDER BY j.id;"),
        "terms.accept|2026-11\ninvitation.use|professional\n",
        'both in the journal';
};

subtest 'a new version asks again' => sub {
    $server->{directives} = terms('2027-01');
    $server->restart;
    is_problem($server->post('/match', need(), @PRO), 403,
        'terms_required');
    is $server->get('/me', @PRO)->json->{terms}{accepted},
        JSON::PP::false(), 'the old acceptance is of another text';
    is_status($server->post('/me/terms', { version => '2027-01' }, @PRO),
        200, 'accepted');
    is_status($server->post('/match', need(), @PRO), 200, 'and open again');
};

subtest 'without the directive nothing is asked' => sub {
    $server->{directives} = '';
    $server->restart;
    is_status($server->post('/match', need(), as => 'docteur'), 200, 'open');
    is $server->get('/me', @PRO)->json->{terms}, undef, 'no text';
};

$server->finish;

# --- virtual hosts ----------------------------------------------------------
subtest 'inherited by role' => sub {
    my @own = ('', "CptsTerms doctor own /own.html\n");
    my $main = Cpts::Server->new(directives => terms('main'),
        config => sub {
            my ($self) = @_;
            return join '', map { "<VirtualHost *:$self->{port}>\n"
                . "ServerName v$_.example\n$own[$_]</VirtualHost>\n" }
                0 .. $#own;
        });
    for my $case ([ 'v0.example', docteur => 'charte-1' ],
                  [ 'v0.example', pharmacie => 'main' ],
                  [ 'v1.example', docteur => 'own' ],
                  [ 'v1.example', pharmacie => 'main' ]) {
        my ($host, $who, $version) = @$case;
        my $answer = $main->raw->send($main->wire(GET => '/me', as => $who,
            host => $host, headers => { Connection => 'close' }))->response;
        is $answer->json->{terms}{version}, $version, "$host, $who";
    }
    $main->finish;
};
done_testing;
