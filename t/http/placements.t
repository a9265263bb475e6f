#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Placements: taken from a proposal, answered, given back, seen at once by
# every child, and nothing about a patient.
use strict;
use warnings;
use utf8;

use POSIX ();
use Test::More;

use Cpts::Check;
use Cpts::Clock;
use Cpts::Server;

my $CODE = qr/^[2-9ADFHJKLMQRUWXYZ]{4}-[2-9ADFHJKLMQRUWXYZ]{4}$/;
my @ACCOUNTS = (@Cpts::Server::ACCOUNTS, [ 'labo', 'professional' ],
                [ 'secretariat', 'delegate', $OWN ]);
my @EVENTS = qw(contact accept refuse declare cancel);

my $server = Cpts::Server->new(
    accounts   => \@ACCOUNTS,
    directives => "CptsDailyConsultations 10000\nCptsHeldPlaces 30\n",
)->expect_refusals;
my $on = $server;

sub capacity
{
    my ($places, $reserved, $period) = @_;
    return open_state(capacity => { places => $places,
        reserved => $reserved // 0, period => $period // 'month' });
}

# The sheet with this capacity, all of it left.
sub fresh
{
    my (@capacity) = @_;
    my $got = $on->get("/sheets/$OWN", as => 'coordination');
    $on->sqlite('DELETE FROM placement;');
    my $sheet = sheet(availability => capacity(@capacity));
    if ($got->status == 404) {
        return create_sheet($on, availability => capacity(@capacity));
    }
    my $answer = $on->put("/sheets/$OWN", $sheet ? (as => 'coordination',
        json => $sheet, headers => { 'If-Match' => $got->etag }) : ());
    die $answer->summary if $answer->status != 200;
    return;
}

# RPPS numbers proposed for a need.
sub search
{
    my ($as, %need) = @_;
    my $answer = $on->post('/match', need(%need), as => $as);
    die $answer->summary if $answer->status != 200;
    return join ' ', proposed($answer);
}

sub start
{
    my ($as, %other) = @_;
    my $option = delete $other{headers};
    return $on->post('/placements',
        { rpps => $OWN, uses => 'general', places => 1, %other }, as => $as,
        $option ? (headers => $option) : ());
}

# One that was started; its JSON.
sub started
{
    my (@how) = @_;
    my $answer = start(@how);
    is_status($answer, 201, 'started');
    return $answer->json;
}

sub event
{
    my ($as, $code, $event, $json, %option) = @_;
    $json //= $event eq 'refuse' ? { reason => 'full' } : {};
    return $on->post("/placements/$code/$event", $json, as => $as, %option);
}

sub places
{
    my $answer = $on->get("/sheets/$OWN/places", as => 'coordination');
    die $answer->summary if $answer->status != 200;
    return "$answer->{json}{general_left} $answer->{json}{reserved_left}"
        if $answer->json;
}

# Every worker of every child is asked at once; how often it was proposed.
sub seen_by_all
{
    my $wire = $on->wire(POST => '/match', json => need(), as => 'labo');
    my @answer = $on->burst(($wire) x 24);
    return join ' ', sort keys %{ { map {
        ($_ ? join(' ', proposed($_)) || 'none' : 'no answer') => 1
    } @answer } };
}

fresh(3, 1);
search('pharmacie');

# --- one placement from end to end ------------------------------------------
subtest 'started, contacted, accepted, declared' => sub {
    my $answer = start('pharmacie', places => 2);
    is_status($answer, 201);
    my $p = $answer->json;
    like $p->{code}, $CODE, 'a code';
    is $answer->header('location'), "/cpts/api/placements/$p->{code}",
        'Location';
    is_deeply [ sort keys %$p ], [ sort qw(code rpps doctor requester state
        reason places reserved held_at expires_at changed_at events) ],
        'these members and no other';
    is_deeply { %$p{qw(rpps doctor state reason places reserved)} },
        { rpps => $OWN, doctor => 'Dr Fictive Exemple', state => 'held',
          reason => undef, places => 2, reserved => 0 }, 'what it is';
    is_deeply $p->{requester}, { account => 'pharmacie',
        profession => undef, structure => undef }, 'whose it is';
    is_deeply $p->{events}, [qw(contact accept refuse cancel)],
        'what the requester may do';
    like $p->{expires_at}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'a moment';
    is places(), '0 1', 'places are taken';

    my $read = $on->get("/placements/$p->{code}", as => 'pharmacie');
    is_status($read, 200);
    is_deeply $read->json, $p, 'reads as it was answered';
    for my $typed (lc $p->{code}, $p->{code} =~ s/-//r) {
        is_status($on->get("/placements/$typed", as => 'pharmacie'), 200,
                  'however it is typed');
    }
    is_deeply $on->get("/placements/$p->{code}", as => 'docteur')
        ->json->{events}, [qw(accept refuse)], 'what the doctor may do';
    my $state = $p;
    for my $step ([ pharmacie => 'contact', 'contacted',
                    'accept refuse' ],
                  [ docteur => 'accept', 'accepted', 'refuse declare' ],
                  [ pharmacie => 'declare', 'declared', '' ]) {
        my ($who, $event, $after, $next) = @$step;
        my $done = event($who, $p->{code}, $event);
        is_status($done, 200, $event);
        is $done->json->{state}, $after, "$event: $after";
        is places(), '0 1', 'the places stay taken';
        is join(' ', @{ $on->get("/placements/$p->{code}", as => 'docteur')
            ->json->{events} }), $next, 'and then the doctor may';
    }
    is_problem(event('docteur', $p->{code}, 'refuse'), 409,
               'placement_declared');
};

# --- gone from every child at once, and back --------------------------------
subtest 'every child sees it at once' => sub {
    for my $back (qw(refuse cancel)) {
        for my $round (1 .. 3) {
            fresh(1, 0);
            is seen_by_all(), $OWN, 'proposed by all';
            my $p = started('pharmacie');
            is seen_by_all(), 'none', 'held: proposed by none';
            is_problem(start('pharmacie'), 409, 'no_place_left');
            is_status(event('coordination', $p->{code}, $back), 200, $back);
            is seen_by_all(), $OWN, 'given back: proposed by all';
        }
    }
    fresh(1, 0);
    my $p = started('pharmacie');
    event('docteur', $p->{code}, 'accept');
    is seen_by_all(), 'none', 'accepted: the place is kept';
    event('docteur', $p->{code}, 'refuse', { reason => 'patient_absent' });
    is seen_by_all(), $OWN, 'refused after all: given back';
    cmp_ok scalar($on->served_by), '>=', 2, 'two children answered';
};

subtest 'general and reserved places' => sub {
    fresh(3, 2);
    is search('pharmacie', age => 40), $OWN, 'a place for anyone';
    started('pharmacie');
    is search('pharmacie', age => 40), '', 'only reserved ones left';
    is search('pharmacie', age => 80), $OWN, 'for a priority group';
    is_problem(start('pharmacie'), 409, 'no_place_left');
    is_problem(start('pharmacie', uses => 'reserved', places => 3), 409,
               'no_place_left', 'a household has all its places or none');
    is places(), '0 2', 'none was taken';
    my $p = started('pharmacie', uses => 'reserved', places => 2);
    is $p->{reserved}, 2, 'reserved ones';
    is search('pharmacie', age => 80), '', 'none left at all';
};

# --- problems ---------------------------------------------------------------
subtest 'only what was proposed' => sub {
    fresh(5, 0);
    my $absent = start('pharmacie', rpps => rpps(999));
    is_problem(start('docteur2'), 409, 'not_proposed');
    is_problem($absent, 409, 'not_proposed');
    is_deeply $absent->json, start('docteur2')->json,
        'who is on the list is not found out by trying';
    search('docteur2');
    is_status(start('docteur2'), 201, 'once it was proposed');
    search('coordination');
    $on->post("/sheets/$OWN/pause", { until => day(3) }, as => 'docteur');
    is_problem(start('coordination'), 409, 'not_open');
    $on->post("/sheets/$OWN/resume", {}, as => 'docteur');
    is_status(start('coordination'), 201, 'once it is open');
};

subtest 'what is sent' => sub {
    fresh(20, 0);
    my @with = (as => 'pharmacie');
    my $good = { rpps => $OWN, uses => 'general', places => 1 };
    my %bad = (
        '/rpps'   => [ 'x', 12, undef, '9990000001', rpps(1) . '0' ],
        '/uses'   => [ 'ald', 'age70', 'precarity', '', 1, undef, ['general'] ],
        '/places' => [ 0, -1, 11, '1', 1.5, undef ],
    );
    for my $pointer (sort keys %bad) {
        for my $value (@{ $bad{$pointer} }) {
            my $body = { %$good, substr($pointer, 1) => $value };
            has_fault($on->post('/placements', $body, @with), $pointer, undef,
                "refused: $pointer "
                . Cpts::Server::encode_json($value));
        }
    }
    # nothing about a patient has a field
    for my $field (qw(patient name age ald precarity note reason priority
                      group birth nir phone commune need)) {
        has_fault($on->post('/placements', { %$good, $field => 'x' }, @with),
                  "/$field", 'unknown_field', "no field $field");
    }
    my $p = started('pharmacie');
    for my $event (@EVENTS) {
        my %body = $event eq 'refuse' ? (reason => 'full') : ();
        for my $field (qw(note patient text comment)) {
            has_fault(event('pharmacie', $p->{code}, $event,
                            { %body, $field => 'x' }),
                      "/$field", 'unknown_field', "$event: no field $field");
        }
    }
    for my $reason (undef, '', 'ald', 'too_old', 'C2S', 1) {
        has_fault(event('pharmacie', $p->{code}, 'refuse',
                        { reason => $reason }), '/reason', undef,
                  'no such reason: ' . Cpts::Server::encode_json($reason));
    }
    has_fault(event('pharmacie', $p->{code}, 'refuse', {}), '/reason',
              undef, 'a refusal has a reason');
    has_fault(event('pharmacie', $p->{code}, 'cancel', { reason => 'full' }),
              '/reason', 'unknown_field', 'nothing else has one');
    is $on->get("/placements/$p->{code}", @with)->json->{state}, 'held',
        'and nothing happened';
    for my $reason (qw(full away outside_perimeter patient_chose_another
                       patient_absent other)) {
        my $one = started('coordination');
        my $done = event('docteur', $one->{code}, 'refuse',
                         { reason => $reason });
        is $done->json->{reason}, $reason, "refused: $reason";
        is $on->get("/placements/$one->{code}", as => 'docteur')
            ->json->{reason}, $reason, 'and it is kept';
    }
};

subtest 'codes that lead nowhere' => sub {
    my $p = started('pharmacie');
    my $wrong = $p->{code};
    # one symbol changed: the code itself is wrong
    substr $wrong, 2, 1, substr($wrong, 2, 1) eq '2' ? '3' : '2';
    for my $code ($wrong, '2222-2222', '22222222', 'ZZZZ-ZZZZ', '0000-0000') {
        is_problem($on->get("/placements/$code", as => 'coordination'), 404);
        for my $event (@EVENTS) {
            is_problem(event('coordination', $code, $event), 404, undef,
                       "$event of $code");
        }
    }
    for my $path ('/placements/', '/placements/K7', "/placements/$p->{code}/",
                  "/placements/$p->{code}/expire",
                  "/placements/$p->{code}/accept/more",
                  '/placements/é', '/placements/..') {
        my $answer = $on->post($path, {}, as => 'coordination');
        like $answer->status, qr/^40[45]$/, 'POST ' . $path =~ s/[^ -~]/?/gr;
    }
};

# --- who --------------------------------------------------------------------
subtest 'who sees it, and who may do what' => sub {
    fresh(20, 0);
    search('docteur');
    search('docteur2');
    # who asks => status of each event of a held one, by whose it is
    my %may = (
        pharmacie => {
            pharmacie    => '200 200 200 409 200',
            labo         => '404 404 404 404 404',
            docteur2     => '404 404 404 404 404',
            docteur      => '403 200 200 409 403',
            secretariat  => '403 200 200 409 403',
            coordination => '200 200 200 409 200',
        },
        docteur => {
            docteur     => '200 200 200 409 200',
            secretariat => '403 200 200 409 403',
            pharmacie   => '404 404 404 404 404',
        },
        docteur2 => { docteur2 => '200 200 200 409 200' },
    );
    for my $whose (sort keys %may) {
        for my $who (sort keys %{ $may{$whose} }) {
            my @status;
            for my $event (@EVENTS) {
                my $p = started($whose);
                push @status, event($who, $p->{code}, $event)->status;
                my $read = $on->get("/placements/$p->{code}", as => $who);
                is $read->status, $status[-1] == 404 ? 404 : 200,
                    "$who reads it" if $event eq 'contact';
                $on->sqlite('DELETE FROM placement;');
            }
            is join(' ', @status), $may{$whose}{$who},
                "${whose}'s, events by $who";
        }
    }
    is_problem(start('secretariat'), 403, 'forbidden',
               'a delegate starts none');
    is_problem(start(undef), 401);
    for my $try ([ GET => '/placements' ], [ GET => '/placements/K7M4-2XQL' ],
                 map { [ POST => "/placements/K7M4-2XQL/$_" ] } @EVENTS) {
        my ($method, $path) = @$try;
        is_problem($on->request($method, $path,
            $method eq 'POST' ? (json => {}) : ()), 401, undef,
            "$method $path by nobody");
    }
    is_problem($on->post('/placements', {}, as => 'pharmacie', headers =>
        { Origin => 'https://elsewhere.example' }), 403, 'cross_origin');
    my %keeper = (docteur => 200, secretariat => 200, coordination => 200,
                  pharmacie => 403, docteur2 => 403);
    for my $who (sort keys %keeper) {
        is $on->get("/sheets/$OWN/places", as => $who)->status,
            $keeper{$who}, "places left, by $who: $keeper{$who}";
    }
    is_problem($on->get('/sheets/' . rpps(999) . '/places',
                        as => 'coordination'), 404);
};

subtest 'transitions in every state' => sub {
    # contact accept refuse declare cancel
    my %after = (
        held      => [ [],                      '200 200 200 409 200' ],
        contacted => [ ['contact'],             '409 200 200 409 200' ],
        accepted  => [ ['accept'],              '409 409 200 200 409' ],
        refused   => [ ['refuse'],              '409 409 409 409 409' ],
        declared  => [ [ 'accept', 'declare' ], '409 409 409 409 409' ],
        cancelled => [ ['cancel'],              '409 409 409 409 409' ],
    );
    for my $state (sort keys %after) {
        my ($steps, $wanted) = @{ $after{$state} };
        my @status;
        for my $event (@EVENTS) {
            my $p = start('coordination')->json;
            event('coordination', $p->{code}, $_) for @$steps;
            my $answer = event('coordination', $p->{code}, $event);
            push @status, $answer->status;
            is_problem($answer, 409, "placement_$state", "$state: $event")
                if $answer->status != 200;
            $on->sqlite('DELETE FROM placement;');
        }
        is join(' ', @status), $wanted, $state;
    }
};

# --- lists ------------------------------------------------------------------
subtest 'lists' => sub {
    fresh(120, 0);
    my @code = map { start('coordination')->json->{code} } 1 .. 52;
    my $mine = started('pharmacie')->{code};
    event('docteur', $mine, 'accept');
    my $page = $on->get('/placements', as => 'coordination')->json;
    is scalar @{ $page->{placements} }, 50, 'fifty a page';
    is $page->{placements}[0]{code}, $mine, 'newest first';
    my $rest = $on->get("/placements?cursor=$page->{next}",
                        as => 'coordination')->json;
    is_deeply [ map { $_->{code} } @{ $page->{placements} },
                @{ $rest->{placements} } ], [ $mine, reverse @code ],
        'each once, in order';
    is $rest->{next}, undef, 'and no further page';
    my $list = sub {
        my ($as, $query) = @_;
        my $json = $on->get('/placements' . ($query // ''), as => $as)->json;
        return join ' ', map { $_->{code} } @{ $json->{placements} };
    };
    is $list->('pharmacie'), $mine, 'a professional: their own';
    is $list->('labo'), '', 'or none';
    is $list->('docteur2'), '', 'another doctor: none';
    is $list->('docteur', '?state=accepted'), $mine, 'the doctor, by state';
    is $list->('secretariat', '?state=accepted'), $mine, 'the delegate';
    is $list->('coordination', '?state=refused'), '', 'none in this state';
    for my $bad ('state=x', 'cursor=x', 'cursor=', 'x=1', 'state=held&state=held',
                 'patient=1') {
        is_problem($on->get("/placements?$bad", as => 'coordination'), 400,
                   undef, "?$bad");
    }
};

# --- again with the same key ------------------------------------------------
subtest 'Idempotency-Key' => sub {
    fresh(3, 0);
    my %key = (headers => { 'Idempotency-Key' => 'once' });
    my $first = start('pharmacie', %key);
    my $again = start('pharmacie', %key);
    is_status($again, 201, 'the same again');
    is_deeply $again->json, $first->json, 'is the same one';
    is $again->header('location'), $first->header('location'), 'Location too';
    is places(), '2 0', 'one place was taken';
    is_problem(start('pharmacie', places => 2, %key), 422,
               'idempotency_key_reused');
    my $code = $first->json->{code};
    my %refuse = (headers => { 'Idempotency-Key' => 'refused' });
    is_status(event('docteur', $code, 'refuse', undef, %refuse), 200);
    is_status(event('docteur', $code, 'refuse', undef, %refuse), 200,
              'a refusal sent twice');
    is_problem(event('docteur', $code, 'refuse'), 409, 'placement_refused');
    is $on->sqlite("SELECT count(*) FROM journal WHERE action ="
        . " 'placement.refuse' AND placement = (SELECT id FROM placement"
        . " WHERE code = '$code');"), "1\n", 'is one entry of the journal';
    # twenty at once under one key take one place
    my $wire = $on->wire(POST => '/placements', as => 'pharmacie',
        json => { rpps => $OWN, uses => 'general', places => 1 },
        headers => { 'Idempotency-Key' => 'burst' });
    my %code = map { ($_ ? $_->json->{code} // $_->status : 'none') => 1 }
        $on->burst(($wire) x 20);
    is scalar keys %code, 1, 'one placement';
    is places(), '2 0', 'one place';
};

subtest 'fifty for three places' => sub {
    fresh(3, 0);
    my $wire = $on->wire(POST => '/placements', as => 'coordination',
        json => { rpps => $OWN, uses => 'general', places => 1 });
    my %status;
    $status{ $_ ? $_->status : 'none' }++ for $on->burst(($wire) x 50);
    is_deeply \%status, { 201 => 3, 409 => 47 }, 'three have one';
    is places(), '0 0', 'none is left';
};

# --- how much one account holds ---------------------------------------------
subtest 'CptsHeldPlaces' => sub {
    fresh(100, 0);
    started('pharmacie', places => 10) for 1 .. 2;
    my $p = started('pharmacie', places => 9);
    is_problem(start('pharmacie', places => 2), 409, 'too_many_held');
    is_status(start('pharmacie'), 201, 'up to the ceiling');
    is_problem(start('pharmacie'), 409, 'too_many_held');
    is_status(start('coordination', places => 10), 201,
              'the coordination places for everybody') for 1 .. 4;
    event('docteur', $p->{code}, 'accept');
    is_status(start('pharmacie', places => 9), 201, 'an answer makes room');
};

# --- erasing ----------------------------------------------------------------
subtest 'a doctor leaves for good' => sub {
    fresh(5, 0);
    my $held = started('pharmacie')->{code};
    my $accepted = started('pharmacie')->{code};
    event('docteur', $accepted, 'accept');
    is_status($on->delete("/sheets/$OWN", as => 'coordination'), 204);
    my $read = $on->get("/placements/$held", as => 'pharmacie')->json;
    is_deeply { %$read{qw(state rpps doctor)} },
        { state => 'cancelled', rpps => undef, doctor => undef },
        'a hold is cancelled';
    is_status(event('pharmacie', $accepted, 'declare'), 200,
              'what was accepted can be declared');
    is_problem(start('pharmacie'), 409, 'not_proposed');
    $on->account_add('docteur', 'doctor', $OWN);
    $on->account_add('secretariat', 'delegate', $OWN);
    create_sheet($on);
};

# --- the journal ------------------------------------------------------------
subtest 'the journal tells who did what' => sub {
    fresh(5, 0);
    search('pharmacie');
    my $code = started('pharmacie')->{code};
    event('pharmacie', $code, 'contact');
    event('secretariat', $code, 'accept');
    event('docteur', $code, 'refuse', { reason => 'away' });
    my $told = $on->sqlite(<<"SQL");
SELECT a.name, j.role, j.action, coalesce(j.outcome, '-'), d.rpps
  FROM journal AS j JOIN account AS a ON a.id = j.actor
  JOIN placement AS p ON p.id = j.placement
  JOIN practitioner AS d ON j.sheets = '[' || d.id || ']'
 WHERE p.code = '$code' ORDER BY j.id;
SQL
    is $told, <<"TOLD", 'each entry';
pharmacie|professional|placement.hold|-|$OWN
pharmacie|professional|placement.contact|-|$OWN
secretariat|delegate|placement.accept|-|$OWN
docteur|doctor|placement.refuse|away|$OWN
TOLD
    is $on->sqlite('PRAGMA integrity_check;'), "ok\n", 'a sound database';
};

$server->finish;

# --- by itself, with a moved clock ------------------------------------------
subtest 'the clock' => sub {
    plan skip_all => Cpts::Clock::missing() if Cpts::Clock::missing();
    my $clock = Cpts::Clock->new;
    $on = Cpts::Server->new(accounts => \@ACCOUNTS, clock => $clock,
        directives => "CptsPlacementHold 2d\nCptsSheetValidity 366d\n"
            . "CptsDailyConsultations 10000\n");
    create_sheet($on, availability => capacity(1, 0));
    search('pharmacie');
    my $first = started('pharmacie')->{code};
    is seen_by_all(), 'none', 'held';
    $clock->ahead(2 * 86400 - 60);
    search('pharmacie');
    # a new month may have begun: then there is a place again
    $on->sqlite("UPDATE placement SET held_on = '"
                . date_of($clock->now) . "';");
    confirm();
    is seen_by_all(), 'none', 'a minute before its end';
    $clock->ahead(2 * 86400 + 60);
    is seen_by_all(), $OWN, 'expired: every child proposes it, by itself';
    is $on->get("/placements/$first", as => 'docteur')->json->{state},
        'expired', 'it says so';
    is $on->sqlite('SELECT state FROM placement;'), "held\n",
        'though nobody has written it down';
    is_problem(event('docteur', $first, 'accept'), 409, 'placement_expired');
    is places(), '1 0', 'the place is back';
    search('pharmacie');
    my $second = started('pharmacie')->{code};
    is $on->sqlite("SELECT state, changed_at = expires_at FROM placement"
        . " WHERE code = '$first';"), "expired|1\n", 'now it is written down';
    is $on->sqlite("SELECT count(*) FROM journal WHERE action ="
        . " 'placement.expire' AND actor IS NULL;"), "1\n",
        'and in the journal';
    is_status(event('docteur', $second, 'accept'), 200);

    # accepted: kept to the end of the period, and then there is a new one
    for my $period (qw(month week)) {
        $on->sqlite("UPDATE placement SET held_on = '"
                    . date_of($clock->now) . "' WHERE code = '$second';"
                    . "UPDATE practitioner SET sheet = json_set(sheet,"
                    . " '\$.availability.capacity.period', '$period');");
        confirm();
        is seen_by_all(), 'none', "accepted in this $period";
        my $renews = $on->get("/sheets/$OWN/places", as => 'coordination')
            ->json->{renews_on};
        my ($year, $month, $day) = split /-/, $renews;
        my $begin = POSIX::mktime(0, 0, 0, $day, $month - 1, $year - 1900,
                                  0, 0, -1);
        $clock->ahead($begin - time - 30);
        is seen_by_all(), 'none', 'half a minute before the end of it';
        $clock->ahead($begin - time + 5);
        is seen_by_all(), $OWN, 'the next one: proposed by all, by itself';
        is places(), '1 0', 'a new place';
        is $on->get("/placements/$second", as => 'docteur')->json->{state},
            'accepted', 'and what was accepted stays so';
    }
    $on->finish;
};

sub date_of { return POSIX::strftime('%Y-%m-%d', localtime $_[0]) }

# Tells every child to look again.
sub confirm
{
    my $answer = $on->post("/sheets/$OWN/confirm", {}, as => 'docteur');
    die $answer->summary if $answer->status != 200;
    return;
}

done_testing;
