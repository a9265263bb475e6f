#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Invitations: made, opened, used once, renewed, revoked; by file; and no
# token in any log or byte of the database.
use strict;
use warnings;
use utf8;

use Encode qw(encode);
use File::Find qw(find);
use Test::More;

use Cpts::Check;
use Cpts::Clock;
use Cpts::Server;

my @BY = (as => 'coordination');
my $TOKEN = qr/^(?:[0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{6}$/;
my $PASSWORD = 'correct horse battery';
my $DAY = 86_400;

my @secret;    # every token that was handed out, and every password

sub new_server
{
    my (%option) = @_;
    return Cpts::Server->new(directives => "CptsAddress "
        . "https://cpts.example.org/cpts/\n", %option)->expect_refusals;
}

sub keep
{
    my ($invitation) = @_;
    push @secret, $invitation->{token};
    return $invitation;
}

sub invite
{
    my ($server, $body, @as) = @_;
    my $answer = $server->post('/invitations', $body, @as ? @as : @BY);
    is_status($answer, 201, 'invited') or return;
    return keep($answer->json);
}

my $number = 500;
sub doctor { return { role => 'doctor', rpps => rpps($number++),
                      name => 'Dr Inès Essai', @_ } }

sub use_it
{
    my ($server, $token, $account, %other) = @_;
    return $server->post('/invitations/use', { token => $token,
        account => $account, password => $PASSWORD, %other });
}

my $server = new_server(log_level => 'debug cpts:trace8');

# --- one doctor, from the letter to the sheet -------------------------------
subtest 'a doctor comes in' => sub {
    my $rpps = rpps($number++);
    my $invitation = invite($server, doctor(rpps => $rpps,
        email => 'ines@cabinet.example', batch => 'Printemps',
        draft => { sex => 'F', phone => '0536490002',
                   sites => [ { commune => '31113',
                                address => '2 rue Fictive' } ] }));
    like $invitation->{token}, $TOKEN, 'a token that can be typed';
    is $invitation->{address},
        "https://cpts.example.org/cpts/invitation.html#$invitation->{token}",
        'the address, with the token in its fragment';
    cmp_ok $invitation->{qr}{size}, '>=', 21, 'a QR code';
    like $invitation->{qr}{path}, qr/^M0 0h7v1h-7z/, 'as a path';
    is $invitation->{state}, 'open', 'open';
    is $invitation->{batch}, 'Printemps', 'of its batch';

    my $typed = lc $invitation->{token};
    $typed =~ s/-/ /g;
    my $opened = $server->post('/invitations/open', { token => $typed });
    is_status($opened, 200, 'opened without signing in, as typed');
    is_deeply $opened->json, { role => 'doctor', name => 'Dr Inès Essai',
        rpps => $rpps, email => 'ines@cabinet.example', profession => undef,
        structure => undef, expires_at => $invitation->{expires_at},
        terms => undef, sheet => JSON::PP::false() }, 'and says what for';

    my $used = use_it($server, $invitation->{token}, 'ines.essai');
    is_status($used, 201, 'used');
    is_deeply $used->json, { account => 'ines.essai', role => 'doctor' },
        'the account';
    my @me = (as => 'ines.essai', password => $PASSWORD);
    is_deeply $server->get('/me', @me)->json, { account => 'ines.essai',
        role => 'doctor', rpps => $rpps, terms => undef }, 'signs in';
    is $server->sqlite("SELECT email FROM account WHERE name ="
        . " 'ines.essai';"), "ines\@cabinet.example\n", 'the address is kept';

    my $draft = $server->get("/sheets/$rpps/draft", @me);
    is_status($draft, 200, 'what the coordination knew');
    is_deeply $draft->json, { rpps => $rpps, name => 'Dr Inès Essai',
        sex => 'F', phone => '0536490002',
        sites => [ { commune => '31113', address => '2 rue Fictive' } ] },
        'with number and name';
    is_problem($server->get("/sheets/$OWN/draft", @me), 403);
    is_deeply $server->get("/sheets/$OWN/draft", as => 'docteur')->json, {},
        'nothing is known of another';
    is_problem($server->get("/sheets/$rpps/draft", as => 'pharmacie'), 403);

    is_problem($server->post('/sheets', sheet(), @me), 403, 'not_own_sheet');
    my $sheet = $server->post('/sheets', sheet(rpps => $rpps), @me);
    is_status($sheet, 201, 'the doctor makes the own sheet');
    is $sheet->json->{confirmed_by}, 'doctor', 'recorded as such';
    is_problem($server->post('/sheets', sheet(rpps => $rpps), @me), 409,
        'conflict');

    is_problem($server->post('/invitations/open',
        { token => $invitation->{token} }), 410, 'invitation_used');
    is_problem(use_it($server, $invitation->{token}, 'another'), 410,
        'invitation_used');
    my ($row) = grep { $_->{id} == $invitation->{id} }
        @{ $server->get('/invitations?batch=Printemps&state=used', @BY)
           ->json->{invitations} };
    is $row->{account}, 'ines.essai', 'the list says what it became';
    is $row->{token}, undef, 'and no token';
    is_problem($server->post("/invitations/$row->{id}/renew", {}, @BY), 409,
        'invitation_used');
    is_problem($server->delete("/invitations/$row->{id}", @BY), 409,
        'invitation_used');
    is_problem($server->post('/invitations', doctor(rpps => $rpps), @BY), 409,
        'account_exists');

    is $server->sqlite(<<'SQL'), <<'LINES', 'the journal says who did it';
SELECT j.action, a.name, j.role, j.outcome FROM journal AS j
  JOIN account AS a ON a.id = j.actor
 WHERE j.action LIKE 'invitation.%' ORDER BY j.id;
SQL
invitation.make|coordination|coordinator|doctor
invitation.use|ines.essai|doctor|doctor
LINES
};

# --- a professional ---------------------------------------------------------
subtest 'a professional comes in' => sub {
    my $invitation = invite($server, { role => 'professional',
        name => 'Léa', profession => 'infirmière',
        structure => 'Cabinet du Lac' });
    is_status(use_it($server, $invitation->{token}, 'lea'), 201, 'used');
    my @me = (as => 'lea', password => $PASSWORD);
    is $server->get('/me', @me)->json->{role}, 'professional', 'signs in';
    is_status($server->post('/match', need(), @me), 200, 'and searches');
    is $server->sqlite("SELECT profession, structure FROM account"
        . " WHERE name = 'lea';"), "infirmière|Cabinet du Lac\n" =~
        s/([^\x00-\x7f])/encode('UTF-8', $1)/gre, 'profession and structure';
    for my $route ([ 'GET', '/invitations' ], [ 'GET', '/batches' ],
                   [ 'POST', '/invitations' ]) {
        my ($method, $path) = @$route;
        is_problem($server->request($method, $path, @me,
            $method eq 'POST' ? (json => doctor()) : ()), 403, 'forbidden');
    }
};

# --- who may invite whom, and what is refused -------------------------------
subtest 'refusals' => sub {
    for my $case (
        [ 'coordination', { role => 'delegate', rpps => $OWN, name => 'x' } ],
        [ 'docteur', doctor() ],
        [ 'docteur', { role => 'professional', name => 'x' } ],
        [ 'docteur', { role => 'delegate', rpps => rpps(7), name => 'x' } ],
    ) {
        my ($who, $body) = @$case;
        is_problem($server->post('/invitations', $body, as => $who), 403,
            'forbidden', "$who does not invite $body->{role} "
            . ($body->{rpps} // ''));
    }
    for my $case (
        [ {}, '/role', 'required' ],
        [ { role => 'coordinator', name => 'x' }, '/role', 'not_in_list' ],
        [ { role => 'doctor', name => 'x' }, '/rpps', 'required' ],
        [ doctor(rpps => '123'), '/rpps', 'format' ],
        [ doctor(name => ''), '/name', 'length' ],
        [ doctor(name => 'x' x 121), '/name', 'length' ],
        [ doctor(name => "a\nb"), '/name', 'control_character' ],
        [ doctor(name => "a\x{202e}b"), '/name', 'control_character' ],
        [ doctor(name => " \x{a0}\x{200b} "), '/name', 'length' ],
        [ doctor(email => 'x'), '/email', undef ],
        [ doctor(mail => JSON::PP::true()), '/email', 'required' ],
        [ doctor(surprise => 1), '/surprise', 'unknown_field' ],
        [ doctor(draft => []), '/draft', 'wrong_type' ],
        [ doctor(draft => { refuses_c2s => 1 }), '/draft/refuses_c2s',
          'unknown_field' ],
        [ doctor(draft => { sex => 'X' }), '/draft/sex', 'not_in_list' ],
        [ doctor(draft => { confirmed_on => '2026-01-01' }),
          '/draft/confirmed_on', 'read_only' ],
        [ doctor(draft => { sites => [ { commune => '75056' } ] }),
          '/draft/sites/0/commune', 'unknown_commune' ],
        [ doctor(draft => { rpps => $OWN }), '/draft/rpps', 'read_only' ],
        [ { role => 'professional', name => 'x', rpps => $OWN }, '/rpps',
          'not_with_role' ],
        [ { role => 'professional', name => 'x', draft => {} }, '/draft',
          'not_with_role' ],
    ) {
        my ($body, $pointer, $code) = @$case;
        has_fault($server->post('/invitations', $body, @BY), $pointer, $code);
    }
    has_fault($server->post('/invitations', { role => 'delegate',
        name => 'x', batch => 'y' }, as => 'docteur'), '/batch',
        'not_with_role');
    my $twice = doctor();
    invite($server, $twice);
    is_problem($server->post('/invitations', $twice, @BY), 409,
        'already_invited');
};

# --- tokens that lead nowhere -----------------------------------------------
subtest 'tokens' => sub {
    my $good = invite($server, doctor())->{token};
    my $last = substr($good, -2, 1) eq '0' ? '1' : '0';
    for my $bad ('x', $good . 'A', substr($good, 0, -1),
                 $good =~ s/(.)(.)$/$last$2/r, "' OR 1=1 --", 'é' x 26,
                 '00000-00000-00000-00000-000000') {
        is_problem($server->post('/invitations/open', { token => $bad }),
            404, 'unknown_invitation');
        is_problem(use_it($server, $bad, 'nobody'), 404,
            'unknown_invitation');
    }
    for my $body ({}, { token => undef }, { token => '' }) {
        has_fault($server->post('/invitations/open', $body), '/token');
    }
    has_fault($server->post('/invitations/open', { token => 7 }), '/token',
        'wrong_type');
    is_problem($server->get("/invitations/open"), 405);
    is_problem($server->post('/invitations/open', { token => $good },
        headers => { Origin => 'https://evil.example' }), 403,
        'cross_origin');
    is_problem($server->request(POST => '/invitations/use',
        body => "token=$good", type => 'application/x-www-form-urlencoded'),
        415);
    is_status($server->post('/invitations/open', { token => $good }), 200,
        'and the good one is still good');
};

# --- account and password ---------------------------------------------------
subtest 'account and password' => sub {
    my $token = invite($server, doctor())->{token};
    for my $case (
        [ '', '/account' ], [ 'a b', '/account', 'format' ],
        [ 'é', '/account', 'format' ], [ 'x' x 65, '/account', 'length' ],
        [ '../x', '/account', 'format' ],
    ) {
        has_fault(use_it($server, $token, $case->[0]), @$case[ 1, 2 ]);
    }
    for my $case ([ 'short', 'weak' ], [ 'aaaaaaaaaaaa', 'weak' ],
                  [ '12345678', 'weak' ], [ 'azertyuiop', 'weak' ],
                  [ 'motdepasse', 'weak' ], [ 'Long.Name', 'weak' ],
                  [ 'x' x 73, 'length' ], [ 'é' x 37, 'length' ],
                  [ '', 'length' ]) {
        has_fault(use_it($server, $token, 'long.name',
            password => $case->[0]), '/password', $case->[1]);
    }
    has_fault(use_it($server, $token, 'x', terms => '1'), '/terms',
        'not_current', 'terms that there are not');
    for my $taken ('docteur', 'Docteur', 'COORDINATION') {
        is_problem(use_it($server, $token, $taken), 409, 'account_taken');
    }
    my $odd = "pâté \x{1f511} en croûte";
    is_status(use_it($server, $token, 'ok', password => $odd), 201,
        'after all that the invitation is still good');
    push @secret, encode('UTF-8', $odd);
    is_status($server->get('/me', as => 'ok',
        password => encode('UTF-8', $odd)), 200, 'an odd password works');
};

# --- renewed and revoked ----------------------------------------------------
subtest 'renewed and revoked' => sub {
    my $first = invite($server, doctor(name => 'Dr Renouvelé'));
    my $answer = $server->post("/invitations/$first->{id}/renew", {}, @BY);
    is_status($answer, 200, 'renewed');
    my $second = keep($answer->json);
    isnt $second->{token}, $first->{token}, 'another token';
    is_problem($server->post('/invitations/open',
        { token => $first->{token} }), 404, undef, 'the old one is dead');
    is_problem(use_it($server, $first->{token}, 'nobody'), 404);
    is_status($server->post('/invitations/open',
        { token => $second->{token} }), 200, 'the new one is good');
    has_fault($server->post("/invitations/$first->{id}/renew", { x => 1 },
        @BY), '/x');

    is_status($server->delete("/invitations/$first->{id}", @BY), 204,
        'revoked');
    is_problem($server->post('/invitations/open',
        { token => $second->{token} }), 410, 'invitation_revoked');
    is_problem(use_it($server, $second->{token}, 'nobody'), 410,
        'invitation_revoked');
    is_problem($server->delete("/invitations/$first->{id}", @BY), 409,
        'invitation_revoked');
    is_problem($server->post("/invitations/$first->{id}/renew", {}, @BY),
        409, 'invitation_revoked');
    for my $id (999_999, '9' x 18) {
        is_problem($server->post("/invitations/$id/renew", {}, @BY), 404);
        is_problem($server->delete("/invitations/$id", @BY), 404);
    }
    is_problem($server->delete("/invitations/$first->{id}",
        as => 'docteur'), 404, undef, 'a doctor does not see it');
};

# --- hostile and foreign names ----------------------------------------------
subtest 'names' => sub {
    for my $name ('الدكتورة ليلى', '李医生', "O'Brien \"; DROP TABLE x; --",
                  '<script>alert(1)</script>', "Zoe\x{308}\x{200f}abc",
                  '{"a":1}', '%s%n%x', "\x{1f9d1}\x{200d}\x{2695}") {
        my $invitation = invite($server, doctor(name => $name,
            batch => $name));
        is $invitation->{name}, $name, 'the name comes back';
        is $server->post('/invitations/open',
            { token => $invitation->{token} })->json->{name}, $name,
            'and is what the person reads';
    }
    my ($arabic) = grep { $_->{name} eq 'الدكتورة ليلى' }
        @{ $server->get('/batches', @BY)->json->{batches} };
    is_deeply [ @$arabic{qw(invited opened accepted response_rate)} ],
        [ 1, 1, 0, 0 ], 'batches bear such names too';
};

# --- a batch from a file ----------------------------------------------------
sub batch
{
    my ($name, $csv) = @_;
    return $server->post('/invitations/batch', { name => $name, csv => $csv },
                         @BY);
}

subtest 'a batch' => sub {
    my @rpps = map { rpps($number++) } 1 .. 3;
    my $answer = batch('Lettre 1', "\x{feff}rpps;name;email;phone;"
        . "sites.0.commune;sites.0.address;languages\r\n"
        . "$rpps[0];Dr Un;un\@cabinet.example;0536490003;31113;1 rue;fr|ar\r\n"
        . "\r\n"
        . "$rpps[1];\"Dr; Deux\";;;;;\r\n$rpps[2];طبيب;;;;;\r\n");
    is_status($answer, 201, 'made') or return;
    my $made = $answer->json;
    is $made->{batch}, 'Lettre 1', 'under its name';
    keep($_) for @{ $made->{invitations} };
    is_deeply [ map { $_->{rpps} } @{ $made->{invitations} } ], \@rpps,
        'in the order of the file';
    is $made->{invitations}[1]{name}, 'Dr; Deux', 'quotes are understood';
    like $_->{token}, $TOKEN, 'each with its token'
        for @{ $made->{invitations} };
    is_deeply $server->get("/sheets/$rpps[0]/draft", @BY)->json,
        { rpps => $rpps[0], name => 'Dr Un', phone => '0536490003',
          languages => [ 'fr', 'ar' ],
          sites => [ { commune => '31113', address => '1 rue' } ] },
        'the other columns begin the sheet';
    is_status(use_it($server, $made->{invitations}[2]{token}, 'tabib'), 201,
        'one is used');
    my ($batch) = grep { $_->{name} eq 'Lettre 1' }
        @{ $server->get('/batches', @BY)->json->{batches} };
    is_deeply [ @$batch{qw(invited opened accepted response_rate)} ],
        [ 3, 1, 1, 33.3 ], 'counted';

    my $before = $server->sqlite('SELECT count(*) FROM invitation;');
    my $more = rpps($number++);
    for my $case (
        [ "name\nx\n", '/csv/1/rpps', 'required' ],
        [ "rpps,name,colour\n$more,x,y\n", '/csv/1/3', 'unknown_field' ],
        [ "rpps,name,name\n$more,x,y\n", '/csv/1/3', 'repeated' ],
        [ "rpps,name\n", '/csv', 'items' ],
        [ ' ', '/csv', 'items' ],
        [ "rpps,name\n$more,\"x\n", '/csv/2', 'format' ],
        [ "rpps,name\n\n$more\n", '/csv/3', 'cells' ],
        [ "rpps,name\n123,x\n", '/csv/2/rpps', 'format' ],
        [ "rpps,name\n$more,\n", '/csv/2/name', 'required' ],
        [ "rpps,name\n$more,x\n$more,y\n", '/csv/3/rpps', 'repeated' ],
        [ "rpps,name,email\n$more,x,y\n", '/csv/2/email', 'format' ],
        [ "rpps,name,email\n$more,x,a\@" . 'b' x 10_000 . ".example\n",
          '/csv/2/email', 'length' ],
        [ "rpps,name,sex\n$more,x,M\n$rpps[0],y,?\n", '/csv/3/sex',
          'not_in_list' ],
        [ "rpps,name,sites.0.commune\n$more,x,75056\n",
          '/csv/2/sites.0.commune', 'unknown_commune' ],
        [ "rpps,name,sites.0.point.lat\n$more,x,north\n",
          '/csv/2/sites.0.point.lat', 'wrong_type' ],
        [ "rpps,name\n$more,x\n$rpps[0],y\n$rpps[2],z\n", '/csv/3/rpps',
          'already_invited' ],
        [ "rpps,name\n$more,x\n$rpps[0],y\n$rpps[2],z\n", '/csv/4/rpps',
          'account_exists' ],
        [ "rpps,name\n" . join('', map { rpps(3000 + $_) . ",x\n" } 0 .. 500),
          '/csv/502', 'items' ],
    ) {
        my ($csv, $pointer, $code) = @$case;
        my $refused = batch('Lettre 2', $csv);
        has_fault($refused, $pointer, $code);
        unlike $refused->json->{errors}[0]{detail} // '', qr/colour|north/,
            'what was sent is not repeated';
    }
    is $server->sqlite('SELECT count(*) FROM invitation;'), $before,
        'all or none';
    like batch('x', "rpps,name\n123,x\n")->json->{errors}[0]{detail},
        qr/^Ligne 2, colonne rpps\x{a0}: /, 'the line is told';
    is_problem(batch('x', 'x' x 70_000), 413, undef, 'CptsMaxBody');
    has_fault(batch('', "rpps,name\n$more,x\n"), '/name');
};

# --- two invitations, one account -------------------------------------------
subtest 'invited twice' => sub {
    my $rpps = rpps($number++);
    my $first = invite($server, doctor(rpps => $rpps));
    $server->sqlite("UPDATE invitation SET expires_at = created_at + 1"
        . " WHERE id = $first->{id};");
    sleep 2;
    my $second = invite($server, doctor(rpps => $rpps));
    my $renewed = $server->post("/invitations/$first->{id}/renew", {}, @BY);
    is_status($renewed, 200, 'the first one is renewed');
    keep($renewed->json);
    is_status(use_it($server, $second->{token}, 'invited.twice'), 201,
        'the second one is used');
    is_problem(use_it($server, $renewed->json->{token}, 'invited.again'),
        409, 'account_exists');
    is_problem($server->post("/invitations/$first->{id}/renew", {}, @BY),
        409, 'account_exists');
    is $server->sqlite("SELECT count(*) FROM account WHERE rpps = '$rpps';"),
        "1\n", 'one account';
};

# --- lists ------------------------------------------------------------------
subtest 'lists' => sub {
    my (%seen, @state);
    my $path = '/invitations';
    while (defined $path) {
        my $page = $server->get($path, @BY)->json;
        $seen{ $_->{id} }++ for @{ $page->{invitations} };
        push @state, map { $_->{state} } @{ $page->{invitations} };
        ok !grep({ defined $_->{token} || $_->{qr} }
                 @{ $page->{invitations} }), 'no token in a list';
        $path = defined $page->{next} ? "/invitations?cursor=$page->{next}"
            : undef;
    }
    chomp(my $count = $server->sqlite('SELECT count(*) FROM invitation;'));
    is scalar(keys %seen), $count, "all $count, page by page";
    for my $state (qw(open used expired revoked)) {
        my $page = $server->get("/invitations?state=$state", @BY)->json;
        is scalar(grep { $_->{state} ne $state } @{ $page->{invitations} }),
            0, "only those that are $state";
    }
    is_problem($server->get('/invitations?state=x', @BY), 400);
    is_problem($server->get('/invitations?cursor=x', @BY), 400);
    is_deeply $server->get('/invitations', as => 'docteur')->json
        ->{invitations}, [], 'a doctor sees none of these';
};

# --- 50 at once -------------------------------------------------------------
subtest 'single use under race' => sub {
    my $invitation = invite($server, doctor());
    my @answer = $server->burst(map { $server->wire(POST =>
        '/invitations/use', json => { token => $invitation->{token},
        account => "race$_", password => $PASSWORD },
        headers => { Connection => 'close' }) } 1 .. 50);
    my %status;
    $status{ defined $_ ? $_->status : 'none' }++ for @answer;
    is_deeply \%status, { 201 => 1, 410 => 49 }, '50 uses: one account';
    is $server->sqlite("SELECT count(*) FROM account WHERE name LIKE"
        . " 'race%';"), "1\n", 'one in the database';
    is $server->sqlite("SELECT count(*) FROM journal j JOIN account a"
        . " ON a.id = j.actor WHERE j.action = 'invitation.use'"
        . " AND a.name LIKE 'race%';"), "1\n", 'one in the journal';

    # the same name for many invitations
    my @token = map { invite($server, doctor())->{token} } 1 .. 10;
    @answer = $server->burst(map { $server->wire(POST => '/invitations/use',
        json => { token => $_, account => 'same.name',
                  password => $PASSWORD },
        headers => { Connection => 'close' }) } @token);
    %status = ();
    $status{ defined $_ ? $_->status : 'none' }++ for @answer;
    is_deeply \%status, { 201 => 1, 409 => 9 }, 'one name: one account';
    is scalar(grep { $server->post('/invitations/open', { token => $_ })
        ->status == 200 } @token), 9, 'the other invitations are still good';
};

# --- unknown tokens cost no bcrypt ------------------------------------------
subtest 'a flood of wrong tokens is cheap' => sub {
    my @close = (headers => { Connection => 'close' });
    my $flood = sub {
        my ($status, @wire) = @_;
        my $start = Time::HiRes::time();
        my @answer = $server->burst(@wire);
        my $took = Time::HiRes::time() - $start;
        is scalar(grep { defined && $_->status == $status } @answer),
            scalar @wire, 'all are refused';
        return $took;
    };
    my $tokens = $flood->(404, map { $server->wire(POST =>
        '/invitations/use', json => { token => '00000-00000-00000-00000-'
        . sprintf('%06d', $_ * 10), account => 'nobody',
        password => $PASSWORD }, @close) } 1 .. 100);
    # each of these is a bcrypt, on the same machine, however busy
    my $passwords = $flood->(401, map { $server->wire(GET => '/me',
        as => "nobody$_", @close) } 1 .. 50);
    cmp_ok $tokens, '<', $passwords, sprintf
        '100 in %.2f s, 50 bcrypts in %.2f s', $tokens, $passwords;
};

# --- nothing of a token or a password anywhere ------------------------------
subtest 'no secret is kept' => sub {
    push @secret, $PASSWORD;
    $server->graceful;
    $server->stop;
    my @pattern = map { my $plain = s/-//gr; ($_, $plain, lc, lc $plain) }
        @secret;
    my ($files, @found) = (0);
    find({ no_chdir => 1, wanted => sub {
        return if !-f $_;
        $files++;
        my $bytes = Cpts::Server::read_file($_);
        for my $secret (@pattern) {
            push @found, "$_: $secret" if index($bytes, $secret) >= 0;
        }
    } }, $server->{dir});
    cmp_ok scalar @secret, '>', 30, scalar(@secret) . ' secrets';
    cmp_ok $files, '>=', 4, "$files files searched";
    is_deeply \@found, [], 'in no log and no byte of the database';
};
$server->finish;

# --- the clock --------------------------------------------------------------
subtest 'expiry' => sub {
    plan skip_all => Cpts::Clock::missing() if Cpts::Clock::missing();
    my $clock = Cpts::Clock->new;
    my $late = new_server(clock => $clock,
                          directives => "CptsInvitationValidity 10d\n");
    my $body = doctor();
    my $invitation = invite($late, $body);
    like $invitation->{address},
        qr{^http://127\.0\.0\.1:\d+/cpts/invitation\.html#},
        'without CptsAddress: as the request was addressed';
    $clock->ahead(10 * $DAY - 60);
    is_status($late->post('/invitations/open',
        { token => $invitation->{token} }), 200, 'good for ten days');
    $clock->ahead(10 * $DAY + 60);
    is_problem($late->post('/invitations/open',
        { token => $invitation->{token} }), 410, 'invitation_expired');
    is_problem(use_it($late, $invitation->{token}, 'late'), 410,
        'invitation_expired');
    is scalar @{ $late->get('/invitations?state=expired', @BY)->json
                 ->{invitations} }, 1, 'listed as expired';
    my $again = keep($late->post("/invitations/$invitation->{id}/renew", {},
        @BY)->json);
    is $again->{state}, 'open', 'renewed';
    is_problem($late->post('/invitations', $body, @BY), 409,
        'already_invited');
    $clock->ahead(20 * $DAY + 120);
    is_status($late->post('/invitations', $body, @BY), 201,
        'an expired one does not stand in the way of another');
    $clock->ahead(20 * $DAY);
    is_status(use_it($late, $again->{token}, 'in.time'), 201, 'used in time');
    $late->finish;
};

done_testing;
