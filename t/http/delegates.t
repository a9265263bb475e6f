#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Delegates: named by the doctor, act on the sheet and nothing else, recorded
# as such, revoked at once.
use strict;
use warnings;
use utf8;

use Test::More;
use Time::HiRes qw(sleep);

use Cpts::Check;
use Cpts::Clock;
use Cpts::Server;

my $OTHER = '99900000020';
my $PASSWORD = 'correct horse battery';

my $server = Cpts::Server->new->expect_refusals;
create_sheet($server, rpps => $OWN);
create_sheet($server, rpps => $OTHER);

my @DOCTOR = (as => 'docteur');
my @SHE = (as => 'secretariat', password => $PASSWORD);

sub name_delegate
{
    my ($account, @as) = @_;
    my $answer = $server->post('/invitations', { role => 'delegate',
        name => 'Mme Secrétaire', email => "$account\@cabinet.example" },
        @as ? @as : @DOCTOR);
    is_status($answer, 201, 'the doctor invites') or return;
    my $invitation = $answer->json;
    is_status($server->post('/invitations/use', {
        token => $invitation->{token}, account => $account,
        password => $PASSWORD }), 201, 'the delegate makes an account');
    return $invitation;
}

subtest 'named by the doctor' => sub {
    my $invitation = name_delegate('secretariat');
    is $invitation->{rpps}, $OWN, 'for the own sheet';
    is_deeply $server->get('/me', @SHE)->json, { account => 'secretariat',
        role => 'delegate', rpps => $OWN, terms => undef }, 'signs in';
    my ($row) = @{ $server->get('/invitations', @DOCTOR)->json
                   ->{invitations} };
    is $row->{account}, 'secretariat', 'the doctor sees the invitation';
    is_deeply $server->get('/invitations', as => 'docteur2')->json
        ->{invitations}, [], 'another doctor does not';
    my $list = $server->get("/sheets/$OWN/delegates", @DOCTOR)->json;
    is_deeply [ map { [ @$_{qw(account email)} ] } @{ $list->{delegates} } ],
        [ [ 'secretariat', 'secretariat@cabinet.example' ] ],
        'and the delegate';
    is scalar @{ $server->get("/sheets/$OWN/delegates",
        as => 'coordination')->json->{delegates} }, 1,
        'the coordination too';
};

subtest 'may act on the sheet' => sub {
    my $read = $server->get("/sheets/$OWN", @SHE);
    is_status($read, 200, 'reads it');
    my $put = $server->put("/sheets/$OWN", @SHE,
        json => { %{ $read->json }, phone => '0536490055' },
        headers => { 'If-Match' => $read->etag });
    is_status($put, 200, 'replaces it');
    is $put->json->{confirmed_by}, 'delegate', 'recorded as such';
    is_status($server->post("/sheets/$OWN/pause", { until => day(3) }, @SHE),
        200, 'pauses');
    is_status($server->post("/sheets/$OWN/resume", {}, @SHE), 200, 'resumes');
    is_status($server->post("/sheets/$OWN/leave", {}, @SHE), 200, 'leaves');
    is_status($server->post("/sheets/$OWN/resume", {}, @SHE), 200,
        'comes back');
    my $sheet = $server->post("/sheets/$OWN/confirm", {}, @SHE);
    is_status($sheet, 200, 'confirms');
    is $sheet->json->{confirmed_by}, 'delegate', 'recorded as such';
    is_status($server->get("/sheets/$OWN/draft", @SHE), 200,
        'reads what was known');
    is_status($server->get("/sheets/$OWN/places", @SHE), 200,
        'sees the places left');
    is $server->sqlite("SELECT count(*) FROM journal AS j JOIN account AS a"
        . " ON a.id = j.actor WHERE a.name = 'secretariat'"
        . " AND j.role = 'delegate' AND j.action LIKE 'sheet.%';"), "6\n",
        'and every action is in the journal under this name';
};

subtest 'and the placements at it' => sub {
    my $need = need();
    is_status($server->post('/match', $need, as => 'pharmacie'), 200,
        'proposed');
    my $held = $server->post('/placements', { rpps => $OWN,
        uses => 'general', places => 1 }, as => 'pharmacie');
    is_status($held, 201, 'held') or return;
    my $code = $held->json->{code};
    my $list = $server->get('/placements', @SHE)->json->{placements};
    is_deeply [ map { $_->{code} } @$list ], [$code], 'sees it';
    is_status($server->post("/placements/$code/accept", {}, @SHE), 200,
        'accepts it');
    is_problem($server->post('/placements', { rpps => $OWN,
        uses => 'general', places => 1 }, @SHE), 403, 'forbidden',
        'starts none');
};

subtest 'and nothing else' => sub {
    for my $case (
        [ DELETE => "/sheets/$OWN" ],
        [ GET => "/sheets/$OWN/viewers" ],
        [ GET => "/sheets/$OWN/delegates" ],
        [ DELETE => "/sheets/$OWN/delegates/secretariat" ],
        [ GET => "/sheets/$OTHER" ],
        [ PUT => "/sheets/$OTHER", json => sheet(rpps => $OTHER),
          headers => { 'If-Match' => '"1"' } ],
        [ POST => "/sheets/$OTHER/leave", json => {} ],
        [ GET => "/sheets/$OTHER/draft" ],
        [ GET => "/sheets/$OTHER/places" ],
        [ GET => '/sheets' ],
        [ POST => '/sheets', json => sheet() ],
        [ POST => '/match', json => need() ],
        [ GET => '/activity' ],
        [ GET => '/invitations' ],
        [ GET => '/batches' ],
        [ POST => '/invitations', json => { role => 'delegate',
                                            name => 'x' } ],
    ) {
        my ($method, $path, %option) = @$case;
        is_problem($server->request($method, $path, @SHE, %option), 403,
            undef, "$method $path");
    }
};

subtest 'named and revoked by nobody else' => sub {
    for my $who ('docteur2', 'pharmacie') {
        is_problem($server->get("/sheets/$OWN/delegates", as => $who), 403);
        is_problem($server->delete("/sheets/$OWN/delegates/secretariat",
            as => $who), 403);
    }
    is_problem($server->delete("/sheets/$OTHER/delegates/secretariat",
        as => 'docteur2'), 404, undef, 'not at another sheet');
    is_problem($server->delete("/sheets/$OWN/delegates/docteur", @DOCTOR),
        404, undef, 'the doctor is no delegate');
    is_problem($server->delete("/sheets/$OWN/delegates/nobody", @DOCTOR),
        404);
    is_status($server->get('/me', @SHE), 200, 'still there');
};

subtest 'acts no longer than the doctor could' => sub {
    my @all = map { $server->wire(POST => "/sheets/$OWN/confirm",
        as => 'secretariat', password => $PASSWORD, json => {}) } 1 .. 4;
    my $statuses = sub {
        return join ' ', map { defined ? $_->status : 'none' }
            $server->burst(@all);
    };
    is $statuses->(), '200 200 200 200', 'at first';
    $server->ctl_ok('', 'account', 'disable', 'docteur');
    is $statuses->(), '401 401 401 401', 'the doctor disabled';
    like $server->ctl_ok('', 'account', 'list'),
        qr/^secretariat +delegate +$OWN no-doctor /m, 'cptsctl tells';
    $server->ctl_ok('', 'account', 'enable', 'docteur');
    is $statuses->(), '200 200 200 200', 'enabled again';
    $server->ctl_ok('', 'account', 'role', 'docteur', 'professional');
    is $statuses->(), '401 401 401 401', 'no doctor any more';
    $server->ctl_ok('', 'account', 'role', 'docteur', 'doctor', '--rpps',
                    $OWN);
    is $statuses->(), '200 200 200 200', 'and again';
    $server->ctl_ok('', 'account', 'erase', 'docteur');
    is $statuses->(), '401 401 401 401', 'erased';
    $server->account_add('docteur', 'doctor', $OWN);
    is $statuses->(), '200 200 200 200', 'until there is a doctor again';
};

subtest 'revoked at once, in every child' => sub {
    my $keep = $server->agent(keep_alive => 1);
    my @all = map { $server->wire(GET => "/sheets/$OWN",
        as => 'secretariat', password => $PASSWORD) } 1 .. 12;
    my @before = $server->burst(@all);
    is scalar(grep { defined && $_->status == 200 } @before), 12,
        'good everywhere';
    is_status($server->delete("/sheets/$OWN/delegates/secretariat",
        @DOCTOR), 204, 'revoked');
    my @after = $server->burst(@all);
    # a wrong login; after five of them it is too early to try again
    is scalar(grep { defined && $_->status =~ /^(?:401|429)$/ } @after), 12,
        'worth nothing anywhere';
    is_problem($server->delete("/sheets/$OWN/delegates/secretariat",
        @DOCTOR), 404, undef, 'once');
    is_deeply $server->get("/sheets/$OWN/delegates", @DOCTOR)->json
        ->{delegates}, [], 'and is in the list no more';
    is $server->sqlite("SELECT a.name, s.rpps FROM journal AS j"
        . " JOIN account AS a ON a.id = j.actor"
        . " JOIN practitioner AS s ON s.id = json_extract(j.sheets, '\$[0]')"
        . " WHERE j.action = 'delegate.revoke';"), "docteur|$OWN\n",
        'in the journal';

    name_delegate('remplacante');
    is_status($server->delete("/sheets/$OWN/delegates/remplacante",
        as => 'coordination'), 204, 'the coordination may revoke too');
};

subtest 'an invitation can be called back' => sub {
    my $answer = $server->post('/invitations', { role => 'delegate',
        name => 'Erreur' }, @DOCTOR)->json;
    is_problem($server->delete("/invitations/$answer->{id}",
        as => 'docteur2'), 404, undef, 'not by another doctor');
    is_status($server->delete("/invitations/$answer->{id}", @DOCTOR), 204,
        'by the doctor');
    is_problem($server->post('/invitations/use', {
        token => $answer->{token}, account => 'intruder',
        password => $PASSWORD }), 410, 'invitation_revoked');
};

subtest 'erasing the doctor erases the delegates' => sub {
    name_delegate('derniere');
    is_status($server->delete("/sheets/$OWN", @DOCTOR), 204, 'erased');
    is_problem($server->get('/me', as => 'derniere',
        password => $PASSWORD), 401);
    is $server->sqlite("SELECT count(*) FROM account WHERE rpps = '$OWN';"),
        "0\n", 'no account is left';
};

# --- shut out while a change waits for its turn ------------------------------
# The answer to a request that was let in and waits for its turn, while an
# account is disabled.
sub disabled_meanwhile
{
    my ($account, @request) = @_;
    my $disable = "UPDATE account SET disabled = %d WHERE name = '$account';";
    my $answer;
    # on a busy machine who asks may not be let in before it is all over
    for my $pause (0.3, 1, 3) {
        $server->sqlite(sprintf $disable, 0);
        my $commit = $server->begin_write(sprintf $disable, 1);
        my $request = $server->raw->send($server->wire(@request));
        sleep $pause;
        $commit->();
        $answer = $request->response;
        last if $answer->status != 401;
    }
    return $answer;
}

subtest 'revoked while the request waits' => sub {
    my $before = $server->sqlite('SELECT count(*) FROM outcome;');
    my $answer = disabled_meanwhile('pharmacie', POST => '/me/email',
        as => 'pharmacie', json => { email => 'late@mail.example' },
        headers => { 'Idempotency-Key' => 'late' });
    is_problem($answer, 403, 'no_account');
    is $server->sqlite("SELECT count(*) FROM account"
        . " WHERE email = 'late\@mail.example';"), "0\n", 'nothing is changed';
    is $server->sqlite('SELECT count(*) FROM outcome;'), $before,
        'and no key is kept';
};

subtest 'the doctor disabled while the request of a delegate waits' => sub {
    create_sheet($server, rpps => $OTHER) if $server->get("/sheets/$OTHER",
        as => 'coordination')->status == 404;
    $server->account_add('aide', 'delegate', $OTHER);
    is_problem(disabled_meanwhile('docteur2', POST => "/sheets/$OTHER/leave",
        as => 'aide', json => {}), 403, 'no_account');
    is $server->get("/sheets/$OTHER", as => 'coordination')
        ->json->{availability}{state}, 'open', 'nothing is changed';
};

$server->finish;

# --- so many a day ----------------------------------------------------------
subtest 'a doctor invites so many a day' => sub {
    plan skip_all => Cpts::Clock::missing() if Cpts::Clock::missing();
    my $clock = Cpts::Clock->new;
    my ($hour, $minute) = (localtime)[2, 1];
    my $noon = (12 - $hour) * 3600 - $minute * 60;
    $clock->ahead($noon);
    my $on = Cpts::Server->new(clock => $clock);
    my %one = (role => 'delegate', name => 'Encore', mail => JSON::PP::true(),
               email => 'encore@cabinet.example');
    my $last;
    for (1 .. 19) {
        $last = $on->post('/invitations', \%one, @DOCTOR);
        is_status($last, 201, "invitation $_") or last;
    }
    my $id = $last->json->{id};
    # at once: not one more than are left
    my @answer = $on->burst(map { $on->wire(POST =>
        "/invitations/$id/renew", json => {}, @DOCTOR) } 1 .. 6);
    is_deeply [ sort map { $_ ? $_->status : 'none' } @answer ],
        [ 200, (429) x 5 ], 'renewing is inviting again: one was left';
    my $many = $on->post('/invitations', \%one, @DOCTOR);
    is_problem($many, 429, 'too_many_invitations');
    like $many->json->{detail}, qr/attendez demain/, 'which says what to do';
    my $wait = $many->header('retry-after');
    cmp_ok abs($wait - 12 * 3600), '<=', 3900, 'and when: at midnight';
    is_problem($on->post('/invitations/999/renew', {}, @DOCTOR), 404, undef,
        'what is not there is told first');
    is_status($on->delete("/invitations/$id", @DOCTOR), 204,
        'calling one back is no invitation');
    is_status($on->post('/invitations', \%one, as => 'docteur2'), 201,
        'another doctor is another');
    is_status($on->post('/invitations', { role => 'professional',
        name => 'x' }, as => 'coordination'), 201, "invitation $_ of the"
        . ' coordination') for 1 .. 21;
    $clock->ahead($noon + $wait);
    is_status($on->post('/invitations', \%one, @DOCTOR), 201,
        'the next day there are others');
    $on->finish;
};

done_testing;
