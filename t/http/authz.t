#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Who may do what: every route x role x own, other's and absent sheet.
use strict;
use warnings;

use Test::More;

use Cpts::Check;
use Cpts::Server;

# Routes without a sheet: status for nobody, doctor, professional,
# coordinator, delegate.
my %PLAIN = (
    'GET /health'       => '200 200 200 200 200',
    'GET /openapi.json' => '200 200 200 200 200',
    'GET /contact'      => '200 200 200 200 200',
    'GET /me'           => '401 200 200 200 200',
    'GET /territory'    => '401 200 200 200 200',
    'GET /territory/contours' => '401 200 200 200 200',
    'GET /sheets'       => '401 403 403 200 403',
    'POST /sheets'      => '401 403 403 201 403',
    'POST /match'       => '401 200 200 200 403',
    'GET /activity'     => '401 403 403 200 403',
    'GET /journal'      => '401 403 403 200 403',
    'GET /fairness'     => '401 403 403 200 403',
    'GET /unmet'        => '401 403 403 200 403',
    'GET /me/export'    => '401 200 200 200 200',
    # each the account of who asks; the last coordinator stays
    'DELETE /me'        => '401 204 204 409 204',
    # unknown tokens: nothing to be had without one
    'POST /links/open'  => '404 404 404 404 404',
    'POST /links/use'   => '404 404 404 404 404',
    'GET /me/email'     => '401 200 200 200 200',
    'POST /me/email'    => '401 200 200 200 200',
    # no text is in force: there is none to accept
    'POST /me/terms'    => '401 422 422 422 422',
    # a doctor's invitation: a doctor invites delegates only
    'GET /invitations'  => '401 200 403 200 403',
    'POST /invitations' => '401 403 403 201 403',
    'POST /invitations/batch' => '401 403 403 201 403',
    'GET /batches'      => '401 403 403 200 403',
    'POST /invitations/open'  => '404 404 404 404 404',
    'POST /invitations/use'   => '404 404 404 404 404',
    'GET /placements'   => '401 200 200 200 200',
    # nobody was proposed anybody: who may ask is told so
    'POST /placements'  => '401 409 409 409 403',
);
my @PLAIN = (undef, qw(docteur pharmacie coordination secretariat));

# Routes of one sheet, for each [account, whose sheet]:
#   nobody                      another's
#   the doctor                  own, own but absent, another's, absent
#   professional, coordinator   another's, absent
#   the doctor's delegate       own, another's, absent
# A doctor cannot tell an absent sheet from another's.
my %SHEET = (
    'GET /sheets/{rpps}'          => '401 200 404 403 403 403 403 200 404'
        . ' 200 403 403',
    'PUT /sheets/{rpps}'          => '401 200 404 403 403 403 403 200 404'
        . ' 200 403 403',
    # a delegate may do nothing that cannot be undone
    'DELETE /sheets/{rpps}'       => '401 204 404 403 403 403 403 204 404'
        . ' 403 403 403',
    'POST /sheets/{rpps}/confirm' => '401 200 404 403 403 403 403 200 404'
        . ' 200 403 403',
    'POST /sheets/{rpps}/pause'   => '401 200 404 403 403 403 403 200 404'
        . ' 200 403 403',
    'POST /sheets/{rpps}/resume'  => '401 200 404 403 403 403 403 200 404'
        . ' 200 403 403',
    'POST /sheets/{rpps}/leave'   => '401 200 404 403 403 403 403 200 404'
        . ' 200 403 403',
    'GET /sheets/{rpps}/places'   => '401 200 404 403 403 403 403 200 404'
        . ' 200 403 403',
    'GET /sheets/{rpps}/export'   => '401 200 404 403 403 403 403 200 404'
        . ' 403 403 403',
    'GET /sheets/{rpps}/draft'    => '401 200 200 403 403 403 403 200 200'
        . ' 200 403 403',
    'GET /sheets/{rpps}/delegates' => '401 200 200 403 403 403 403 200 200'
        . ' 403 403 403',
    # one that there is not
    'DELETE /sheets/{rpps}/delegates/{account}' =>
        '401 404 404 403 403 403 403 404 404 403 403 403',
    'GET /sheets/{rpps}/viewers'  => '401 200 404 403 403 403 403 403 403'
        . ' 403 403 403',
);
# Routes of one placement, held by the professional at the doctor's, for:
# nobody, its doctor, another doctor, who holds it, another professional,
# coordinator, the doctor's delegate, another doctor's delegate.
# To whom it is nothing it is not there.
my %CODE = (
    'GET /placements/{code}'          => '401 200 404 200 404 200 200 404',
    'POST /placements/{code}/contact' => '401 403 404 200 404 200 403 404',
    'POST /placements/{code}/accept'  => '401 200 404 200 404 200 200 404',
    'POST /placements/{code}/refuse'  => '401 200 404 200 404 200 200 404',
    'POST /placements/{code}/declare' => '401 200 404 200 404 200 200 404',
    'POST /placements/{code}/cancel'  => '401 403 404 200 404 200 403 404',
);
my @CODE = (undef, qw(docteur docteur2 pharmacie infirmiere coordination
    secretariat secretariat2));

# Routes of one invitation, made by the coordination and by the doctor, for:
# nobody, the doctor, another doctor, professional, coordinator, delegate.
my %INVITED = (
    'POST /invitations/{id}/renew' => [ '401 404 404 403 200 403',
                                        '401 200 404 403 200 403' ],
    'DELETE /invitations/{id}'     => [ '401 404 404 403 204 403',
                                        '401 204 404 403 204 403' ],
);
my @INVITED = (undef, qw(docteur docteur2 pharmacie coordination
    secretariat));

my @SHEET = (
    [ undef,          'other' ],
    [ 'docteur',      'own' ],
    [ 'sans.fiche',   'own' ],
    [ 'docteur',      'other' ],
    [ 'docteur',      'absent' ],
    [ 'pharmacie',    'other' ],
    [ 'pharmacie',    'absent' ],
    [ 'coordination', 'other' ],
    [ 'coordination', 'absent' ],
    [ 'secretariat',  'own' ],
    [ 'secretariat',  'other' ],
    [ 'secretariat',  'absent' ],
);
my %OWN = (docteur => $OWN, 'sans.fiche' => rpps(300), secretariat => $OWN);
my $OTHER  = rpps(200);
my $ABSENT = rpps(400);

my $server = Cpts::Server->new(
    directives => 'CptsContours "' . Cpts::Server::contours_file() . "\"\n",
    accounts => [ @Cpts::Server::ACCOUNTS,
                  [ 'sans.fiche', 'doctor', $OWN{'sans.fiche'} ],
                  [ 'infirmiere', 'professional' ],
                  [ 'secretariat', 'delegate', $OWN ],
                  [ 'secretariat2', 'delegate', '99900000020' ] ],
)->expect_refusals;

my $document = $server->get('/openapi.json')->json;
my %path = %{ $document->{paths} };
my @METHODS = qw(get put post delete patch head options);

sub routes
{
    my @route;
    for my $path (sort keys %path) {
        push @route, map { uc($_) . " $path" }
            grep { exists $path{$path}{$_} } @METHODS;
    }
    return @route;
}

# --- the matrix holds every route, and no other -----------------------------
is_deeply [ routes() ],
    [ sort { path_of($a) cmp path_of($b) || order($a) <=> order($b) }
      keys %PLAIN, keys %SHEET, keys %CODE, keys %INVITED ],
    'every route of openapi.json is in the matrix, and back';

sub path_of { return (split / /, $_[0])[1] }

sub order
{
    my ($method) = split / /, lc $_[0];
    my ($index) = grep { $METHODS[$_] eq $method } 0 .. $#METHODS;
    return $index;
}

# --- routes without a sheet -------------------------------------------------
my $fresh = 1000;

sub plain_body
{
    my ($route) = @_;
    return (json => sheet(rpps => rpps($fresh++))) if $route eq 'POST /sheets';
    return (json => need()) if $route eq 'POST /match';
    return (json => { token => 'no token at all' })
        if $route eq 'POST /links/open';
    return (json => { token => 'no token at all', action => 'confirm' })
        if $route eq 'POST /links/use';
    return (json => { token => 'no token at all' })
        if $route eq 'POST /invitations/open';
    return (json => { token => 'no token at all', account => 'someone',
                      password => 'correct horse' })
        if $route eq 'POST /invitations/use';
    return (json => { role => 'doctor', name => 'x',
                      rpps => rpps($fresh++) })
        if $route eq 'POST /invitations';
    return (json => { name => 'x', csv => "rpps,name\n" . rpps($fresh++)
                      . ",x\n" }) if $route eq 'POST /invitations/batch';
    return (json => { version => 'x' }) if $route eq 'POST /me/terms';
    return (json => { email => 'someone@cpts.example' })
        if $route eq 'POST /me/email';
    return (json => { rpps => $OTHER, uses => 'general', places => 1 })
        if $route eq 'POST /placements';
    return ();
}

sub judge
{
    my ($answer, $status, $name) = @_;
    return is_problem($answer, $status, undef, $name) if $status >= 400;
    # public facts, the largest answer: kept, and asked for again
    my $kept = $name =~ m{^GET /territory/contours } ? 'private, no-cache'
        : 'no-store';
    is $answer->header('cache-control') // '', $kept, "$name: $kept";
    return is_status($answer, $status, $name);
}

for my $route (sort keys %PLAIN) {
    my ($method, $path) = split / /, $route;
    my @status = split ' ', $PLAIN{$route};
    for my $i (0 .. $#PLAIN) {
        my $who = $PLAIN[$i];
        my $answer = $server->request($method, $path, as => $who,
                                      plain_body($route));
        judge($answer, $status[$i], "$route by " . ($who // 'nobody')
            . ": $status[$i]");
        if ($status[$i] == 204) {
            $server->account_add(@$_)
                for grep { $_->[0] eq $who } @{ $server->{accounts} };
        }
    }
}

# --- routes of one sheet ----------------------------------------------------
sub etag_of
{
    my ($rpps) = @_;
    return $server->get("/sheets/$rpps", as => 'coordination')->etag;
}

sub make_sure_of
{
    my ($rpps) = @_;
    if (!defined etag_of($rpps)) {
        create_sheet($server, rpps => $rpps);
    }
    # any action can be taken from here
    $server->post("/sheets/$rpps/resume", {}, as => 'coordination');
    return;
}

# erasing a doctor removes the accounts too
sub make_sure_of_account
{
    return if $server->get('/me', as => 'docteur')->status == 200;
    $server->account_add('docteur', 'doctor', $OWN);
    $server->account_add('secretariat', 'delegate', $OWN);
    return;
}

sub sheet_request
{
    my ($method, $path, $rpps) = @_;
    return (json => { until => day(5) }) if $path =~ /pause$/;
    return (json => {}) if $method eq 'POST';
    return () if $method ne 'PUT';
    return (json    => sheet(rpps => $rpps),
            headers => { 'If-Match' => etag_of($rpps) // '"1"' });
}

for my $route (sort keys %SHEET) {
    my ($method, $path) = split / /, $route;
    my @status = split ' ', $SHEET{$route};
    for my $i (0 .. $#SHEET) {
        my ($who, $whose) = @{ $SHEET[$i] };
        my $rpps = $whose eq 'own' ? $OWN{$who}
            : $whose eq 'other' ? $OTHER : $ABSENT;
        make_sure_of($_) for $OWN, $OTHER;
        my $where = $path =~ s/\{rpps\}/$rpps/r
            =~ s/\{account\}/nobody/r;
        my $before = etag_of($OTHER);
        my $answer = $server->request($method, $where, as => $who,
            sheet_request($method, $path, $rpps));
        my $name = "$route of $whose sheet by " . ($who // 'nobody');
        judge($answer, $status[$i], "$name: $status[$i]");
        is etag_of($OTHER), $before, "$name: nothing changed"
            if $whose eq 'other' && $status[$i] >= 400;
        make_sure_of_account() if $method eq 'DELETE';
    }
}

# --- routes of one placement ------------------------------------------------
make_sure_of($OWN);
$server->post('/match', need(), as => 'pharmacie');
my $held = $server->post('/placements',
    { rpps => $OWN, uses => 'general', places => 1 }, as => 'pharmacie');
is_status($held, 201, 'a placement');
my $CODE = $held->json->{code};

# As it was before anything happened to it; only what is accepted can be
# declared.
sub hold_again
{
    my ($route) = @_;
    my $state = $route =~ /declare$/ ? 'accepted' : 'held';
    $server->sqlite("UPDATE placement SET state = '$state', reason = NULL, "
        . 'expires_at = changed_at + 86400;');
    return;
}

sub state_of
{
    return $server->sqlite('SELECT state FROM placement;');
}

for my $route (sort keys %CODE) {
    my ($method, $path) = split / /, $route;
    my @status = split ' ', $CODE{$route};
    my $where = $path =~ s/\{code\}/$CODE/r;
    my @body = $method eq 'GET' ? ()
        : (json => $path =~ /refuse$/ ? { reason => 'full' } : {});
    for my $i (0 .. $#CODE) {
        my $who = $CODE[$i];
        hold_again($route);
        my $before = state_of();
        my $answer = $server->request($method, $where, as => $who, @body);
        my $name = "$route by " . ($who // 'nobody');
        judge($answer, $status[$i], "$name: $status[$i]");
        my $changes = $method ne 'GET' && $status[$i] == 200;
        is $changes, state_of() ne $before, "$name: changes what it may";
    }
    my $absent = $where =~ s/\Q$CODE\E/ABCDEFGH/r;
    is_problem($server->request($method, $absent, as => 'coordination',
        @body), 404, undef, "$route: no such code");
}

# --- routes of one invitation -----------------------------------------------
sub new_invitation
{
    my ($of) = @_;
    my %body = $of ? (role => 'delegate')
        : (role => 'doctor', rpps => rpps($fresh++));
    my $answer = $server->post('/invitations', { name => 'x', %body },
        as => $of ? 'docteur' : 'coordination');
    die $answer->summary . "\n" if $answer->status != 201;
    return $answer->json->{id};
}

for my $route (sort keys %INVITED) {
    my ($method, $path) = split / /, $route;
    for my $of (0, 1) {
        my @status = split ' ', $INVITED{$route}[$of];
        for my $i (0 .. $#INVITED) {
            my $who = $INVITED[$i];
            my $where = $path =~ s/\{id\}/new_invitation($of)/er;
            my $answer = $server->request($method, $where, as => $who,
                $method eq 'POST' ? (json => {}) : ());
            judge($answer, $status[$i], "$route of "
                . ($of ? 'the doctor' : 'the coordination') . ' by '
                . ($who // 'nobody') . ": $status[$i]");
        }
    }
}

# absent and another's: the same words for a doctor
{
    my @problem = map { $server->get("/sheets/$_", as => 'docteur')->json }
        $OTHER, $ABSENT;
    is_deeply $problem[0], $problem[1],
        'a doctor cannot tell an absent sheet from another\'s';
}

# --- a wrong password is nobody, on every route -----------------------------
for my $route (sort keys %PLAIN) {
    my ($method, $path) = split / /, $route;
    my ($nobody) = split ' ', $PLAIN{$route};
    next if $nobody != 401;
    my $answer = $server->request($method, $path, as => 'coordination',
        password => "wrong $fresh", plain_body($route));
    my $wanted = $answer->status == 429 ? 429 : 401;
    is_problem($answer, $wanted, undef, "$route with a wrong password");
    like $answer->header('www-authenticate') // '', qr/^Basic realm=/,
        "$route: WWW-Authenticate" if $wanted == 401;
    last;
}

# --- any other method: 405, and Allow says which ----------------------------
for my $path (sort keys %path) {
    my %there = map { uc($_) => 1 } grep { exists $path{$path}{$_} } @METHODS;
    $there{HEAD} = 1 if $there{GET};
    my $where = $path =~ s/\{rpps\}/$OTHER/r =~ s/\{code\}/$CODE/r
        =~ s/\{id\}/1/r =~ s/\{account\}/nobody/r;
    make_sure_of($OTHER);
    my $allow = join ' ', sort keys %there, 'OPTIONS';
    for my $method (qw(GET POST PUT DELETE PATCH PROPFIND)) {
        next if $there{$method};
        my @body = $method =~ /^P/ ? (json => {}) : ();
        my $answer = $server->request($method, $where,
                                      as => 'coordination', @body);
        is_problem($answer, 405, undef, "$method $path: 405");
        is allow($answer), $allow, "$method $path: Allow";
    }
    my $answer = $server->request('OPTIONS', $where, as => 'coordination');
    is_status($answer, 204, "OPTIONS $path: 204");
    is allow($answer), $allow, "OPTIONS $path: Allow";
    next if !$there{GET} || $path =~ /viewers/;
    $answer = $server->head($where, as => 'coordination');
    is_status($answer, 200, "HEAD $path");
    is $answer->content, '', "HEAD $path: no body";
}

sub allow
{
    my ($answer) = @_;
    my $allow = $answer->header('allow') // '';
    return join ' ', sort grep { length } split /[,\s]+/, $allow;
}

# --- addresses that are none ------------------------------------------------
for my $path ('', '/', '/nothing', '/sheets/', "/sheets/$OTHER/",
              "/sheets/$OTHER/nothing", "/sheets/$OTHER/confirm/more",
              '/sheets/123', '/sheets/9990000001x', '/sheets/999000000123',
              '/me/', '/me/x', '/health/x', '/openapi.json/x', '/Match',
              '/sheets/../me/x', '/..%2f', '//me') {
    my $answer = $server->get($path, as => 'coordination');
    if ($path =~ /%2f/) {
        # refused by httpd before it knows the Location
        is_status($answer, 404, "GET $path: 404");
        next;
    }
    if ($path eq '//me') {
        like $answer->status, qr/^(?:200|404)$/, "GET $path: as httpd merges";
        next;
    }
    is_problem($answer, 404, undef, "GET '$path': 404");
}

$server->finish;
done_testing;
