#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# POST /match: who is proposed, with which reasons, and what else is said.
use strict;
use warnings;
use utf8;

use Test::More;

use Cpts::Check;
use Cpts::Server;

my $server = Cpts::Server->new(
    directives => <<'LINES',
CptsDailyConsultations 10000
CptsSearchRadius 2km 1km 6km
CptsHomeVisitRadius 2km 8km
CptsContactPhone "05 36 49 99 99"
CptsContactEmail "coordination@territoire.example"
CptsRefresh 0s
LINES
);

my $CASTANET  = '31113';
my $LABEGE    = '31254';
my $RAMONVILLE = '31446';
my $DEYME     = '31161';    # about 5 km from Castanet
my $FAR       = '31004';    # Ayguesvives: about 12 km from Castanet

sub match
{
    my (%need) = @_;
    return $server->post('/match', need(%need), as => 'pharmacie');
}

sub erase_all
{
    for my $row (split /\n/,
                 $server->sqlite('SELECT rpps FROM practitioner;')) {
        # keep the accounts: only the sheet goes
        $server->delete("/sheets/$row", as => 'coordination');
    }
    return;
}

sub only
{
    erase_all();
    my $number = 10;
    create_sheet($server, rpps => rpps($number++), %$_) for @_;
    return;
}

sub count_of
{
    my ($answer, $requirement) = @_;
    my ($row) = grep { $_->{requirement} eq $requirement }
        @{ $answer->json->{excluded} };
    return $row ? $row->{count} : 0;
}

sub texts { return map { "$_->{code} $_->{text}" } @{ $_[0] } }

# --- shape ------------------------------------------------------------------
subtest 'nobody to propose' => sub {
    my $answer = match();
    is_status($answer, 200, 'no sheet at all: still an answer');
    like $answer->header('content-type'), qr{^application/json}, 'JSON';
    like $answer->header('cache-control'), qr/no-store/, 'no-store';
    my $json = $answer->json;
    is_deeply [ sort keys %$json ],
        [qw(advice candidates excluded proposals radius_km)], 'members';
    is_deeply $json->{proposals}, [], 'no proposal';
    is $json->{candidates}, 0, 'no candidate';
    is $json->{radius_km}, 6, 'searched up to the cap';
    ok scalar @{ $json->{advice} }, 'advice what to do next';
    like join(' ', texts($json->{advice})), qr/36.49.99.99/,
        'with the telephone of the coordination';
};

subtest 'one doctor' => sub {
    only({ contact => 'phone' });
    my $json = match()->json;
    is scalar @{ $json->{proposals} }, 1, 'one proposal';
    my $one = $json->{proposals}[0];
    is_deeply [ sort keys %$one ],
        [ sort qw(rpps name site distance_km contact reasons confirmed_on
                  sex sector languages teleconsultation) ],
        'members of a proposal';
    is $one->{rpps}, rpps(10), 'rpps';
    is $one->{name}, 'Dr Fictive Exemple', 'name';
    is $one->{confirmed_on}, today(), 'confirmed_on';
    cmp_ok $one->{distance_km}, '==', 0, 'at the commune\'s centre';
    is $json->{radius_km}, 6, 'fewer than wanted: widened to the cap';
    is $json->{candidates}, 1, 'one candidate';
    ok scalar @{ $one->{reasons} }, 'with reasons';
    for my $reason (@{ $one->{reasons} }) {
        is_deeply [ sort keys %$reason ], [qw(code text)], 'code and text';
        like $reason->{code}, qr/^[a-z][a-z0-9_]*$/, "code $reason->{code}";
    }
    ok !(grep { /^(?:note|retirement|capacity|availability|version)$/ }
         members($json)), 'nothing private';
};

subtest 'contact as the doctor chose' => sub {
    my %wanted = (
        phone        => [ 1, 0 ],
        mssante      => [ 0, 1 ],
        coordination => [ 0, 0 ],
    );
    for my $contact (sort keys %wanted) {
        only({ contact => $contact, phone => '0536490777',
               mssante => 'direct@fictif.mssante.example' });
        my $text = match()->content;
        my $phone   = $text =~ /0?5.?36.?49.?07.?77/ ? 1 : 0;
        my $mssante = $text =~ /direct\@fictif/ ? 1 : 0;
        is_deeply [ $phone, $mssante ], $wanted{$contact},
            "contact $contact shows that and nothing else";
    }
};

# --- who is a candidate -----------------------------------------------------
subtest 'availability' => sub {
    my @case = (
        [ 1, 'open', state => 'open' ],
        [ 0, 'paused until tonight', state => 'paused', until => today() ],
        [ 0, 'paused', state => 'paused', until => day(9) ],
        [ 1, 'opening today', state => 'opening', from => today() ],
        [ 0, 'opening tomorrow', state => 'opening', from => day(1) ],
        [ 0, 'closed', state => 'closed', capacity => undef ],
        [ 0, 'left', state => 'left', capacity => undef ],
    );
    for my $case (@case) {
        my ($shown, $name, %state) = @$case;
        only({ availability => open_state(%state) });
        my $answer = match();
        is scalar(proposed($answer)), $shown, $name;
        is count_of($answer, 'availability'), 1 - $shown, "$name: counted";
    }
};

subtest 'fresh or silent' => sub {
    only({});
    my $set = sub {
        $server->sqlite(<<"SQL");
BEGIN IMMEDIATE;
UPDATE territory SET generation = generation + 1;
UPDATE practitioner SET confirmed_on = '$_[0]',
    generation = (SELECT generation FROM territory);
COMMIT;
SQL
    };
    $set->(day(-90));
    is scalar(proposed(match())), 1, 'confirmed 90 days ago: fresh';
    $set->(day(-91));
    my $answer = match();
    is scalar(proposed($answer)), 0, '91 days ago: silent';
    is count_of($answer, 'freshness'), 1, 'and counted';
    $server->post('/sheets/' . rpps(10) . '/confirm', {},
                  as => 'coordination');
    is scalar(proposed(match())), 1, 'confirmed: there again';
};

subtest 'places' => sub {
    my @case = (
        [ 0, 'no place', 0, 0 ],
        [ 1, 'one place', 1, 0 ],
        [ 0, 'only a reserved place', 1, 1 ],
        [ 1, 'reserved, 70 years', 1, 1, age => 70 ],
        [ 0, 'reserved, 69 years', 1, 1, age => 69 ],
        [ 1, 'reserved, ALD', 1, 1, ald => JSON::PP::true() ],
        [ 1, 'reserved, precarity', 1, 1, precarity => JSON::PP::true() ],
        [ 1, 'a household that fits', 3, 0, household => 3 ],
        [ 0, 'a household that does not', 3, 0, household => 4 ],
    );
    for my $case (@case) {
        my ($shown, $name, $places, $reserved, %need) = @$case;
        only({ availability => open_state(capacity => { places => $places,
            period => 'month', reserved => $reserved }) });
        my $answer = match(%need);
        is scalar(proposed($answer)), $shown, $name;
        is count_of($answer, 'places'), 1 - $shown, "$name: counted";
    }
};

subtest 'requirements' => sub {
    my @case = (
        [ 1, 'language spoken', language => { languages => ['ar'] },
          languages => [qw(fr ar)] ],
        [ 1, 'one of them is enough', language =>
          { languages => [qw(pt ar)] }, languages => [qw(fr ar)] ],
        [ 0, 'language not spoken', language => { languages => ['pt'] },
          languages => [qw(fr ar)] ],
        [ 1, 'the sex asked for', sex => { sex => 'F' }, sex => 'F' ],
        [ 0, 'not the sex asked for', sex => { sex => 'F' }, sex => 'M' ],
        [ 1, 'no sex asked for', sex => { sex => undef }, sex => 'M' ],
        [ 1, 'accessible', accessibility =>
          { accessible => JSON::PP::true() } ],
        [ 0, 'not accessible', accessibility =>
          { accessible => JSON::PP::true() },
          sites => [ site($CASTANET, accessible => JSON::PP::false()) ] ],
    );
    for my $case (@case) {
        my ($shown, $name, $requirement, $need, %field) = @$case;
        only(\%field);
        my $answer = match(%$need);
        is scalar(proposed($answer)), $shown, $name;
        is count_of($answer, $requirement), 1 - $shown, "$name: counted";
    }
};

subtest 'home visits' => sub {
    my $visits = sub {
        return (home_visits => { communes => [], perimeters => [],
                                 radius_km => undef, @_ });
    };
    # the practice is at Castanet, perimeter coteaux holds 31113 31035 31446
    # 31411; Labège is 3 to 5 km away, Ramonville 3
    my @case = (
        [ 1, 'needs none', $CASTANET, 0 ],
        [ 0, 'does not visit', $CASTANET, 1 ],
        [ 1, 'commune listed', $CASTANET, 1,
          $visits->(communes => [$CASTANET]) ],
        [ 0, 'commune not listed', $LABEGE, 1,
          $visits->(communes => [$CASTANET]) ],
        [ 1, 'in the named perimeter', $RAMONVILLE, 1,
          $visits->(perimeters => ['coteaux']) ],
        [ 0, 'outside the named perimeter', $LABEGE, 1,
          $visits->(perimeters => ['coteaux']) ],
        [ 1, 'within the radius', $DEYME, 1, $visits->(radius_km => 8) ],
        [ 0, 'outside the radius', $DEYME, 1, $visits->(radius_km => 1) ],
        [ 1, 'default radius: own commune', $CASTANET, 1, $visits->() ],
        [ 0, 'default radius: outside', $DEYME, 1, $visits->() ],
        [ 1, 'union of the three', $LABEGE, 1, $visits->(
          communes => [$LABEGE], perimeters => ['coteaux'],
          radius_km => 1) ],
    );
    for my $case (@case) {
        my ($shown, $name, $commune, $needed, %field) = @$case;
        only(\%field);
        my $answer = match(commune => $commune,
            home_visit => $needed ? JSON::PP::true() : JSON::PP::false());
        is scalar(proposed($answer)), $shown, $name;
        is count_of($answer, 'home_visit'), 1 - $shown, "$name: counted";
    }
};

# --- radius, number, order --------------------------------------------------
subtest 'radius' => sub {
    only(map { { sites => [ site($CASTANET) ] } } 1 .. 5);
    my $json = match()->json;
    is scalar @{ $json->{proposals} }, 3, 'never more than three';
    is $json->{candidates}, 5, 'of five candidates';
    is $json->{radius_km}, 2, 'found within the first radius';

    only({ sites => [ site($DEYME) ] });
    $json = match()->json;
    is scalar @{ $json->{proposals} }, 1, 'widened step by step';
    cmp_ok $json->{proposals}[0]{distance_km}, '>', 2, 'beyond the start';
    cmp_ok $json->{proposals}[0]{distance_km}, '<=', $json->{radius_km},
        'within the radius of the answer';

    only({ sites => [ site($FAR) ] });
    my $answer = match();
    is scalar(proposed($answer)), 0, 'never beyond the cap';
    is count_of($answer, 'distance'), 1, 'and counted';

    only({ sites => [ site($FAR), site($CASTANET) ] });
    $json = match()->json;
    cmp_ok $json->{proposals}[0]{distance_km}, '==', 0,
        'the nearest of several sites';
    like Cpts::Server::encode_json($json->{proposals}[0]{site}),
        qr/$CASTANET|Castanet/, 'and it is the one shown';
};

subtest 'point' => sub {
    only({ sites => [ site($CASTANET,
        point => { lat => 43.5170, lon => 1.5050 }) ] });
    my $answer = $server->post('/match', { age => 30,
        point => { lat => 43.5170, lon => 1.5050 } }, as => 'pharmacie');
    is_status($answer, 200, 'a point instead of a commune');
    cmp_ok $answer->json->{proposals}[0]{distance_km}, '<', 0.2,
        'distance from the point';
    my $both = $server->post('/match', need(
        point => { lat => 43.5, lon => 1.5 }), as => 'pharmacie');
    is_problem($both, 422, undef, 'commune and point: 422');
    is_problem($server->post('/match', { age => 30 }, as => 'pharmacie'),
        422, undef, 'neither: 422');
    is_problem($server->post('/match', { age => 30,
        point => { lat => 43.5, lon => 1.5 },
        home_visit => JSON::PP::true() }, as => 'pharmacie'), 422, undef,
        'a home visit needs the commune');
};

subtest 'order' => sub {
    only({ sites => [ site($DEYME) ] }, { sites => [ site($CASTANET) ] },
         { sites => [ site($RAMONVILLE) ] });
    my @first = proposed(match());
    is scalar @first, 3, 'three proposals';
    is $first[0], rpps(11), 'the nearest first';
    is_deeply [ proposed(match()) ], \@first, 'the same order again'
        for 1 .. 3;
    my ($answer) = $server->burst($server->wire(POST => '/match',
        json => need(), as => 'coordination'));
    is_deeply [ proposed($answer) ], \@first, 'the same for everyone';
};

subtest 'followed already' => sub {
    only({});
    my $json = match(followed => JSON::PP::true())->json;
    is_deeply $json->{proposals}, [], 'nothing is searched';
    ok scalar @{ $json->{advice} }, 'the advice is to declare that doctor';
};

subtest 'who was excluded, and advice' => sub {
    only({ sex => 'M' }, { sex => 'M' },
         { sex => 'F', languages => ['fr'] },
         { availability => open_state(state => 'closed') });
    my $answer = match(sex => 'F', languages => ['pt']);
    is count_of($answer, 'sex'), 2, 'two for the sex';
    is count_of($answer, 'language'), 1, 'one for the language';
    is count_of($answer, 'availability'), 1, 'one is closed';
    is $answer->json->{candidates}, 0, 'nobody left';
    ok scalar @{ $answer->json->{advice} }, 'advice';
    for my $row (@{ $answer->json->{excluded} }) {
        is_deeply [ sort keys %$row ], [qw(count requirement)],
            'requirement and count';
    }
};

# --- the record and the ceiling ---------------------------------------------
sub consultations
{
    return $server->sqlite(
        "SELECT count(*) FROM journal WHERE action = 'match';") + 0;
}

subtest 'the consultation is recorded before the answer' => sub {
    only({});
    my $before = consultations();
    for my $round (1 .. 5) {
        match();
        is consultations(), $before + $round, "recorded $round";
    }
    my @key = (headers => { 'Idempotency-Key' => 'once' });
    my @twice = map { $server->post('/match', need(), as => 'pharmacie',
        @key) } 1 .. 2;
    is_status($_, 200, 'with a key') for @twice;
    is consultations(), $before + 6, 'the same key is recorded once';
    is_problem($server->post('/match', need(age => 'old'),
        as => 'pharmacie'), 422);
    is consultations(), $before + 6, 'a refused need is not recorded';
};

subtest 'daily ceiling' => sub {
    my $limited = Cpts::Server->new(
        directives => "CptsDailyConsultations 5\n");
    my $last;
    for my $round (1 .. 5) {
        $last = $limited->post('/match', need(), as => 'pharmacie');
        is_status($last, 200, "consultation $round");
    }
    for my $round (1 .. 2) {
        $last = $limited->post('/match', need(), as => 'pharmacie');
        is_problem($last, 429, undef, 'one more is too many');
        my $wait = $last->header('retry-after') // '';
        like $wait, qr/^\d+$/, 'Retry-After in seconds';
        cmp_ok $wait, '<=', 25 * 3600, 'until tomorrow at most';
        cmp_ok $wait, '>=', 1, 'at least one';
    }
    is_status($limited->post('/match', need(), as => 'coordination'), 200,
        'another account has its own');

    # at once: exactly five more answers
    my $wire = $limited->wire(POST => '/match', json => need(),
                              as => 'docteur');
    my %status;
    $status{ $_ ? $_->status : 'none' }++
        for $limited->burst(($wire) x 20);
    is_deeply \%status, { 200 => 5, 429 => 15 },
        'exactly the ceiling, also at the same time';
    $limited->finish;
};

$server->finish;
done_testing;
