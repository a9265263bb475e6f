#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# All that is held about a person: told in full, and erased to the last byte,
# with the counters and the journal whole.
use strict;
use warnings;
use utf8;

use Test::More;

use Cpts::Check;
use Cpts::Server;

my $server = Cpts::Server->new(
    accounts => [ @Cpts::Server::ACCOUNTS,
                  [ 'coordination2', 'coordinator' ],
                  [ 'secretaire', 'delegate', '99900000012' ] ],
    directives => "CptsSmallCount 0\n",
)->expect_refusals;
my $OTHER = '99900000020';

# A word for each place where something of somebody may stand.
my %PLANT = (
    docteur => [qw(Zqdocnom zqdocadresse zqdocnote zqdoc@mail.example
        zqdocdraft zqdocerreur)],
    pharmacie => [qw(zqpharma@mail.example Zqprofession Zqstructure
        zqpharmaerreur Zqinvitee)],
    secretaire => [qw(zqsecret@mail.example Zqsecretaire)],
);

sub plant
{
    create_sheet($server, rpps => $OWN, name => 'Zqdocnom Paul',
        note => 'zqdocnote',
        sites => [ site('31113', address => '1 rue zqdocadresse') ]);
    create_sheet($server, rpps => $OTHER) if !-e "$server->{dir}/run/planted";
    Cpts::Server::write_file("$server->{dir}/run/planted", '');
    return;
}

sub accounts_planted
{
    $server->sqlite(<<"SQL");
UPDATE account SET email = 'zqdoc\@mail.example' WHERE name = 'docteur';
UPDATE account SET email = 'zqpharma\@mail.example',
    profession = 'Zqprofession', structure = 'Zqstructure',
    terms = 'v1', terms_at = 1700000000 WHERE name = 'pharmacie';
UPDATE account SET email = 'zqsecret\@mail.example'
    WHERE name = 'secretaire';
INSERT INTO invitation (role, rpps, name, email, draft, token, created_at,
    expires_at, account_id)
SELECT 'doctor', '$OWN', 'Zqdocnom', 'zqdoc\@mail.example',
    '{"note":"zqdocdraft"}', randomblob(32), 1700000000, 1800000000, id
  FROM account WHERE name = 'docteur';
INSERT INTO invitation (role, rpps, name, email, token, created_at,
    expires_at, account_id)
SELECT 'delegate', '$OWN', 'Zqsecretaire', 'zqsecret\@mail.example',
    randomblob(32), 1700000000, 1800000000, id
  FROM account WHERE name = 'secretaire';
INSERT INTO invitation (role, name, email, profession, structure, token,
    created_at, expires_at, revoked_at)
VALUES ('professional', 'Zqinvitee', 'zqpharma\@mail.example',
    'Zqprofession', 'Zqstructure', randomblob(32), 1700000000, 1800000000,
    1700000001);
INSERT INTO invitation (role, name, email, profession, structure, token,
    created_at, expires_at, used_at, account_id)
SELECT role, name, email, profession, structure, randomblob(32), created_at,
    expires_at, 1700000002, (SELECT id FROM account WHERE name = 'pharmacie')
  FROM invitation WHERE name = 'Zqinvitee';
INSERT INTO outbox (kind, about, account_id, practitioner_id, created_at,
    next_at, error)
SELECT 'reminder', 'test-doc', a.id, p.id, 1700000000, 1800000000,
    'zqdocerreur' FROM account AS a JOIN practitioner AS p ON p.rpps = a.rpps
 WHERE a.name = 'docteur';
INSERT INTO outbox (kind, about, account_id, created_at, next_at, error)
SELECT 'invitation', 'test-pharma', id, 1700000000, 1800000000,
    'zqpharmaerreur' FROM account WHERE name = 'pharmacie';
INSERT INTO link (token, practitioner_id, account_id, created_at, expires_at)
SELECT randomblob(32), p.id, a.id, 1700000000, 1800000000
  FROM account AS a JOIN practitioner AS p ON p.rpps = a.rpps
 WHERE a.name = 'docteur';
SQL
    return;
}

# Every byte of the database and of its log.
sub found
{
    my (@word) = @_;
    my $bytes = join '', map { Cpts::Server::read_file($_) }
        grep { !/\.key$/ } glob "$server->{dir}/db/*";
    return [ grep { $bytes =~ /\Q$_\E/i } @word ];
}

sub verify
{
    my ($name) = @_;
    my ($status, $text) = $server->ctl('', '-d', $server->{file}, 'journal',
                                       'verify');
    is $status, 0, "$name: the journal is whole" or diag $text;
    return;
}

sub hold
{
    my ($who, $rpps, $places) = @_;
    $server->post('/match', need(), as => $who);
    my $answer = $server->post('/placements',
        { rpps => $rpps, uses => 'general', places => $places }, as => $who,
        headers => { 'Idempotency-Key' => "$who-$rpps" });
    is_status($answer, 201, "$who holds at $rpps");
    return $answer->json->{code};
}

sub left
{
    my ($rpps) = @_;
    return $server->get("/sheets/$rpps/places", as => 'coordination')
        ->json->{general_left};
}

plant();
accounts_planted();
$server->give_away;
my $left = left($OWN);
my $code = hold('pharmacie', $OWN, 1);
my $code2 = hold('docteur', $OTHER, 2);
$server->post("/sheets/$OWN/confirm", {}, as => 'secretaire');

# --- told in full -----------------------------------------------------------
sub export
{
    my ($who, $path) = @_;
    my $answer = $server->get($path // '/me/export', as => $who);
    is_status($answer, 200, "$who: export");
    is $answer->header('content-disposition') // '',
        'attachment; filename="cpts-donnees.json"', "$who: as a file";
    is $answer->header('cache-control') // '', 'no-store', "$who: not kept";
    return ($answer->json, $answer->content);
}

my @SECTION = qw(accounts delegates sheets placements journal invitations
    mails links keys);
my ($own, $text) = export('docteur');
is_deeply [ sort keys %$own ], [ sort @SECTION, qw(made_at territory) ],
    'what an export holds';
for my $word (@{ $PLANT{docteur} }) {
    like $text, qr/\Q$word\E/, "the doctor's holds $word";
}
unlike $text, qr/\$2[aby]\$|\bhash\b|token|\blink\b/,
    'no hash of a password, no token, no link of the chain';
for my $word (map { @{ $PLANT{$_} } } 'pharmacie') {
    unlike $text, qr/\Q$word\E/, "nor $word, which is another's";
}
is_deeply [ sort map { $_->{code} } @{ $own->{placements} } ],
    [ sort $code, $code2 ], 'placements at the sheet, and started';
is_deeply [ map { $_->{name} } @{ $own->{delegates} } ], ['secretaire'],
    'the delegate';
is_deeply [ @{ $own->{accounts}[0] }{qw(terms terms_at)} ], [undef, undef],
    'no text was accepted: nor is there a time';
my %done = map { $_->{action} => $_ } @{ $own->{journal} };
ok $done{$_}, "the journal: $_" for qw(sheet.create match placement.hold
    sheet.confirm);
is_deeply [ map { $_->{account} } @done{qw(sheet.confirm sheet.create)} ],
    [qw(secretaire coordination)], 'by whom';
is_deeply [ grep { $_->{about} ne $code2 } @{ $own->{keys} } ], [],
    'the keys of requests';

my ($sheet, $sheet_text) = export('coordination', "/sheets/$OWN/export");
is_deeply [ map { scalar @{ $sheet->{$_} } } qw(accounts sheets placements
    invitations mails links keys) ], [ map { scalar @{ $own->{$_} } }
    qw(accounts sheets placements invitations mails links keys) ],
    'the coordination tells the same of a doctor';
($own, $text) = export('pharmacie');
for my $word (@{ $PLANT{pharmacie} }) {
    like $text, qr/\Q$word\E/, "the professional's holds $word";
}
unlike $text, qr/zqdoc/, 'and no private field of a doctor';
is_deeply [ map { $_->{code} } @{ $own->{placements} } ], [$code],
    'the placement that was started';
is_deeply [ @{ $own->{accounts}[0] }{qw(terms terms_at)} ],
    [ 'v1', '2023-11-14T22:13:20Z' ], 'the text that was accepted, and when';
($own, $text) = export('secretaire');
is_deeply $own->{sheets}, [], 'a delegate has no sheet';
like $text, qr/zqsecret\@mail\.example/, 'but an e-mail address';
unlike $text, qr/zqdoc/i, 'and nothing of the doctor';
# --- whoever takes another's address learns and erases nothing --------------
sub told
{
    my ($who) = @_;
    my ($json) = export($who);
    return [ map { $_->{name} } @{ $json->{invitations} } ];
}

is_status($server->post('/invitations', { role => 'doctor',
    rpps => '99900000517', name => 'Dr Victime', email => 'v@mail.example',
    draft => { phone => '0536490002' } }, as => 'coordination'), 201,
    'somebody is invited');
is_status($server->post('/me/email', { email => 'v@mail.example' },
    as => 'coordination2'), 200, 'another takes the address');
is_deeply told('coordination2'), [], 'but is told of no invitation';
is_deeply told('pharmacie'), [qw(Zqinvitee Zqinvitee)],
    'the own ones are told, that which was revoked too';
my ($entry) = @{ $server->get('/journal?action=export',
    as => 'coordination')->json->{entries} };
is $entry->{account}, 'pharmacie', 'each export is in the journal';

is_problem($server->get($_, as => 'coordination',
    headers => { 'Sec-Fetch-Site' => 'cross-site' }), 403, 'cross_origin',
    "$_: nothing is recorded for another site's page")
    for '/me/export', "/sheets/$OWN/export";

# --- an account is erased ---------------------------------------------------
my $fair = $server->get('/fairness', as => 'coordination')->json;
is_problem($server->request('DELETE', '/me', as => 'docteur'), 409,
    'sheet_first', 'a doctor erases the sheet first');
is_status($server->request('DELETE', '/me', as => 'pharmacie'), 204,
    'a professional goes');
is_deeply found(@{ $PLANT{pharmacie} }), [], 'to the last byte';
is_problem($server->get('/me', as => 'pharmacie'), 401, undef,
    'and cannot sign in');
is $server->sqlite("SELECT state FROM placement WHERE code = '$code';"), "cancelled\n", 'a live hold is cancelled';
is left($OWN), $left, 'its places are back';
my $placement = $server->get("/placements/$code", as => 'coordination')->json;
is_deeply [ @{ $placement->{requester} }{qw(account profession)} ],
    [ undef, undef ], 'the placement is nobody\'s';
verify('after an account');
ok !$server->sqlite("SELECT 1 FROM journal_end WHERE last <> "
    . '(SELECT max(id) FROM journal);'), 'no entry is lost';

is_status($server->request('DELETE', '/me', as => 'secretaire'), 204,
    'a delegate goes');
is_deeply found(@{ $PLANT{secretaire} }), [], 'to the last byte';
is_status($server->request('DELETE', '/me', as => 'coordination2'), 204,
    'a coordinator goes');
is $server->sqlite("SELECT count(*) FROM invitation"
    . " WHERE email = 'v\@mail.example';"), "1\n",
    'but no invitation of another';
is_problem($server->request('DELETE', '/me', as => 'coordination'), 409,
    'last_coordinator', 'the last one stays');
is_problem($server->request('DELETE', '/me', as => undef), 401, undef,
    'nobody is asked to sign in');

# --- a doctor is erased -----------------------------------------------------
is_status($server->request('DELETE', "/sheets/$OWN", as => 'docteur'), 204,
    'a doctor goes');
is_deeply found(@{ $PLANT{docteur} }, $OWN), [], 'to the last byte';
is $server->sqlite("SELECT state FROM placement WHERE code = '$code2';"), "cancelled\n",
    'what the doctor held at another is cancelled';
is_problem($server->get('/me', as => 'docteur'), 401, undef,
    'and cannot sign in');
verify('after a doctor');
is_deeply [ map { $_->{count} // $_->{from} }
    map { @{$_}{qw(proposals holds acceptances)} }
    $server->get('/fairness', as => 'coordination')->json->{sums} ],
    [ map { $_->{from} } @{ $fair->{sums} }{qw(proposals holds
        acceptances)} ], 'the sums are as before';

# --- by the administrator ---------------------------------------------------
$server->ctl_ok('', 'account', 'erase', 'docteur2');
is_problem($server->get('/me', as => 'docteur2'), 401, undef,
    'cptsctl account erase');
is_deeply found('docteur2'), [], 'to the last byte';
my ($status, $said) = $server->ctl('', '-d', $server->{file}, 'account',
                                   'erase', 'docteur2');
isnt $status, 0, 'erased twice is refused';
like $said, qr/there is no account "docteur2"/, 'and says why';
is_status($server->get("/sheets/$OTHER", as => 'coordination'), 200,
    'the sheet stays');
($entry) = @{ $server->get('/journal?action=account.erase',
    as => 'coordination')->json->{entries} };
is_deeply [ @$entry{qw(account role)} ], [ undef, undef ],
    'the administrator did it';
verify('after all');

$server->finish;
done_testing;
