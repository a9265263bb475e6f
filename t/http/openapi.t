#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The served contract: valid OpenAPI 3.1 (linted), complete, and kept to by
# the answers.
use strict;
use warnings;

use Test::More;

use Cpts::Check;
use Cpts::Schema;
use Cpts::Server;

my $server = Cpts::Server->new(
    directives => "CptsDailyConsultations 3\n"
        . 'CptsContours "' . Cpts::Server::contours_file() . "\"\n");
my $answer = $server->get('/openapi.json');
is_status($answer, 200, 'served to anyone');
like $answer->header('content-type') // '',
    qr{^application/(?:json|openapi\+json|vnd\.oai\.openapi\+json)},
    'as JSON';
my $document = $answer->json;
die "no document\n" if ref $document ne 'HASH';
my @METHODS = qw(get put post delete patch head options);

# --- the linter -------------------------------------------------------------
# "make" has installed it for the pages, from the lock file npm/.
my $PROGRAM = Cpts::Server::environment('CPTS_SRCDIR')
    . '/npm/lint-openapi.mjs';

sub lint
{
    my ($value) = @_;
    my $file = "$server->{dir}/run/openapi.json";
    Cpts::Server::write_file($file, Cpts::Server::encode_json($value));
    my $text = `node '$PROGRAM' '$file' 2>&1`;
    return ($?, $text);
}

subtest 'linter' => sub {
    if (!$ENV{CPTS_PAGES} && !$ENV{CI}) {
        plan skip_all => 'the linter needs nodejs and npm, see configure';
    }
    my ($status, $text) = lint($document);
    is $status, 0, 'no fault found';
    diag $text if $text ne '';

    # planted faults are found
    my %plant = (
        'struct' => sub { $_[0]{paths}{'/me'}{get}{surprise} = 1 },
        'no-unresolved-refs' => sub {
            $_[0]{paths}{'/me'}{get}{responses}{200} =
                { '$ref' => '#/components/nothing' };
        },
        'operation-operationId-unique' => sub {
            $_[0]{paths}{'/me'}{get}{operationId} =
                $_[0]{paths}{'/territory'}{get}{operationId};
        },
        'path-parameters-defined' => sub {
            $_[0]{paths}{'/planted/{x}'} = $_[0]{paths}{'/me'};
        },
    );
    for my $rule (sort keys %plant) {
        my $copy = Cpts::Server::decode_json(
            Cpts::Server::encode_json($document));
        $plant{$rule}->($copy);
        ($status, $text) = lint($copy);
        like $text, qr/^error: \Q$rule\E:/m, "a planted fault: $rule";
    }
};

# --- complete ---------------------------------------------------------------
my @ROUTE = (
    'GET /health', 'GET /openapi.json', 'GET /contact', 'GET /me',
    'GET /territory', 'GET /territory/contours', 'GET /activity',
    'GET /sheets', 'POST /sheets', 'GET /sheets/{rpps}',
    'PUT /sheets/{rpps}', 'DELETE /sheets/{rpps}',
    'POST /sheets/{rpps}/confirm', 'POST /sheets/{rpps}/pause',
    'POST /sheets/{rpps}/resume', 'POST /sheets/{rpps}/leave',
    'GET /sheets/{rpps}/viewers', 'POST /match',
    'GET /placements', 'POST /placements', 'GET /placements/{code}',
    (map { "POST /placements/{code}/$_" }
        qw(contact accept refuse declare cancel)),
    'GET /sheets/{rpps}/places',
    'GET /journal', 'GET /fairness', 'GET /unmet',
    'GET /me/export', 'GET /sheets/{rpps}/export', 'DELETE /me',
    'POST /me/terms', 'GET /invitations', 'POST /invitations',
    'POST /invitations/batch', 'POST /invitations/open',
    'POST /invitations/use', 'POST /invitations/{id}/renew',
    'DELETE /invitations/{id}', 'GET /batches', 'GET /sheets/{rpps}/draft',
    'GET /sheets/{rpps}/delegates',
    'DELETE /sheets/{rpps}/delegates/{account}',
    'POST /links/open', 'POST /links/use', 'GET /me/email', 'POST /me/email',
);
like $document->{openapi}, qr/^3\.1\.\d+$/, 'OpenAPI 3.1';
my @there;
for my $path (sort keys %{ $document->{paths} }) {
    push @there, map { uc($_) . " $path" }
        grep { exists $document->{paths}{$path}{$_} } @METHODS;
}
is_deeply [ sort @there ], [ sort @ROUTE ], 'every route, and no other';

sub resolve
{
    my ($value) = @_;
    return Cpts::Schema::resolve($document, $value);
}

# Statuses that a route must announce.
sub expected_statuses
{
    my ($route) = @_;
    my ($method, $path) = split / /, $route;
    my $open = $path =~ m{^/(?:health|openapi\.json|contact|links/\w+
                        |invitations/(?:open|use))$}x;
    my @status = $method eq 'DELETE' ? 204
        : $route =~ m{^POST\ /(?:sheets|placements
                      |invitations(?:/batch|/use)?)$}x ? 201
        : 200;
    push @status, 401, 429 if !$open;
    push @status, 403 if $path =~ m{^/sheets} || $method ne 'GET';
    # an empty answer where there is no sheet yet
    push @status, 404 if $path =~ /rpps|contours|code/
        && $path !~ m{/(?:draft|delegates)$};
    push @status, 503 if $path ne '/openapi.json';
    push @status, 413, 415 if $method =~ /^(?:POST|PUT)$/;
    push @status, 400, 422 if $method =~ /^(?:POST|PUT)$/;
    push @status, 412, 428 if $method eq 'PUT';
    push @status, 409 if $route eq 'POST /sheets'
        || $path =~ /placements/ && $method eq 'POST';
    push @status, 304 if $route eq 'GET /sheets/{rpps}'
        || $path =~ /contours/;
    push @status, 507 if $path =~ m{^/sheets} && $method ne 'GET';
    return @status;
}

for my $route (@ROUTE) {
    my ($method, $path) = split / /, $route;
    my $operation = $document->{paths}{$path}{ lc $method };
    my $responses = $operation->{responses};
    ok ref $responses eq 'HASH' && %$responses, "$route has responses";
    my @missing = grep { !exists $responses->{$_} }
        expected_statuses($route);
    is_deeply \@missing, [], "$route announces its statuses";
    for my $status (grep { /^[45]/ } sort keys %$responses) {
        my $response = resolve($responses->{$status});
        ok exists $response->{content}{'application/problem+json'},
            "$route: $status is a problem"
            or last;
    }
    ok length($operation->{summary} // ''), "$route has a summary";
    if ($method eq 'PUT' || $method eq 'POST') {
        ok exists $operation->{requestBody}{content}{'application/json'},
            "$route describes its body";
    }
    my @name = map { lc resolve($_)->{name} }
        @{ $operation->{parameters} // [] },
        @{ $document->{paths}{$path}{parameters} // [] };
    ok scalar(grep { $_ eq 'if-match' } @name), "$route: If-Match"
        if $method eq 'PUT';
    # a token is told once, and who has only a token has no account
    ok scalar(grep { $_ eq 'idempotency-key' } @name),
        "$route: Idempotency-Key"
        if $method eq 'POST' && $path !~ m{^/(?:invitations|links)\b};
}
my @query = sort map { resolve($_)->{name} }
    grep { resolve($_)->{in} eq 'query' }
    @{ $document->{paths}{'/sheets'}{get}{parameters} };
is_deeply \@query, [qw(commune cursor order q stale state)],
    'the query parameters of GET /sheets';

# --- the answers keep to it -------------------------------------------------
sub conforms
{
    my ($got, $method, $path) = @_;
    my $response = resolve($document->{paths}{$path}{ lc $method }
        {responses}{ $got->status });
    my $what = "$method $path " . $got->status;
    return fail("$what is not announced") if !$response;
    return is $got->content, '', "$what: no body"
        if !$response->{content};
    my ($type) = ($got->header('content-type') // '') =~ /^([^;\s]+)/;
    my $content = $response->{content}{$type};
    return fail("$what: type $type is not announced") if !$content;
    my @fault = Cpts::Schema::faults($document, $content->{schema},
                                     $got->json);
    is_deeply \@fault, [], "$what keeps to its schema";
    return;
}

my @BY = (as => 'coordination');
$server->expect_refusals;
conforms($server->post('/sheets', sheet(), @BY), POST => '/sheets');
my $etag = $server->get("/sheets/$OWN", @BY)->etag;
for my $try (
    [ GET => '/health' ],
    [ GET => '/me', as => 'docteur' ],
    [ GET => '/me', as => 'pharmacie' ],
    [ GET => '/me' ],
    [ GET => '/territory', as => 'pharmacie' ],
    [ GET => '/territory/contours', as => 'pharmacie' ],
    [ GET => '/sheets', @BY ],
    [ GET => '/sheets', as => 'pharmacie' ],
    [ POST => '/sheets', @BY, json => sheet() ],
    [ POST => '/sheets', @BY, json => { x => 1 } ],
    [ POST => '/sheets', @BY, body => '{' ],
    [ POST => '/sheets', @BY, body => '{}', type => 'text/plain' ],
    [ POST => '/sheets', @BY, body => 'x' x 100_000 ],
    [ POST => '/match', as => 'pharmacie', json => need() ],
    [ POST => '/match', as => 'pharmacie', json => need(
        followed => JSON::PP::true()) ],
    [ POST => '/match', as => 'pharmacie', json => need(age => 2,
        sex => 'M', languages => ['pt']) ],
    [ POST => '/match', as => 'pharmacie', json => need(
        home_visit => JSON::PP::true()) ],
    [ POST => '/match', as => 'pharmacie', json => need() ],
    [ POST => '/match', as => 'pharmacie', json => {} ],
    [ GET => '/sheets/{rpps}', as => 'docteur' ],
    [ GET => '/sheets/{rpps}', as => 'docteur',
      headers => { 'If-None-Match' => $etag } ],
    [ GET => '/sheets/{rpps}', as => 'docteur2' ],
    [ GET => '/sheets/{rpps}/viewers', as => 'docteur' ],
    [ PUT => '/sheets/{rpps}', as => 'docteur', json => sheet() ],
    [ PUT => '/sheets/{rpps}', as => 'docteur', json => sheet(),
      headers => { 'If-Match' => '"x"' } ],
    [ PUT => '/sheets/{rpps}', as => 'docteur', json => sheet(),
      headers => { 'If-Match' => $etag } ],
    [ POST => '/sheets/{rpps}/confirm', as => 'docteur', json => {} ],
    [ POST => '/sheets/{rpps}/pause', as => 'docteur',
      json => { until => day(3) } ],
    [ POST => '/sheets/{rpps}/pause', as => 'docteur', json => {} ],
    [ POST => '/sheets/{rpps}/resume', as => 'docteur', json => {} ],
    [ POST => '/sheets/{rpps}/leave', as => 'docteur', json => {} ],
    [ DELETE => '/sheets/{rpps}', @BY ],
    [ DELETE => '/sheets/{rpps}', @BY ],
) {
    my ($method, $path, %option) = @$try;
    my $got = $server->request($method, $path =~ s/\{rpps\}/$OWN/r,
                               %option);
    conforms($got, $method, $path);
}

# Invitations, from the first to the account and its delegate.
{
    my $try = sub {
        my ($method, $path, $where, %option) = @_;
        my $got = $server->request($method, $where // $path, %option);
        conforms($got, $method, $path);
        return $got->json;
    };
    my $doctor = { role => 'doctor', rpps => rpps(900), name => 'x',
                   batch => 'y', draft => { sex => 'F' } };
    my $made = $try->(POST => '/invitations', undef, @BY, json => $doctor);
    $try->(POST => '/invitations', undef, @BY, json => $doctor);
    $try->(POST => '/invitations', undef, @BY, json => { role => 'x' });
    $try->(GET => '/invitations', undef, @BY);
    $try->(GET => '/batches', undef, @BY);
    $try->(POST => '/invitations/batch', undef, @BY, json => { name => 'z',
        csv => "rpps,name\n" . rpps(901) . ",x\n" });
    $try->(POST => '/invitations/batch', undef, @BY, json => { name => 'z',
        csv => "rpps,name\n1,x\n" });
    my $again = $try->(POST => '/invitations/{id}/renew',
        "/invitations/$made->{id}/renew", @BY, json => {});
    $try->(POST => '/invitations/open', undef, json => { token => 'x' });
    $try->(POST => '/invitations/open', undef,
        json => { token => $again->{token} });
    for (1, 2) {
        $try->(POST => '/invitations/use', undef, json => {
            token => $again->{token}, account => 'x',
            password => 'correct horse' });
    }
    $try->(DELETE => '/invitations/{id}', "/invitations/$made->{id}", @BY);
    $try->(GET => '/sheets/{rpps}/draft', '/sheets/' . rpps(900) . '/draft',
        @BY);
    $server->account_add('aide', 'delegate', rpps(900));
    my $delegates = '/sheets/' . rpps(900) . '/delegates';
    $try->(GET => '/sheets/{rpps}/delegates', $delegates, @BY);
    for (1, 2) {
        $try->(DELETE => '/sheets/{rpps}/delegates/{account}',
            "$delegates/aide", @BY);
    }
    $try->(POST => '/me/terms', undef, @BY, json => { version => 'x' });
}

# Placements from one end to the other.
conforms($server->post('/sheets', sheet(), @BY), POST => '/sheets');
conforms($server->post('/match', need(), @BY), POST => '/match');
conforms($server->get("/sheets/$OWN/places", @BY),
         GET => '/sheets/{rpps}/places');
my %start = (rpps => $OWN, uses => 'general', places => 1);
my $placement = $server->post('/placements', \%start, @BY);
conforms($placement, POST => '/placements');
conforms($server->post('/placements', { %start, note => 'x' }, @BY),
         POST => '/placements');
conforms($server->post('/placements', \%start, as => 'docteur2'),
         POST => '/placements');
conforms($server->get('/placements', @BY), GET => '/placements');
conforms($server->get('/placements?state=x', @BY), GET => '/placements');
for my $try ([ contact => {} ], [ accept => {} ], [ declare => {} ],
             [ refuse => {} ], [ refuse => { reason => 'full' } ],
             [ cancel => {} ]) {
    my ($event, $body) = @$try;
    my $path = '/placements/' . $placement->json->{code};
    for my $who (qw(docteur2 coordination)) {
        conforms($server->get($path, as => $who), GET => '/placements/{code}');
        conforms($server->post("$path/$event", $body, as => $who),
                 POST => "/placements/{code}/$event");
    }
}

# What the schema says is refused is refused, what it allows is taken.
my $schema = $document->{paths}{'/match'}{post}{requestBody}{content}
    {'application/json'}{schema};
is_deeply [ Cpts::Schema::faults($document, $schema, need()) ], [],
    'a good need keeps to the schema';
for my $bad (need(age => -1), need(age => '1'), need(extra => 1),
             need(sex => 'X'), need(household => 11), { commune => '31113' },
             need(commune => 'x')) {
    ok scalar(Cpts::Schema::faults($document, $schema, $bad)),
        'the schema refuses ' . Cpts::Server::encode_json($bad);
}

$server->finish;
done_testing;
