#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Who may do what: every route x role x own, other's and absent sheet.
use strict;
use warnings;

use Test::More;

use Cpts::Check;
use Cpts::Server;

# Routes without a sheet: status for nobody, doctor, professional,
# coordinator.
my %PLAIN = (
    'GET /health'       => '200 200 200 200',
    'GET /openapi.json' => '200 200 200 200',
    'GET /contact'      => '200 200 200 200',
    'GET /me'           => '401 200 200 200',
    'GET /territory'    => '401 200 200 200',
    'GET /sheets'       => '401 403 403 200',
    'POST /sheets'      => '401 403 403 201',
    'POST /match'       => '401 200 200 200',
    'GET /activity'     => '401 403 403 200',
);
my @PLAIN = (undef, qw(docteur pharmacie coordination));

# Routes of one sheet, for each [account, whose sheet]:
#   nobody                      another's
#   the doctor                  own, own but absent, another's, absent
#   professional, coordinator   another's, absent
# A doctor cannot tell an absent sheet from another's.
my %SHEET = (
    'GET /sheets/{rpps}'          => '401 200 404 403 403 403 403 200 404',
    'PUT /sheets/{rpps}'          => '401 200 404 403 403 403 403 200 404',
    'DELETE /sheets/{rpps}'       => '401 204 404 403 403 403 403 204 404',
    'POST /sheets/{rpps}/confirm' => '401 200 404 403 403 403 403 200 404',
    'POST /sheets/{rpps}/pause'   => '401 200 404 403 403 403 403 200 404',
    'POST /sheets/{rpps}/resume'  => '401 200 404 403 403 403 403 200 404',
    'POST /sheets/{rpps}/leave'   => '401 200 404 403 403 403 403 200 404',
    'GET /sheets/{rpps}/viewers'  => '401 200 404 403 403 403 403 403 403',
);
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
);
my %OWN = (docteur => $OWN, 'sans.fiche' => rpps(300));
my $OTHER  = rpps(200);
my $ABSENT = rpps(400);

my $server = Cpts::Server->new(
    accounts => [ @Cpts::Server::ACCOUNTS,
                  [ 'sans.fiche', 'doctor', $OWN{'sans.fiche'} ] ],
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
      keys %PLAIN, keys %SHEET ],
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
    return ();
}

sub judge
{
    my ($answer, $status, $name) = @_;
    return is_problem($answer, $status, undef, $name) if $status >= 400;
    like $answer->header('cache-control') // '', qr/\bno-store\b/,
        "$name: no-store";
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

# erasing a doctor removes the account too
sub make_sure_of_account
{
    return if $server->get('/me', as => 'docteur')->status == 200;
    $server->account_add('docteur', 'doctor', $OWN);
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
        my $where = $path =~ s/\{rpps\}/$rpps/r;
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
    my $where = $path =~ s/\{rpps\}/$OTHER/r;
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
