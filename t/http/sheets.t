#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Sheets: create, read, replace, act upon, erase, list; at once everywhere.
use strict;
use warnings;
use utf8;

use Test::More;

use Cpts::Check;
use Cpts::Server;

my $server = Cpts::Server->new(
    directives => "CptsDailyConsultations 10000\n",
)->expect_refusals;

my @BY = (as => 'coordination');
my @ME = (as => 'docteur');

# --- create and read --------------------------------------------------------
subtest 'create' => sub {
    my $full = sheet(
        name      => 'Dr Éloïse Fictive',
        languages => [qw(fr ar)],
        sector    => '1-optam',
        skills    => ['gynécologie'],
        equipment => ['échographe'],
        contact   => 'mssante',
        trains_students  => JSON::PP::true(),
        teleconsultation => JSON::PP::true(),
        home_visits => { communes => ['31113'], perimeters => ['coteaux'],
                         radius_km => 5 },
        sites => [ site('31113'),
                   site('31446', point => { lat => 43.5, lon => 1.5 },
                        structure => 'msp') ],
        retirement => '2031-06-30',
        note => "Fiche fictive\nsur deux lignes",
    );
    my $answer = $server->post('/sheets', $full, @BY);
    is_status($answer, 201, 'created');
    like $answer->header('location') // '',
        qr{^(?:http://[^/]+)?/cpts/api/sheets/$OWN$}, 'Location';
    like $answer->etag // '', qr/^"[^"]+"$/, 'a strong ETag';
    like $answer->header('cache-control') // '', qr/no-store/, 'no-store';
    my $json = $answer->json;
    is $json->{confirmed_on}, today(), 'confirmed today';
    is $json->{confirmed_by}, 'coordinator', 'by the coordinator';
    my %sent = %$json;
    delete @sent{qw(confirmed_on confirmed_by)};
    is_deeply \%sent, $full, 'everything that was sent comes back';

    my $read = $server->get("/sheets/$OWN", @ME);
    is_status($read, 200, 'the doctor reads it');
    is $read->etag, $answer->etag, 'same ETag';
    is_deeply $read->json, $json, 'same sheet';

    is_problem($server->post('/sheets', $full, @BY), 409);
    my $same = $server->get("/sheets/$OWN", @ME,
        headers => { 'If-None-Match' => $read->etag });
    is_status($same, 304, 'If-None-Match: 304');
    is $same->content, '', '304 has no body';
};

# --- replace ----------------------------------------------------------------
subtest 'replace' => sub {
    my $read = $server->get("/sheets/$OWN", @ME);
    my $etag = $read->etag;
    my $sheet = $read->json;
    $sheet->{phone} = '0536490099';
    is_problem($server->put("/sheets/$OWN", @ME, json => $sheet), 428);
    for my $other ('"no such version"', '"0"', '"999999"', 'W/' . $etag) {
        is_problem($server->put("/sheets/$OWN", @ME, json => $sheet,
            headers => { 'If-Match' => $other }), 412, undef,
            "If-Match: $other is 412");
    }
    is $server->get("/sheets/$OWN", @ME)->etag, $etag, 'nothing changed';

    my $put = $server->put("/sheets/$OWN", @ME, json => $sheet,
        headers => { 'If-Match' => $etag });
    is_status($put, 200, 'replaced');
    isnt $put->etag, $etag, 'another ETag';
    is $put->json->{phone}, '0536490099', 'the new value';
    is $put->json->{confirmed_by}, 'doctor', 'confirmed by the doctor';
    is_problem($server->put("/sheets/$OWN", @ME, json => $sheet,
        headers => { 'If-Match' => $etag }), 412, undef,
        'the old ETag is worth nothing any more');
    $put = $server->put("/sheets/$OWN", @ME, json => $put->json,
        headers => { 'If-Match' => $put->etag });
    is_status($put, 200, 'what was read can be sent back as it is');

    my %moved = (%{ $put->json }, rpps => rpps(70));
    has_fault($server->put("/sheets/$OWN", @ME, json => \%moved,
        headers => { 'If-Match' => $put->etag }), '/rpps', undef,
        'the RPPS cannot change');
    my %faked = (%{ $put->json }, confirmed_on => day(-3));
    has_fault($server->put("/sheets/$OWN", @ME, json => \%faked,
        headers => { 'If-Match' => $put->etag }), '/confirmed_on', undef,
        'the date of confirmation is the server\'s');
};

# --- rules across fields ----------------------------------------------------
subtest 'rules' => sub {
    my @rule = (
        [ '/availability/until', 'a pause has an end',
          availability => open_state(state => 'paused') ],
        [ '/availability/until', 'only a pause has an end',
          availability => open_state(until => day(3)) ],
        [ '/availability/until', 'a pause does not end in the past',
          availability => open_state(state => 'paused', until => day(-1)) ],
        [ '/availability/from', 'an opening has a day',
          availability => open_state(state => 'opening') ],
        [ '/availability/from', 'only an opening has a day',
          availability => open_state(from => day(3)) ],
        [ '/availability/capacity', 'open: with a capacity',
          availability => open_state(capacity => undef) ],
        [ '/availability/capacity/reserved', 'reserved within places',
          availability => open_state(capacity => { places => 2,
              period => 'week', reserved => 3 }) ],
        [ '/phone', 'contact by telephone needs one', phone => undef ],
        [ '/mssante', 'contact by MSSanté needs one',
          contact => 'mssante', mssante => undef ],
        [ '/sites/0/commune', 'a commune of the territory',
          sites => [ site('75056') ] ],
        [ '/home_visits/communes/1', 'visits in known communes',
          home_visits => { communes => [ '31113', '99999' ],
              perimeters => [], radius_km => undef } ],
        [ '/home_visits/perimeters/0', 'visits in a named perimeter',
          home_visits => { communes => [], perimeters => ['nowhere'],
              radius_km => undef } ],
        [ '/home_visits/radius_km', 'the radius is capped',
          home_visits => { communes => [], perimeters => [],
              radius_km => 31 } ],
        [ '/sites', 'at least one site', sites => [] ],
        [ '/sites', 'at most five sites',
          sites => [ map { site('31113') } 1 .. 6 ] ],
    );
    for my $rule (@rule) {
        my ($pointer, $name, %field) = @$rule;
        has_fault($server->post('/sheets',
            sheet(rpps => rpps(50), %field), @BY), $pointer, undef, $name);
    }
    my $answer = $server->post('/sheets', sheet(rpps => rpps(50), sex => 'X',
        phone => 12, surprise => 1, sites => [ {} ]), @BY);
    my %pointer = map { $_->{pointer} => 1 } @{ $answer->json->{errors} };
    ok $pointer{$_}, "all faults at once: $_"
        for qw(/sex /phone /surprise /sites/0/address /sites/0/commune);
    my $absent = sheet(rpps => rpps(50));
    delete @$absent{qw(rpps name sex contact sites availability)};
    $answer = $server->post('/sheets', $absent, @BY);
    %pointer = map { $_->{pointer} => 1 } @{ $answer->json->{errors} };
    ok $pointer{"/$_"}, "required: $_"
        for qw(rpps name sex contact sites availability);
};

# --- actions ----------------------------------------------------------------
sub act
{
    my ($action, $body, @who) = @_;
    return $server->post("/sheets/$OWN/$action", $body, @who);
}

sub shown { return scalar grep { $_ eq $OWN } proposed($_[0]) }

sub match { return $server->post('/match', need(), as => 'pharmacie') }

subtest 'actions' => sub {
    my $before = $server->get("/sheets/$OWN", @ME);
    my $answer = act(pause => { until => day(10) }, @ME);
    is_status($answer, 200, 'pause');
    is $answer->json->{availability}{state}, 'paused', 'paused';
    is $answer->json->{availability}{until}, day(10), 'until then';
    isnt $answer->etag, $before->etag, 'another ETag';
    is_deeply $answer->json->{availability}{capacity},
        $before->json->{availability}{capacity}, 'the capacity stays';
    $answer = act(resume => {}, @ME);
    is_status($answer, 200, 'resume');
    is $answer->json->{availability}{state}, 'open', 'open again';
    is $answer->json->{availability}{until}, undef, 'no end any more';
    $answer = act(leave => {}, @ME);
    is $answer->json->{availability}{state}, 'left', 'left';
    ok !shown(match()), 'who left is not proposed';
    $answer = act(resume => {}, @ME);
    is $answer->json->{availability}{state}, 'open', 'came back';
    ok shown(match()), 'and is proposed';
    $answer = act(confirm => {}, @BY);
    is $answer->json->{confirmed_by}, 'coordinator', 'confirmed by others';
    $answer = act(confirm => {}, @ME);
    is_status($answer, 200, 'confirm');
    is $answer->json->{confirmed_by}, 'doctor', 'confirmed by the doctor';
    is $answer->json->{confirmed_on}, today(), 'today';

    my $etag = $answer->etag;
    has_fault(act(pause => {}, @ME), '/until');
    has_fault(act(pause => { until => 'soon' }, @ME), '/until');
    has_fault(act(pause => { until => day(-1) }, @ME), '/until', undef,
        'a pause cannot end in the past');
    has_fault(act(pause => { until => '2026-02-30' }, @ME), '/until', undef,
        'there is no 30th of February');
    has_fault(act(confirm => { extra => 1 }, @ME), '/extra');
    is $server->get("/sheets/$OWN", @ME)->etag, $etag, 'nothing changed';
    is_status(act(pause => { until => today() }, @ME), 200,
        'a pause until tonight');
    is_status(act(resume => {}, @ME), 200, 'and no more');
};

# --- at once, in every child ------------------------------------------------
subtest 'effective at once in every child' => sub {
    my $wire = $server->wire(POST => '/match', json => need(),
                             as => 'pharmacie');
    my ($wrong, $missing) = (0, 0);
    for my $round (1 .. 30) {
        my $done = act(pause => { until => day(30) }, @ME);
        $missing++ if $done->status != 200;
        for my $answer ($server->burst(($wire) x 20)) {
            $missing++ if !$answer || $answer->status != 200;
            $wrong++ if $answer && shown($answer);
        }
        $done = act(resume => {}, @ME);
        my ($answer) = $server->burst($wire);
        $missing++ if !shown($answer);
    }
    is $wrong, 0, 'a paused doctor was never shown (600 matches)';
    is $missing, 0, 'every request was answered, every return was seen';
    cmp_ok scalar($server->served_by), '>=', 2, 'two children answered';
};

# --- who was shown this sheet -----------------------------------------------
subtest 'viewers' => sub {
    my $answer = $server->get("/sheets/$OWN/viewers", @ME);
    is_status($answer, 200, 'the owner sees the viewers');
    my @viewer = @{ $answer->json->{viewers} };
    ok scalar(@viewer), 'there are some';
    is_deeply [ sort keys %{ $viewer[0] } ],
        [qw(account at profession role structure)],
        'who, when, from where, and nothing else';
    is $viewer[0]{account}, 'pharmacie', 'the account';
    is $viewer[0]{role}, 'professional', 'the role';
    like $viewer[0]{at}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'the time';
    my @at = map { $_->{at} } @viewer;
    is_deeply \@at, [ sort { $b cmp $a } @at ], 'newest first';

    my ($seen, $next, $pages) = (scalar @viewer, $answer->json->{next}, 1);
    while (defined $next && $pages++ < 100) {
        my $page = $server->get("/sheets/$OWN/viewers?cursor=$next", @ME);
        is_status($page, 200, "page $pages") if $page->status != 200;
        $seen += @{ $page->json->{viewers} };
        $next = $page->json->{next};
    }
    my $count = $server->sqlite('SELECT count(DISTINCT j.id) '
        . 'FROM journal j, json_each(j.sheets) s '
        . "WHERE j.action = 'match' AND s.value = (SELECT id "
        . "FROM practitioner WHERE rpps = '$OWN');");
    is $seen, $count + 0, 'all of them, page by page';
    is_problem($server->get("/sheets/$OWN/viewers?cursor=x", @ME), 400);
};

# --- erase ------------------------------------------------------------------
subtest 'erase' => sub {
    my $name = 'Dr Effacement Total';
    my $rpps = rpps(60);
    $server->account_add('efface', 'doctor', $rpps);
    create_sheet($server, rpps => $rpps, name => $name,
                 phone => '0536490860');
    $server->post('/match', need(), as => 'efface');
    is_status($server->delete("/sheets/$rpps", as => 'efface'), 204);
    is_problem($server->get("/sheets/$rpps", @BY), 404);
    is_problem($server->delete("/sheets/$rpps", @BY), 404, undef,
        'erased twice: 404');
    is_problem($server->get('/me', as => 'efface'), 401, undef,
        'the account is gone');
    $server->sqlite('PRAGMA wal_checkpoint(TRUNCATE);');
    for my $file (glob "$server->{dir}/db/*") {
        my $bytes = Cpts::Server::read_file($file);
        ok index($bytes, $_) < 0, "no byte left of $_ in " .
            ($file =~ s{.*/}{}r) for $name, $rpps, '0536490860', 'efface';
    }
    my ($answer) = $server->burst($server->wire(POST => '/match',
        json => need(), as => 'pharmacie'));
    ok !(grep { $_ eq $rpps } proposed($answer)), 'not proposed any more';
    create_sheet($server, rpps => $rpps);
    is_status($server->get("/sheets/$rpps", @BY), 200, 'can come back');
    is_status($server->delete("/sheets/$rpps", @BY), 204,
        'the coordination can erase too');
};

# --- list -------------------------------------------------------------------
sub listed
{
    my ($query) = @_;
    my $answer = $server->get("/sheets$query", @BY);
    is_status($answer, 200, "GET /sheets$query") if $answer->status != 200;
    return join ' ', sort map { $_->{name} } @{ $answer->json->{sheets} };
}

subtest 'list' => sub {
    create_sheet($server, rpps => rpps(101), name => 'Aimée Çelik-Noël',
        sites => [ site('31446') ]);
    create_sheet($server, rpps => rpps(102), name => 'Zoé D’Œuf',
        availability => open_state(state => 'closed'));
    create_sheet($server, rpps => rpps(103), name => 'Bruno 100% Test_Un',
        availability => open_state(state => 'paused', until => day(9)));

    my $answer = $server->get('/sheets', @BY);
    my ($row) = grep { $_->{rpps} eq rpps(101) } @{ $answer->json->{sheets} };
    is_deeply [ sort keys %$row ],
        [ sort qw(rpps name state from until capacity communes confirmed_on
                  confirmed_by stale) ],
        'the columns of the list';
    is_deeply $row->{capacity}, open_state()->{capacity}, 'capacity';
    is_deeply $row->{communes}, ['Ramonville-Saint-Agne'], 'communes';
    is $row->{state}, 'open', 'state';
    ok !$row->{stale}, 'fresh';
    is $answer->json->{next}, undef, 'one page';

    my $aimee = 'Aimée Çelik-Noël';
    my $zoe   = 'Zoé D’Œuf';
    my $bruno = 'Bruno 100% Test_Un';
    is listed('?q=aimee'), $aimee, 'search without accents';
    is listed('?q=AIM%C3%89E'), $aimee, 'search in capitals';
    is listed('?q=celik%20noel'), $aimee, 'a blank for the hyphen';
    is listed('?q=celik-noel'), $aimee, 'the hyphen';
    is listed("?q=d'oeuf"), $zoe, 'apostrophe and ligature';
    is listed('?q=' . rpps(103)), $bruno, 'search by RPPS';
    is listed('?q=100%25'), $bruno, 'a percent sign is itself';
    is listed('?q=test_un'), $bruno, 'an underscore is itself';
    is listed('?q=testxun'), '', 'not a wildcard';
    is listed('?q=%25'), $bruno, 'a percent sign alone';
    is listed("?q=%27%20OR%201=1--"), '', 'no SQL';
    is listed('?state=closed'), $zoe, 'by state';
    is listed('?state=paused'), $bruno, 'paused';
    is listed('?commune=31446'), join(' ', sort $aimee, 'Dr Éloïse Fictive'),
        'by commune, any site';
    is listed('?state=closed&commune=31446'), '', 'both';
    is listed('?stale=true'), '', 'none is stale';
    $server->sqlite("UPDATE practitioner SET confirmed_on = '2020-01-01'"
        . " WHERE rpps = '" . rpps(102) . "';");
    is listed('?stale=true'), $zoe, 'one is stale';
    ok index(listed('?stale=false'), $zoe) < 0, 'and not fresh';

    is_problem($server->get("/sheets?$_", @BY), 400, undef, "?$_ is refused")
        for 'unknown=1', 'state=', 'state=happy', 'stale=maybe', 'stale=1',
            'commune=1', 'commune=31446&commune=31446', 'cursor=%00',
            'cursor=-1', 'cursor=99999999999999999999', 'q=%ff', 'state',
            'q=%zz', 'State=open', 'q=' . 'x' x 1000;
    my $unknown = $server->get('/sheets?unknown=1', @BY);
    is $unknown->code, 'unknown_parameter', 'code unknown_parameter';
    is_problem($server->get('/me?x=1', @BY), 400, 'unknown_parameter');
};

subtest 'paging' => sub {
    create_sheet($server, rpps => rpps($_), name => "Page $_")
        for 5001 .. 5210;
    my ($next, %seen) = ('');
    for my $page (1 .. 50) {
        my $answer = $server->get('/sheets?q=page'
            . ($next ne '' ? "&cursor=$next" : ''), @BY);
        is_status($answer, 200, "page $page") if $answer->status != 200;
        $seen{ $_->{rpps} }++ for @{ $answer->json->{sheets} };
        cmp_ok scalar @{ $answer->json->{sheets} }, '<=', 200,
            "page $page is bounded";
        $next = $answer->json->{next};
        last if !defined $next;
    }
    is scalar(keys %seen), 210, 'every sheet';
    is scalar(grep { $_ != 1 } values %seen), 0, 'once';
};

# The sheets of all pages in an order; each page is told the total.
sub in_order
{
    my ($order, $after) = @_;
    my ($next, @sheet);
    do {
        my $answer = $server->get("/sheets?q=page&order=$order"
            . (defined $next ? "&cursor=$next" : ''), @BY);
        is_status($answer, 200, "order=$order") if $answer->status != 200;
        is $answer->json->{total}, 210, 'of all pages'
            if $answer->json->{total} != 210;
        push @sheet, @{ $answer->json->{sheets} };
        $next = $answer->json->{next};
        $after->(\@sheet) if $after;
    } while (defined $next && @sheet < 1000);
    return @sheet;
}

subtest 'orders' => sub {
    my @by_name = map { $_->{name} } in_order('name');
    is_deeply \@by_name, [ map { "Page $_" } 5001 .. 5210 ], 'by name';
    $server->sqlite("UPDATE practitioner SET confirmed_on = '2020-01-'"
        . " || printf('%02d', 10 + id % 20) WHERE search LIKE 'page %';");
    my $key = sub { return "$_[0]{confirmed_on} $_[0]{name}" };
    my @oldest = map { $key->($_) } in_order('oldest');
    is_deeply \@oldest, [ sort @oldest ], 'the oldest confirmation first';
    is scalar @oldest, 210, 'each of them';

    # who goes through them confirms, and what was confirmed is last
    my %seen;
    $seen{ $_->{rpps} }++ for in_order('oldest', sub {
        my ($sheets) = @_;
        return if @$sheets > 100;
        is_status($server->post("/sheets/$_->{rpps}/confirm", {}, @BY), 200,
            'confirmed') for @$sheets[ -3 .. -1 ];
    });
    is scalar keys %seen, 210, 'and nobody is left out';
    is scalar(grep { $_ > 1 } values %seen), 6,
        'those that moved to the end are met again there';

    is_deeply [ map { $_->{name} } in_order('created') ], \@by_name,
        'as they were made';
    my $total = sub { $server->get("/sheets?$_[0]", @BY)->json->{total} };
    is $total->('q=page&stale=true'), 204, 'the total is that of the filter';
    is $total->('q=nobody'), 0, 'none';
    is_problem($server->get("/sheets?$_", @BY), 400, undef, $_)
        for 'order=', 'order=rpps', 'order=name&cursor=50', 'cursor=50.61',
            'order=name&cursor=.61', 'order=name&cursor=x.61',
            'order=name&cursor=1.' . 'a' x 300;
};

# --- behind a filter that compresses -----------------------------------------
subtest 'a compressed answer' => sub {
    my $server = Cpts::Server->new(modules => [qw(filter deflate)],
        location => 'SetOutputFilter DEFLATE');
    create_sheet($server, note => 'x' x 500);
    my @gzip = ('Accept-Encoding' => 'gzip');
    my $read = $server->get("/sheets/$OWN", @ME, headers => {@gzip});
    is $read->header('content-encoding'), undef, 'not compressed';
    unlike $read->etag, qr/gzip/, 'an ETag is what the module made it';
    is $server->get('/territory', @ME, headers => {@gzip})
        ->header('content-encoding'), 'gzip', 'what has no version is';
    my $same = $server->get("/sheets/$OWN", @ME,
        headers => { @gzip, 'If-None-Match' => $read->etag });
    is_status($same, 304, 'its ETag is known again');
    is_status($server->put("/sheets/$OWN", @ME, json => sheet(),
        headers => { 'If-Match' => $read->etag }), 200,
        'and good for a replacement');
    is_problem($server->put("/sheets/$OWN", @ME, json => sheet(),
        headers => { 'If-Match' => $read->etag }), 412, undef, 'once');
    is_problem($server->get('/sheets/' . rpps(9), @BY), 404);
    $server->finish;
};

# --- Idempotency-Key --------------------------------------------------------
subtest 'idempotency' => sub {
    my $body = sheet(rpps => rpps(80), name => 'Dr Une Fois');
    my @key = (headers => { 'Idempotency-Key' => 'k-0001' });
    my $first = $server->post('/sheets', $body, @BY, @key);
    is_status($first, 201, 'created');
    my $again = $server->post('/sheets', $body, @BY, @key);
    is_status($again, 201, 'repeated: the same answer');
    is $again->etag, $first->etag, 'same ETag';
    is $again->header('location'), $first->header('location'), 'Location';
    is_deeply $again->json, $first->json, 'same sheet';
    is_problem($server->post('/sheets', $body, @BY), 409, undef,
        'without the key it is there already');

    my $other = sheet(rpps => rpps(81));
    is_problem($server->post('/sheets', $other, @BY, @key), 422,
        'idempotency_key_reused', 'the key with another body');
    is_problem($server->get('/sheets/' . rpps(81), @BY), 404);
    is_status($server->post('/sheets', sheet(rpps => rpps(82)), @BY,
        headers => { 'Idempotency-Key' => 'k-0002' }), 201, 'another key');
    for my $bad ('', 'x' x 65, 'a b', "caf\xe9") {
        my ($answer) = $server->burst($server->wire(POST => '/sheets', @BY,
            json => sheet(rpps => rpps(83)),
            headers => { 'Idempotency-Key' => $bad }));
        is_problem($answer, 400, undef,
            'a bad key is refused: length ' . length $bad);
    }
    is_problem($server->get('/sheets/' . rpps(83), @BY), 404);

    # an action: applied once, though the state changed since
    my $path = '/sheets/' . rpps(80);
    @key = (headers => { 'Idempotency-Key' => 'k-0003' });
    my $pause = $server->post("$path/pause", { until => day(4) }, @BY, @key);
    is_status($pause, 200, 'pause with a key');
    is_status($server->post("$path/resume", {}, @BY), 200, 'resume');
    is_status($server->post("$path/pause", { until => day(4) }, @BY, @key),
        200, 'the pause again');
    is $server->get($path, @BY)->json->{availability}{state}, 'open',
        'was not carried out again';

    # a refused request does not use the key up
    @key = (headers => { 'Idempotency-Key' => 'k-0004' });
    is_problem($server->post('/sheets', { rpps => 1 }, @BY, @key), 422);
    is_status($server->post('/sheets', sheet(rpps => rpps(84)), @BY, @key),
        201, 'a refused request does not use the key up');

    # a key belongs to an account
    create_sheet($server, rpps => rpps(86));
    is_status($server->post("/sheets/$OWN/pause", { until => day(6) }, @ME,
        headers => { 'Idempotency-Key' => 'k-0003' }), 200,
        'another account may have the same key');
    is $server->get("/sheets/$OWN", @ME)->json->{availability}{until},
        day(6), 'for a request of its own';

    # routes without a key do not stumble over one
    @key = (headers => { 'Idempotency-Key' => 'k-0006' });
    is_status($server->delete('/sheets/' . rpps(84), @BY, @key), 204,
        'DELETE with a key');
    my $read = $server->get($path, @BY);
    for my $note ('first', 'second') {
        $read = $server->put($path, @BY,
            json => { %{ $read->json }, note => $note },
            headers => { 'If-Match' => $read->etag,
                         'Idempotency-Key' => 'k-0006' });
        is_status($read, 200, "PUT with a key, $note");
        is $read->json->{note}, $note, 'is carried out each time';
    }

    # at the same time: one sheet, the same answer to all
    my $wire = $server->wire(POST => '/sheets', @BY,
        json => sheet(rpps => rpps(85)),
        headers => { 'Idempotency-Key' => 'k-0005' });
    my @status = sort map { $_ ? $_->status : 'none' }
        $server->burst(($wire) x 10);
    is "@status", '201 ' x 9 . '201', 'ten at once: ten times 201';
    # the first version of a sheet is the generation that it was made in
    is $server->sqlite('SELECT version = generation FROM practitioner'
        . " WHERE rpps = '" . rpps(85) . "';"), "1\n",
        'one sheet, written once';
};

$server->finish;
done_testing;
