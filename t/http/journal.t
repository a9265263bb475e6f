#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The journal as the coordination reads it, and who saw a sheet as its doctor
# reads it: every action is there, filters and pages, never a criterion.
use strict;
use warnings;
use utf8;

use Test::More;

use Cpts::Check;
use Cpts::Server;

my $server = Cpts::Server->new(
    directives => "CptsDailyConsultations 1000\n")->expect_refusals;
my $OTHER = '99900000020';

sub journal
{
    my (%query) = @_;
    my $query = join '&', map { "$_=$query{$_}" } sort keys %query;
    my $answer = $server->get('/journal' . ($query eq '' ? '' : "?$query"),
                              as => 'coordination');
    is_status($answer, 200, "journal $query");
    return $answer->json;
}

sub actions { return map { $_->{action} } @{ $_[0]{entries} } }

# --- every action is there, newest first ------------------------------------
$server->sqlite("UPDATE account SET profession = 'Pharmacien', "
    . "structure = 'Pharmacie du Pont' WHERE name = 'pharmacie';");
create_sheet($server, rpps => $OWN);
create_sheet($server, rpps => $OTHER, name => 'Autre Médecin');
is_status($server->post('/match', need(), as => 'pharmacie'), 200, 'a match');
my $held = $server->post('/placements',
    { rpps => $OWN, uses => 'general', places => 1 }, as => 'pharmacie');
is_status($held, 201, 'a placement');
my $code = $held->json->{code};
$server->post("/placements/$code/refuse", { reason => 'full' },
    as => 'docteur');
$server->post("/sheets/$OWN/confirm", {}, as => 'docteur');
my $page = journal();
is_deeply [ (actions($page))[ 0 .. 5 ] ],
    [ qw(sheet.confirm placement.refuse placement.hold match sheet.create
        sheet.create) ], 'what was done, newest first';
my @id = map { $_->{id} } @{ $page->{entries} };
is_deeply \@id, [ reverse 1 .. @id ], 'numbered without a gap';
my ($confirm, $refuse, $hold, $match) = @{ $page->{entries} };
is_deeply [ @$confirm{qw(account role outcome code sheets erased)} ],
    [ 'docteur', 'doctor', undef, undef, [$OWN], 0 ], 'a confirmation';
is_deeply [ @$refuse{qw(account outcome code sheets)} ],
    [ 'docteur', 'full', $code, [$OWN] ], 'a refusal, its reason and code';
is_deeply [ @$hold{qw(account role profession structure code)} ],
    [ 'pharmacie', 'professional', 'Pharmacien', 'Pharmacie du Pont', $code ],
    'a hold, who and from where';
is_deeply [ sort @{ $match->{sheets} } ], [ $OWN, $OTHER ],
    'a match, the sheets shown';
is_deeply [ sort keys %$match ],
    [ sort qw(id at account role profession structure action outcome code
        sheets erased) ], 'and nothing about the need';
like $match->{at}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'when';
my ($added) = grep { $_->{action} eq 'account.add' } @{ $page->{entries} };
is_deeply [ @$added{qw(account role)} ], [ undef, undef ],
    'the administrator is nobody';

# --- filters ----------------------------------------------------------------
is_deeply [ actions(journal(account => 'pharmacie')) ],
    [qw(placement.hold match)], 'by account';
is_deeply [ actions(journal(action => 'match')) ], ['match'], 'by action';
is_deeply [ actions(journal(rpps => $OTHER)) ], [qw(match sheet.create)],
    'by sheet';
is_deeply [ actions(journal(account => 'docteur', action => 'match')) ], [],
    'both have to hold';
is_deeply [ actions(journal(account => 'personne')) ], [], 'no such account';
for my $query ('action=dance', 'rpps=123', 'cursor=x', 'account=', 'colour=1',
               'action=match&action=match') {
    is_problem($server->get("/journal?$query", as => 'coordination'), 400,
        undef, "refused: $query");
}

# --- page by page -----------------------------------------------------------
$server->post("/sheets/$OWN/confirm", {}, as => 'docteur') for 1 .. 60;
my (@seen, $next);
for (1 .. 10) {
    my $part = journal(defined $next ? (cursor => $next) : ());
    cmp_ok scalar @{ $part->{entries} }, '<=', 50, 'at most 50';
    push @seen, map { $_->{id} } @{ $part->{entries} };
    $next = $part->{next};
    last if !defined $next;
}
is_deeply \@seen, [ reverse 1 .. $id[0] + 60 ],
    'the pages together are the journal';

# --- who saw my sheet -------------------------------------------------------
my $viewers = $server->get("/sheets/$OWN/viewers", as => 'docteur')->json;
is_deeply [ @{ $viewers->{viewers}[0] }{qw(account role profession
    structure)} ],
    [ 'pharmacie', 'professional', 'Pharmacien', 'Pharmacie du Pont' ],
    'by profession and structure';

# --- after an erasure -------------------------------------------------------
is_status($server->request('DELETE', "/sheets/$OTHER", as => 'coordination'),
    204, 'a sheet is erased');
($match) = @{ journal(action => 'match')->{entries} };
is_deeply [ @$match{qw(sheets erased)} ], [ [$OWN], 1 ],
    'the match does not name it any more, and says that there was one';
is_deeply [ actions(journal(rpps => $OTHER)) ], [],
    'nor is it found by its number';

$server->finish;
done_testing;
