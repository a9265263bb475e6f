#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# cptsctl send: what is due on which day, to whom, once; what sendmail does.
use strict;
use warnings;
use utf8;

use FindBin;
use lib $FindBin::Bin;
use MIME::QuotedPrint qw(decode_qp);
use POSIX ();
use Test::More;

use Ctl;

plan skip_all => 'sqlite3 is not there' if !have_sqlite();

my $RPPS = '99900000012';
my @DB = ('-d', 'a.db');
my $SENDMAIL = folder() . '/sendmail';

# A sendmail that keeps what it is given, and does what a file says.
spew($SENDMAIL, <<"PROGRAM");
#!/bin/sh
cd '@{[ folder() ]}'
read -r how <how 2>/dev/null || how=0
name=mail.\$\$
printf '%s\\n' "\$*" >"\$name.part"
cat >>"\$name.part"
case \$how in
crash) mv "\$name.part" "\$name"; kill -9 \$PPID; sleep 1 ;;
slow) sleep 1; how=0 ;;
esac
if [ "\$how" = 0 ]; then mv "\$name.part" "\$name"; exit 0; fi
rm "\$name.part"
exit "\$how"
PROGRAM
chmod 0755, $SENDMAIL;

sub mails { return sort glob folder() . '/mail.*' }
sub count_mails { my @mail = mails(); return scalar @mail }
sub forget_mails { unlink mails() }
sub how { return spew('how', "$_[0]\n") }

sub send_now { return ctl(@DB, 'send', '--sendmail', $SENDMAIL, @_) }

sub send_ok
{
    my ($count, $name) = @_;
    my $run = send_now();
    like $run->{out}, qr/^a\.db: \Q$count\E mails sent, 0 failed/, $name
        or diag "exit $run->{code}\n$run->{out}$run->{err}";
    is $run->{code}, 0, "$name: exit";
    return $run;
}

# The day so many days before today.
sub day
{
    my ($offset) = @_;
    my @today = localtime;
    return POSIX::strftime('%Y-%m-%d', 0, 0, 12,
        $today[3] + $offset, $today[4], $today[5], 0, 0, -1);
}

sub confirmed_on
{
    my ($offset, $rpps) = @_;
    sql('a.db', "UPDATE practitioner SET confirmed_on = '" . day($offset)
        . "' WHERE rpps = '" . ($rpps // $RPPS) . "'");
    return;
}

ctl_ok(@DB, 'init');
ctl_ok(@DB, 'import', 'sheets', examples('sheets.csv'), '--communes',
       examples('communes.csv'), '--communes', examples('neighbours.csv'));
# everybody has just confirmed; one doctor has an account
sql('a.db', "UPDATE practitioner SET confirmed_on = '" . day(0) . "'");
ctl_ok({ stdin => "correct horse\n" }, @DB, 'account', 'add', 'docteur',
       'doctor', '--rpps', $RPPS, '--password-stdin');

# --- refused before anything is claimed --------------------------------------
ctl_fails(1, qr/httpd has not served this database yet/, @DB, 'send',
          '--sendmail', $SENDMAIL);
sql('a.db', q(INSERT INTO setting VALUES ('territory', 'CPTS d’essai'),
    ('sheet_validity', '90'), ('reminder', '14'), ('retention', '365')));
ctl_fails(1, qr/set CptsContactEmail/, @DB, 'send', '--sendmail', $SENDMAIL);
sql('a.db',
    q(INSERT INTO setting VALUES ('contact_email', 'coord@cpts.example')));
ctl_fails(1, qr/set CptsAddress/, @DB, 'send', '--sendmail', $SENDMAIL);
sql('a.db', q(INSERT INTO setting VALUES ('address',
    'https://cpts.example/cpts/'), ('contact_phone', '05 00 00 00 00')));
ctl_fails(1, qr{/no/such cannot be run}, @DB, 'send', '--sendmail',
          '/no/such');
ctl_fails(1, qr/sendmail cannot be run/, @DB, 'send', '--sendmail',
          'sendmail');
ctl_fails(1, qr/--at takes a day/, @DB, 'send', '--at', day(0));
ctl_fails(1, qr/--at takes a day/, @DB, 'send', '--dry-run', '--at',
          'tomorrow');
rename 'a.db.key', 'key' or die "key: $!\n";
ctl_fails(1, qr/key/, @DB, 'send', '--sendmail', $SENDMAIL);
rename 'key', 'a.db.key' or die "key: $!\n";

# --- the right days -----------------------------------------------------------
# What would be sent on the days after the confirmation of today.
sub due_on
{
    my ($day) = @_;
    my $out = ctl(@DB, 'send', '--dry-run', '--at', day($day))->{out};
    return join ' ', $out =~ /^(reminder|stale) docteur\@exemple\.fr$/mg;
}

is due_on(80), '', 'an account without an address is not written to';
sql('a.db', q(UPDATE account SET email = 'docteur@exemple.fr'));
is_deeply { map { $_ => due_on($_) } 1, 75, 76, 77, 90, 91, 400 },
    { 1 => '', 75 => '', 76 => 'reminder', 77 => 'reminder',
      90 => 'reminder', 91 => 'stale', 400 => 'stale' },
    '14 days before the end, and from the first day after it';
sub with_setting
{
    my ($name, $days, @day) = @_;
    sql('a.db', "UPDATE setting SET value = '$days' WHERE name = '$name'");
    my @due = map { due_on($_) } @day;
    sql('a.db', "UPDATE setting SET value = '"
        . ($name eq 'reminder' ? 14 : 90) . "' WHERE name = '$name'");
    return \@due;
}
is_deeply with_setting('reminder', 1, 88, 89, 91), ['', 'reminder', 'stale'],
    'one day before';
is_deeply with_setting('reminder', 0, 90, 91), ['', 'stale'],
    'no reminder before, one after';
is_deeply with_setting('reminder', 90, 44, 45), ['', 'reminder'],
    'never earlier than half of the validity';
is_deeply with_setting('sheet_validity', 7, 3, 4, 7, 8),
    ['', 'reminder', 'reminder', 'stale'], 'a short validity';
is sql('a.db', 'SELECT count(*) FROM outbox'), 0, 'a dry run keeps nothing';
is sql('a.db', 'SELECT count(*) FROM link'), 0, 'no link either';

# --- to whom ------------------------------------------------------------------
sub sheet_says
{
    my ($path, $value) = @_;
    return "UPDATE practitioner SET sheet = json_set(sheet, '\$.$path',"
        . " $value) WHERE rpps = '$RPPS'";
}

for my $case (
    [ 'disabled account', 'UPDATE account SET disabled = 1',
      'UPDATE account SET disabled = 0' ],
    [ 'delegate', "UPDATE account SET role = 'delegate'",
      "UPDATE account SET role = 'doctor'" ],
    map({ [ "sheet $_", sheet_says('availability.state', "'$_'"),
            sheet_says('availability.state', "'open'") ] } qw(closed left)),
    [ 'retired', sheet_says('retirement', "'" . day(80) . "'"),
      sheet_says('retirement', 'null') ],
) {
    my ($name, $do, $undo) = @$case;
    sql('a.db', $do);
    is due_on(80), '', "not written to: $name";
    sql('a.db', $undo);
}
is due_on(80), 'reminder', 'but to a doctor on the list';

# --- one mail -----------------------------------------------------------------
confirmed_on(-80);
send_ok(1, 'a reminder');
my ($file) = mails();
my $mail = slurp($file);
my ($arguments, $headers, $body) = $mail =~ /\A(.*?)\n(.*?)\n\n(.*)\z/s;
is $arguments, '-i -f coord@cpts.example -- docteur@exemple.fr',
    'how sendmail is called';
like $headers, qr/^To: docteur\@exemple\.fr$/m, 'To';
like $headers, qr/^From: .*<coord\@cpts\.example>$/m, 'From';
like $headers, qr/^Message-ID: <cpts\.reminder\.1\.\d+\.0\@cpts\.example>$/m,
    'Message-ID';
my $text = decode_qp($body);
utf8::decode($text);
my ($token) = $text =~ m{^https://cpts\.example/cpts/lien\.html\#(\S+)$}m;
like $token // '', qr/^[0-9A-Z]{5}(?:-[0-9A-Z]{5}){3}-[0-9A-Z]{6}$/,
    'the link, on a line of its own';
like $text, qr/CPTS d’essai/, 'who writes';
like $text, qr/jusqu’au \d+(?:er)?\xa0\S+\xa0\d{4} inclus/, 'until when';
like $text, qr/Rien n’a changé\xa0\? Un clic suffit/, 'what to do';
like $text, qr/Ne plus recevoir ces rappels\xa0:/, 'how to stop';
unlike $text, qr/[^\s\xa0(«] +[:;?!]/, 'the spaces of French';
unlike slurp('a.db') . (slurp('a.db-wal') // ''), qr/\Q$token\E/,
    'the database does not hold the token';
is sql('a.db', 'SELECT count(*) FROM link WHERE length(token) = 32'), 1,
    'but its hash';
is sql('a.db', q(SELECT j.action || ' ' || j.outcome || ' '
    || coalesce(j.actor, 'nobody') || ' ' || (j.sheets = '[' || p.id || ']')
    FROM journal AS j, practitioner AS p WHERE p.rpps = ') . $RPPS
    . q(' ORDER BY j.id DESC LIMIT 1)), 'mail.send reminder nobody 1',
    'the journal tells of it';

# --- nothing twice ------------------------------------------------------------
send_ok(0, 'nothing twice');
confirmed_on(-91);
forget_mails();
send_ok(1, 'the last one when it is over');
like decode_qp(slurp((mails())[0])), qr/n\x{e2}\x{80}\x{99}est plus propos/,
    'which says so';
send_ok(0, 'and once');
confirmed_on(-80);
send_ok(0, 'the same confirmation is not reminded of again');
confirmed_on(-81);
forget_mails();
send_ok(1, 'another one is');

# --- what is not needed any more ------------------------------------------------
confirmed_on(-82);
how(75);
my $run = send_now();
is $run->{code}, 1, 'sendmail refuses';
like $run->{err}, qr/^cptsctl: mail \d+ \(reminder\): sendmail: exit 75$/m,
    'which is said';
is sql('a.db', 'SELECT count(*) FROM outbox WHERE error IS NOT NULL'
    . ' AND sent_at IS NULL AND attempts = 1'), 1, 'and kept';
is sql('a.db', 'SELECT count(*) FROM link WHERE used_at IS NULL'), 3,
    'a link that did not leave is forgotten';
how(0);
forget_mails();
send_ok(0, 'not tried again at once');
sql('a.db', 'UPDATE outbox SET next_at = 0 WHERE sent_at IS NULL');
send_ok(1, 'but later');
confirmed_on(-83);
how(75);
send_now();
how(0);
confirmed_on(0);
sql('a.db', 'UPDATE outbox SET next_at = 0 WHERE sent_at IS NULL');
forget_mails();
$run = send_ok(0, 'confirmed meanwhile');
like $run->{out}, qr/1 no longer needed$/m, 'the mail is dropped';
is count_mails(), 0, 'and was not sent';

# --- tried so often, and no more ------------------------------------------------
confirmed_on(-84);
how(69);
for my $try (1 .. 8) {
    sql('a.db', 'UPDATE outbox SET next_at = 0 WHERE sent_at IS NULL');
    $run = send_now();
    is $run->{code}, $try < 8 ? 1 : 0, "try $try";
}
like $run->{err}, qr/^cptsctl: 1 mails were given up after 7 tries$/m,
    'given up, and said';
is sql('a.db', 'SELECT attempts FROM outbox WHERE sent_at IS NULL'), 7,
    'seven tries';
how(0);

# --- the one who sends dies after handing over ------------------------------------
confirmed_on(-85);
forget_mails();
how('crash');
$run = send_now();
like $run->{code}, qr/^signal/, 'killed between handing over and saying so';
is count_mails(), 1, 'one mail went';
how(0);
send_ok(0, 'claimed: not sent again at once');
sql('a.db', 'UPDATE outbox SET next_at = 0'
    . ' WHERE sent_at IS NULL AND attempts < 7');
send_ok(1, 'sent again when its time has passed: never lost');
is count_mails(), 2, 'one copy too many, no more';
my %id = map { slurp($_) =~ /^(Message-ID: .*)$/m ? ($1 => 1) : () } mails();
is scalar(keys %id), 1, 'both have the same Message-ID';
send_ok(0, 'and then no more');

# --- several at once -----------------------------------------------------------
my @doctors = split /\n/,
    sql('a.db', "SELECT rpps FROM practitioner WHERE rpps <> '$RPPS'
                 AND state = 'open' LIMIT 12");
for my $i (0 .. $#doctors) {
    sql('a.db', "INSERT INTO account (name, hash, role, rpps, created_at,"
        . " email) VALUES ('dr$i', 'x', 'doctor', '$doctors[$i]', 1,"
        . " 'dr$i\@exemple.fr')");
    confirmed_on(-80, $doctors[$i]);
}
forget_mails();
how('slow');
my @child = map {
    my $pid = fork() // die "fork: $!\n";
    if (!$pid) {
        open STDOUT, '>', '/dev/null';
        open STDERR, '>', '/dev/null';
        exec { $ENV{CPTS_CTL} } $ENV{CPTS_CTL}, @DB, 'send', '--sendmail',
            $SENDMAIL;
    }
    $pid;
} 1 .. 4;
my @status = map { waitpid $_, 0; $? } @child;
is_deeply \@status, [ (0) x 4 ], 'four send at once';
my %to;
$to{ (slurp($_) =~ /^To: (\S+)$/m)[0] }++ for mails();
is_deeply \%to, { map { ("dr$_\@exemple.fr" => 1) } 0 .. $#doctors },
    scalar(@doctors) . ' mails: one each';
how(0);

# --- invitations ------------------------------------------------------------------
sql('a.db', q(INSERT INTO invitation (role, rpps, name, email, token,
    created_at, expires_at, mail) VALUES
    ('doctor', '99900000990', 'Zoé "<x>" Ÿ', 'zoe@exemple.fr',
     randomblob(32), 1, 2, 1),
    ('professional', NULL, 'Sans mail', 'lettre@exemple.fr', randomblob(32),
     1, 2, 0)));
my $before = sql('a.db', 'SELECT hex(token) FROM invitation WHERE id = 1');
forget_mails();
send_ok(1, 'one invitation is to be mailed, the other is a letter');
($mail) = map { slurp($_) } mails();
$text = decode_qp($mail);
utf8::decode($text);
like $mail, qr/^To: zoe\@exemple\.fr$/m, 'to whom';
like $text, qr/^Bonjour Zoé "<x>" Ÿ,$/m, 'the name as it is';
like $text, qr{^https://cpts\.example/cpts/invitation\.html\#\S{30}$}m,
    'the address';
isnt sql('a.db', 'SELECT hex(token) FROM invitation WHERE id = 1'), $before,
    'the letter before is dead';
is sql('a.db', q(SELECT group_concat(sent_at IS NOT NULL) FROM invitation)),
    '1,0', 'noted as sent';
send_ok(0, 'an invitation goes once');
sql('a.db', 'UPDATE invitation SET sent_at = NULL WHERE id = 1');
send_ok(1, 'and again when it was renewed');
sql('a.db', q(UPDATE invitation SET sent_at = NULL, used_at = 3));
send_ok(0, 'not after it was used');

# --- the journal holds ---------------------------------------------------------------
ctl_ok(@DB, 'journal', 'verify');

# --- cptsctl purge -------------------------------------------------------------------
my $old = time - 400 * 86400;
sql('a.db', "UPDATE link SET expires_at = $old");
sql('a.db', "UPDATE outbox SET sent_at = $old, created_at = $old");
my $kept = sql('a.db', 'SELECT count(*) FROM outbox AS o JOIN practitioner AS p'
    . ' ON p.id = o.practitioner_id'
    . ' WHERE o.about LIKE p.id || "." || p.confirmed_on || ".%"');
sql('a.db', "INSERT INTO placement (code, practitioner_id, account_id, general,
    reserved, state, held_on, held_at, expires_at, changed_at) VALUES
    ('AAAA-AAA1', 1, 1, 1, 0, 'declared', '2020-01-01', 1, 2, $old),
    ('AAAA-AAA2', 1, 1, 1, 0, 'held', '2020-01-01', $old, $old + 1, $old),
    ('AAAA-AAA3', 1, 1, 1, 0, 'accepted', '2020-01-01', 1, 2, "
    . (time - 20 * 86400) . ');
    UPDATE invitation SET used_at = 5, expires_at = 5');
$run = ctl_ok(@DB, 'purge', '--keep', '1');
like $run->{out}, qr/1 holds written down as expired/, 'holds expire';
like $run->{out}, qr/2 placements removed/, 'old placements go';
is sql('a.db', 'SELECT code FROM placement'), 'AAAA-AAA3',
    'one of this month stays, whatever --keep says';
is sql('a.db', 'SELECT count(*) FROM invitation'), 0, 'invitations go';
is sql('a.db', 'SELECT count(*) FROM link'), 0, 'links go';
is sql('a.db', 'SELECT count(*) FROM outbox'), $kept,
    'mails go, but for those that keep another from being sent';
cmp_ok $kept, '>', 5, "$kept of them";
forget_mails();
send_ok(0, 'so that nothing is sent twice after a purge');
ctl_ok(@DB, 'journal', 'verify');

done_testing;
