#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Bad input on every route that reads a body: always a 4xx problem, never a
# 5xx, never the value sent back; the connection goes on where HTTP lets it.
use strict;
use warnings;

use Test::More;

use Cpts::Check;
use Cpts::Server;

my $server = Cpts::Server->new(
    directives => "CptsDailyConsultations 10000\n",
)->expect_refusals;
create_sheet($server, rpps => $OWN);

my @BY = (as => 'coordination');
my $MARK = 'zqxmarkerzqx';    # must never come back

# Every route with a body: method, path, a good body, further headers.
my $etag = $server->get("/sheets/$OWN", @BY)->etag;
my @ROUTE = (
    [ POST => '/match', need() ],
    [ POST => '/sheets', sheet(rpps => rpps(500)) ],
    [ PUT  => "/sheets/$OWN", sheet(), 'If-Match' => $etag ],
    [ POST => "/sheets/$OWN/confirm", {} ],
    [ POST => "/sheets/$OWN/pause", { until => day(3) } ],
    [ POST => "/sheets/$OWN/resume", {} ],
    [ POST => "/sheets/$OWN/leave", {} ],
);

sub send_body
{
    my ($route, $body, %option) = @_;
    my ($method, $path, undef, %header) = @$route;
    return $server->request($method, $path, @BY, body => $body, %option,
        headers => { %header, %{ $option{headers} // {} } });
}

# One test: a problem with this status, that does not repeat the marker.
sub refused
{
    my ($answer, $status, $name) = @_;
    my $good = ref $status ? like($answer->status, $status, "$name: status")
        : is_problem($answer, $status, undef, $name);
    is_problem($answer, $answer->status, undef, "$name: problem")
        if ref $status;
    my $echo = index($answer->content, $MARK) >= 0;
    fail("$name: the value came back") if $echo;
    return $good && !$echo;
}

# --- JSON that is none, or too much -----------------------------------------
my $deep = '[' x 5000 . ']' x 5000;
my @SYNTAX = (
    [ 400, 'no body', '' ],
    [ 400, 'blanks', "  \n" ],
    [ 400, 'not JSON', $MARK ],
    [ 400, 'cut short', "{\"$MARK\":" ],
    [ 400, 'something after the end', "{} \"$MARK\"" ],
    [ 400, 'single quotes', "{'age':'$MARK'}" ],
    [ 400, 'a comma too many', '{"age":1,}' ],
    [ 400, 'the same member twice', "{\"age\":1,\"age\":\"$MARK\"}" ],
    [ 400, 'the same member twice, written otherwise',
      '{"age":1,"\u0061ge":2}' ],
    [ 400, 'twice inside', '{"point":{"lat":1,"lat":2}}' ],
    [ 400, 'deep nesting', "{\"a\":$deep}" ],
    [ 400, 'invalid UTF-8', "{\"commune\":\"$MARK\xff\"}" ],
    [ 400, 'overlong UTF-8', "{\"commune\":\"\xc0\xaf\"}" ],
    [ 400, 'a surrogate in UTF-8', "{\"commune\":\"\xed\xa0\x80\"}" ],
    [ 400, 'half a surrogate pair', '{"commune":"\ud800"}' ],
    [ 400, 'U+0000 in a value', '{"commune":"31113\u0000"}' ],
    [ 400, 'U+0000 in a name', '{"commune\u0000":"31113"}' ],
    [ 400, 'a NUL byte', "{\"commune\":\"31\x00113\"}" ],
    [ 400, 'a NUL byte after the end', "{}\x00" ],
    [ 400, 'a control character', "{\"commune\":\"31\x01\"}" ],
    [ 400, 'UTF-16', "\xfe\xff\x00{\x00}" ],
    [ 400, 'a number too large', '{"age":1e999}' ],
    [ 400, 'an integer too large', '{"age":' . '9' x 400 . '}' ],
    [ 400, 'NaN', '{"age":NaN}' ],
    [ 400, 'hexadecimal', '{"age":0x10}' ],
    [ 400, 'a leading zero', '{"age":01}' ],
    [ qr/^4(?:00|22)$/, 'an array', '[]' ],
    [ qr/^4(?:00|22)$/, 'a string', "\"$MARK\"" ],
    [ qr/^4(?:00|22)$/, 'null', 'null' ],
    [ qr/^4(?:00|22)$/, 'a number', '42' ],
    [ qr/^4(?:00|22)$/, 'true', 'true' ],
    [ 422, 'an unknown member', "{\"unknown\":\"$MARK\"}" ],
    [ qr/^4(?:00|22)$/, 'beyond 64 bits', '{"age":18446744073709551616}' ],
);
for my $route (@ROUTE) {
    my ($method, $path) = @$route;
    for my $case (@SYNTAX) {
        my ($status, $name, $body) = @$case;
        refused(send_body($route, $body), $status, "$method $path: $name");
    }
}

# --- the envelope: type, length, origin, method override --------------------
for my $route (@ROUTE) {
    my ($method, $path, $good) = @$route;
    my $body = Cpts::Server::encode_json($good);
    my $what = "$method $path";
    refused(send_body($route, $body, type => $_), 415, "$what: type $_")
        for 'text/plain', 'application/x-www-form-urlencoded',
            'multipart/form-data; boundary=x', 'application/jsonx',
            'text/json', 'application/json; charset=iso-8859-1', '*/*',
            'json';
    my $bytes = $server->wire($method, $path, @BY, body => $body,
        headers => { 'Content-Type' => undef, Connection => 'close' });
    refused($server->raw->send($bytes)->response, 415, "$what: no type");

    refused(send_body($route, $body,
        headers => { 'Content-Encoding' => 'gzip' }), 415,
        "$what: a compressed body");

    my $large = '{"note":"' . 'x' x 1_048_576 . '"}';
    refused(send_body($route, $large), 413, "$what: 1 MB");
    my %header = @$route[3 .. $#$route];
    my $declared = $server->wire($method, $path, @BY,
        headers => { %header, 'Content-Type' => 'application/json',
                     'Content-Length' => '99999999999' });
    refused($server->raw->send($declared)->response, 413,
        "$what: 99 GB declared, nothing sent");
    my $expected = $server->wire($method, $path, @BY,
        headers => { %header, 'Content-Type' => 'application/json',
                     'Content-Length' => 1_048_576,
                     Expect => '100-continue' });
    my $answer = $server->raw->send($expected)->response(interim => 1);
    refused($answer, 413, "$what: no 100 Continue for a body too large");
    for my $early ([ 401, as => undef ],
                   [ 415, type => 'text/plain' ],
                   [ 403, origin => 'https://evil.example' ]) {
        my ($status, %other) = @$early;
        $answer = $server->raw->send($server->wire($method, $path, @BY,
            as => exists $other{as} ? undef : 'coordination',
            headers => { %header, Origin => $other{origin},
                'Content-Type' => $other{type} // 'application/json',
                'Content-Length' => 2, Expect => '100-continue' }))
            ->response(interim => 1);
        refused($answer, $status, "$what: $status before 100 Continue");
    }

    for my $origin ([ Origin => 'https://evil.example' ],
                    [ Origin => 'null' ],
                    [ Origin => 'http://127.0.0.1:1' ],
                    [ Origin => "http://127.0.0.1:$server->{port}.evil.fr" ],
                    [ 'Sec-Fetch-Site' => 'cross-site' ],
                    [ 'Sec-Fetch-Site' => 'same-site' ]) {
        $answer = send_body($route, $body, headers => { @$origin });
        is_problem($answer, 403, 'cross_origin',
            "$what: @$origin is refused");
    }
}
is_problem($server->delete("/sheets/$OWN", @BY,
    headers => { Origin => 'https://evil.example' }), 403, 'cross_origin',
    'DELETE from another origin');

for my $good ([ Origin => "http://127.0.0.1:$server->{port}" ],
              [ 'Sec-Fetch-Site' => 'same-origin' ],
              [ 'Sec-Fetch-Site' => 'none' ]) {
    is_status($server->post('/match', need(), @BY, headers => { @$good }),
        200, "@$good is accepted");
}
is_status($server->post('/match', need(), @BY,
    type => 'application/json; charset=utf-8'), 200, 'charset=utf-8');
is_status($server->post('/match', need(), @BY,
    type => 'Application/JSON;charset="UTF-8"'), 200, 'written otherwise');

# --- chunked bodies ---------------------------------------------------------
sub chunked
{
    my ($route, @chunk) = @_;
    my ($method, $path, undef, %header) = @$route;
    return $server->wire($method, $path, @BY, headers => { %header,
            'Content-Type' => 'application/json',
            'Transfer-Encoding' => 'chunked' })
        . join '', map { sprintf "%x\r\n%s\r\n", length, $_ } @chunk;
}

for my $route (@ROUTE) {
    my $what = "$route->[0] $route->[1]";
    my $many = $server->raw->send(chunked($route, '{"note":"',
        ('x' x 8192) x 16, '"}', ''))->response;
    refused($many, 413, "$what: chunked over the limit");
    my $bad = $server->raw->send(chunked($route) . "zz\r\n{}\r\n0\r\n\r\n")
        ->response;
    refused($bad, 400, "$what: a chunk size that is none");
    my $cut = $server->raw->send(chunked($route, '{"age"'))->end->response;
    refused($cut, qr/^4\d\d$/, "$what: chunked, cut short") if $cut;
    my $wire = $server->wire(@$route[0, 1], @BY, headers => {
        'Content-Type' => 'application/json', 'Content-Length' => 100 });
    $cut = $server->raw->send("$wire\{\"age\"")->end->response;
    refused($cut, qr/^4\d\d$/, "$what: cut short") if $cut;
    ok 1, "$what: survived bodies cut short";
}
{
    my $body = Cpts::Server::encode_json(need());
    my $answer = $server->raw->send(chunked($ROUTE[0],
        (split //, $body), ''))->response;
    is_status($answer, 200, 'a chunked body, byte by byte, is read');
}

# --- the connection goes on -------------------------------------------------
for my $bad ([ 400, body => '{' ], [ 422, body => '{"surprise":1}' ],
             [ 415, body => '{}', type => 'text/plain' ],
             [ 403, body => '{}',
               headers => { Origin => 'http://a.example' } ],
             [ 401, body => '{}', as => undef ],
             [ 413, body => '"' . 'x' x 100_000 . '"' ]) {
    my ($status, @option) = @$bad;
    my $raw = $server->raw;
    my $first = $raw->send($server->wire(POST => '/match', @BY, @option))
        ->response;
    is_problem($first, $status, undef, "first request: $status");
    if (($first->header('connection') // '') =~ /close/i) {
        # httpd does so after these, whoever answers
        like $status, qr/^4(?:00|13)$/,
            "$status: httpd closes the connection";
        next;
    }
    my $second = $raw->send($server->wire(POST => '/match', @BY,
        json => need()))->response;
    ok $second && $second->status == 200,
        "$status: the same connection serves the next request";
}
{
    # two requests in one write, the first one bad
    my $raw = $server->raw->send($server->wire(POST => '/match', @BY,
        body => '{"age":-1}') . $server->wire(GET => '/me', @BY));
    is $raw->response->status, 422, 'pipelined: the bad one';
    is $raw->response->status, 200, 'pipelined: the good one';
}

for my $method (qw(GET HEAD OPTIONS)) {
    # a body that nobody expects is not taken for the next request
    my $raw = $server->raw->send($server->wire($method, '/me', @BY,
        body => 'GET /cpts/api/nothing HTTP/1.1') . $server->wire(GET =>
        '/me', @BY));
    my $first = $raw->response(head => $method eq 'HEAD');
    is_status($first, $method eq 'OPTIONS' ? 204 : 200,
        "$method with a body");
    my $second = $raw->response;
    ok $second && $second->status == 200, "$method with a body: the next";
}

# --- rules of the need, each with its pointer -------------------------------
my @FAULT = (
    [ '/age', 'no age', { commune => '31113' } ],
    [ '/age', 'null', need(age => undef) ],
    [ '/age', 'a string', need(age => $MARK) ],
    [ '/age', 'a number in a string', need(age => '78') ],
    [ '/age', 'negative', need(age => -1) ],
    [ '/age', 'too old', need(age => 131) ],
    [ '/age', 'a fraction', need(age => 7.5) ],
    [ '/age', 'beyond 32 bits', need(age => 4294967296 + 40) ],
    [ '/age', 'a boolean', need(age => JSON::PP::true()) ],
    [ '/age', 'an array', need(age => [40]) ],
    [ '/commune', 'a number', need(commune => 31113) ],
    [ '/commune', 'not a code', need(commune => $MARK) ],
    [ '/commune', 'empty', need(commune => '') ],
    [ '/commune', 'of another territory', need(commune => '75056') ],
    [ '/commune', 'too long', need(commune => '31113' . 'x' x 9999) ],
    [ '/ald', 'a string', need(ald => 'true') ],
    [ '/ald', 'a number', need(ald => 1) ],
    [ '/precarity', 'an object', need(precarity => {}) ],
    [ '/home_visit', 'a string', need(home_visit => 'no') ],
    [ '/accessible', 'a number', need(accessible => 0) ],
    [ '/followed', 'a string', need(followed => $MARK) ],
    [ '/teleconsultation', 'an array', need(teleconsultation => []) ],
    [ '/languages', 'a string', need(languages => 'ar') ],
    [ '/languages/0', 'not a code', need(languages => [$MARK]) ],
    [ '/languages/1', 'a number', need(languages => [ 'ar', 1 ]) ],
    [ '/languages', 'too many', need(languages => [ ('ar') x 1000 ]) ],
    [ '/sex', 'another word', need(sex => $MARK) ],
    [ '/sex', 'lower case', need(sex => 'f') ],
    [ '/household', 'zero', need(household => 0) ],
    [ '/household', 'eleven', need(household => 11) ],
    [ '/household', 'a string', need(household => '2') ],
    [ '/point/lat', 'beyond the pole', { age => 1,
      point => { lat => 91, lon => 1 } } ],
    [ '/point/lon', 'missing', { age => 1, point => { lat => 43 } } ],
    [ '/point', 'a string', { age => 1, point => "43,1" } ],
    [ '/point/alt', 'unknown member inside', { age => 1,
      point => { lat => 43, lon => 1, alt => $MARK } } ],
    [ '/name', 'a patient\'s name has no place', need(name => $MARK) ],
    [ '/a~1b~0c', 'a pointer is escaped', need('a/b~c' => 1) ],
    [ '/', 'a member without a name', need('' => 1) ],
);
for my $fault (@FAULT) {
    my ($pointer, $name, $body) = @$fault;
    my $answer = $server->post('/match', $body, @BY);
    has_fault($answer, $pointer, undef, "need: $pointer: $name");
    ok index($answer->content, $MARK) < 0, "need: $pointer: not echoed"
        if index(Cpts::Server::encode_json($body), $MARK) >= 0;
}

# --- every field of a sheet with every wrong type ---------------------------
my @WRONG = ("$MARK\x{7f}", -7.25, JSON::PP::true(), [], {}, [ [] ],
             [$MARK], { $MARK => 1 }, '', 1e15, 'x' x 20_000);
for my $field (sort keys %{ sheet() }, qw(confirmed_on confirmed_by)) {
    for my $value (@WRONG) {
        my $answer = $server->post('/sheets',
            sheet(rpps => rpps(600), $field => $value), @BY);
        if ($answer->status == 201) {
            # an empty list, true for a boolean, free words, any visits
            $server->delete('/sheets/' . rpps(600), @BY);
            ok ref $value eq 'ARRAY' && (!@$value
                    || $field =~ /^(?:skills|equipment)$/)
                || ref $value eq 'JSON::PP::Boolean'
                || ref $value eq 'HASH' && $field eq 'home_visits',
                "sheet: $field takes " . Cpts::Server::encode_json($value);
            next;
        }
        my $echo = $answer->content =~ s/"pointer":\s*"[^"]*"//gr;
        ok $answer->status == 422 && index($echo, $MARK) < 0,
            "sheet: $field refuses a wrong value"
            or diag substr(Cpts::Server::encode_json($value), 0, 80), ' ',
                $answer->summary;
    }
}
for my $text ("a\tb", "a\x{1b}[0m", "a\x{200b}", "line\nfeed") {
    my $answer = $server->post('/sheets', sheet(rpps => rpps(601),
        name => "Dr $text"), @BY);
    next if $answer->status == 201 && $text =~ /\x{200b}/
        && $server->delete('/sheets/' . rpps(601), @BY);
    has_fault($answer, '/name', undef, 'no control character in a name');
}

# --- many faults are cut, not unlimited -------------------------------------
{
    my $answer = $server->post('/match',
        need(map { ("member$_" => 1) } 1 .. 3000), @BY);
    is_problem($answer, 422, undef, '3,000 unknown members');
    cmp_ok scalar @{ $answer->json->{errors} }, '<=', 100, 'first faults only';
    $answer = $server->post('/match', need('x' x 30_000 => 1), @BY);
    is_problem($answer, 422, undef, 'a name of 30,000 characters');
}

# --- request lines and headers ----------------------------------------------
for my $query ('?', '?x', '?=', '?&&', '?x=%00', '?' . 'x=1&' x 500) {
    my $answer = $server->post("/match$query", need(), @BY);
    next if $query =~ /^\?(?:&*|=)$/ && $answer->status == 200;
    is_problem($answer, 400, undef, 'POST /match with the query '
        . substr $query, 0, 10);
}
for my $match ('', '*', 'garbage', '"unclosed', '"a" "b"', 'x' x 4000) {
    my $answer = $server->put("/sheets/$OWN", @BY, json => sheet(),
        headers => { 'If-Match' => $match });
    like $answer->status, qr/^4(?:00|12|28)$/,
        'If-Match that is none: ' . substr $match, 0, 10;
}
for my $bad ("BAD /cpts/api/me HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET /cpts/api/me HTTP/9.9\r\nHost: a\r\n\r\n",
             "GET /cpts/api/me HTTP/1.1\r\n\r\n",
             "GET /cpts/api/m\x00e HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET /cpts/api/me HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n",
             "POST /cpts/api/match HTTP/1.1\r\nHost: a\r\n"
             . "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"
             . "\r\n0\r\n\r\n",
             "POST /cpts/api/match HTTP/1.1\r\nHost: a\r\n"
             . "Content-Length: -5\r\n\r\n",
             'GET /cpts/api/' . 'x' x 20_000
             . " HTTP/1.1\r\nHost: a\r\n\r\n") {
    my $answer = $server->raw->send($bad)->end->response;
    ok !$answer || $answer->status =~ /^(?:4\d\d|501|505)$/,
        'bad syntax is refused: ' . ($answer ? $answer->status : 'closed');
}

is $server->get("/sheets/$OWN", @BY)->etag, $etag,
    'after all this the sheet is as it was';
is_status($server->get('/health'), 200, 'and the server is well');
$server->finish;
done_testing;
