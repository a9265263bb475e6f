#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# cptsctl account: adding, passwords, roles, disabling, listing.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Test::More;

use Ctl;

my $good = "correct horse\n";

ctl_ok('-d', 'a.db', 'init');

sub add {
    my ($password, @words) = @_;
    return { stdin => $password }, '-d', 'a.db', 'account', 'add', @words,
        '--password-stdin';
}

sub rows {
    my %rows;
    for (split /\n/, ctl('-d', 'a.db', 'account', 'list')->{out}) {
        my ($name, $role, $rpps, $state, $day) = split;
        $rows{$name} = "$role $rpps $state" if $name ne 'NAME';
    }
    return \%rows;
}

# --- adding
like ctl_ok(add($good, 'docteur', 'doctor', '--rpps', '99900000012'))->{err},
    qr/warning: the check digit of RPPS 99900000012 is wrong/,
    'a wrong check digit is only a warning';
is ctl_ok(add($good, 'lambert', 'doctor', '--rpps', '10001234565'))->{err} =~
    /warning/ ? 1 : 0, 0, 'a right one is none';
ctl_ok(add($good, 'pharmacie', 'professional'));
ctl_ok(add($good, 'coordination', 'coordinator'));
ctl_ok(add($good, 'secretariat', 'delegate', '--rpps', '10001234565'));
is_deeply rows(), {
    docteur      => 'doctor 99900000012 enabled',
    lambert      => 'doctor 10001234565 enabled',
    pharmacie    => 'professional - enabled',
    coordination => 'coordinator - enabled',
    secretariat  => 'delegate 10001234565 enabled',
}, 'listed';

# --- a delegate acts for a doctor
like ctl_ok('-d', 'a.db', 'account', 'disable', 'lambert')->{out},
    qr/account lambert is disabled now/, 'the doctor is disabled';
is rows()->{secretariat}, 'delegate 10001234565 no-doctor',
    'so the delegate may not log in';
like ctl_ok('-d', 'a.db', 'account', 'enable', 'secretariat')->{err},
    qr/warning: no doctor's account of RPPS 10001234565 may log in/,
    'which enabling it does not change';
ctl_ok('-d', 'a.db', 'account', 'enable', 'lambert');
is rows()->{secretariat}, 'delegate 10001234565 enabled', 'and back';
is ctl_ok('-d', 'a.db', 'account', 'enable', 'secretariat')->{err}, '',
    'without a warning';
like ctl_ok(add($good, 'orphelin', 'delegate', '--rpps', '99900000038'))
    ->{err}, qr/warning: no doctor's account of RPPS 99900000038/,
    'a delegate of a doctor without an account';
ctl_ok('-d', 'a.db', 'account', 'erase', 'orphelin');

# --- who it is
ctl_ok(add($good, 'infirmerie', 'professional', '--email', 'a@cpts.example',
    '--profession', 'Infirmière', '--structure', 'Cabinet du Lac'));
is sql('a.db', "SELECT email, profession, structure FROM account"
        . " WHERE name = 'infirmerie'"),
    "a\@cpts.example|Infirmière|Cabinet du Lac", 'who it is'
    if have_sqlite();
ctl_ok('-d', 'a.db', 'account', 'erase', 'infirmerie');
ctl_fails(1, qr/"a b" is no e-mail address/,
    add($good, 'x', 'professional', '--email', 'a b'));
my %longest = ('--profession' => 80, '--structure' => 120);
for my $option (sort keys %longest) {
    my $most = $longest{$option};
    ctl_fails(1, qr/\Q$option\E takes 1 to $most characters/,
        add($good, 'x', 'professional', $option, $_))
        for '', 'é' x ($most + 1), "a\nb", "\xff";
    ctl_ok(add($good, 'y', 'professional', $option, 'é' x $most));
    ctl_ok('-d', 'a.db', 'account', 'erase', 'y');
}

# --- refused
ctl_fails(1, qr/"pharmacie" exists already/,
    add($good, 'pharmacie', 'professional'));
ctl_fails(1, qr/"Pharmacie" exists already .*case/,
    add($good, 'Pharmacie', 'professional'));
ctl_fails(1, qr/"nurse" is no role: doctor, professional, coordinator, delegate/,
    add($good, 'x', 'nurse'));
ctl_fails(1, qr/a doctor's account needs --rpps N/,
    add($good, 'x', 'doctor'));
ctl_fails(1, qr/a delegate's account needs --rpps N/,
    add($good, 'x', 'delegate'));
ctl_fails(1, qr/"123" is no RPPS number: 11 digits/,
    add($good, 'x', 'doctor', '--rpps', '123'));
ctl_fails(1, qr/--rpps goes with the roles doctor and delegate only/,
    add($good, 'x', 'professional', '--rpps', '99900000012'));
for my $name ('', 'a b', 'é', 'a:b', 'x' x 65) {
    ctl_fails(1, qr/cannot be an account's name/,
        add($good, $name, 'professional'));
}
ctl_fails(1, qr/less than 8 bytes .*--allow-weak/,
    add("1234567\n", 'x', 'professional'));
ctl_fails(1, qr/less than 4 bytes$/,
    add("123\n", 'x', 'professional', '--allow-weak'));
ctl_fails(1, qr/longer than 72 bytes|more than 72 bytes/,
    add(('p' x 73) . "\n", 'x', 'professional'));
ctl_fails(1, qr/longer than 72 bytes|more than 72 bytes/,
    add(('p' x 7300) . "\n", 'x', 'professional'));
ctl_fails(1, qr/no password on standard input/, add('', 'x', 'professional'));
ctl_fails(1, qr/less than 8/, add("\n", 'x', 'professional'));
ctl_fails(1, qr/no terminal .*--password-stdin/, { stdin => $good }, '-d',
    'a.db', 'account', 'add', 'x', 'professional');
is scalar(keys %{ rows() }), 5, 'none of them was added';

# the limits themselves, a line without its end, an end of Windows
ctl_ok(add('p' x 72, 'longest', 'professional'));
ctl_ok(add('12345678', 'shortest', 'professional'));
ctl_ok(add("demo\r\n", 'weak', 'professional', '--allow-weak'));
ctl_ok(add($good, 'x' x 64, 'professional'));

# --- what is stored, and what is not
SKIP: {
    skip 'the sqlite3 command is not there', 4 if !have_sqlite();
    my $hash = sql('a.db', "SELECT hash FROM account WHERE name = 'docteur'");
    like $hash, qr/^\$2[aby]\$10\$.{53}$/, 'bcrypt of cost 10';
    my $same = sql('a.db',
        "SELECT hash FROM account WHERE name = 'pharmacie'");
    isnt $same, $hash, 'each with its own salt';
    unlike slurp('a.db'), qr/correct horse/, 'no password in the file';

    # --- another password
    ctl_ok({ stdin => "another horse\n" }, '-d', 'a.db', 'account',
        'password', 'docteur', '--password-stdin');
    isnt sql('a.db', "SELECT hash FROM account WHERE name = 'docteur'"),
        $hash, 'the password changed';
}
ctl_fails(1, qr/no account "nobody": "cptsctl account list"/,
    { stdin => $good }, '-d', 'a.db', 'account', 'password', 'nobody',
    '--password-stdin');
ctl_fails(1, qr/less than 8 bytes/, { stdin => "demo\n" }, '-d', 'a.db',
    'account', 'password', 'docteur', '--password-stdin');

# --- roles, disabling
ctl_ok('-d', 'a.db', 'account', 'role', 'pharmacie', 'doctor', '--rpps',
    '99900000020');
is rows()->{pharmacie}, 'doctor 99900000020 enabled', 'a doctor now';
ctl_ok('-d', 'a.db', 'account', 'role', 'pharmacie', 'coordinator');
is rows()->{pharmacie}, 'coordinator - enabled', 'a coordinator now';
ctl_fails(1, qr/no account "nobody"/, '-d', 'a.db', 'account', 'role',
    'nobody', 'professional');
ctl_fails(1, qr/is no role/, '-d', 'a.db', 'account', 'role', 'pharmacie',
    'king');
ctl_ok('-d', 'a.db', 'account', 'disable', 'pharmacie');
is rows()->{pharmacie}, 'coordinator - disabled', 'disabled';
ctl_ok('-d', 'a.db', 'account', 'disable', 'pharmacie');
ctl_ok('-d', 'a.db', 'account', 'enable', 'pharmacie');
is rows()->{pharmacie}, 'coordinator - enabled', 'enabled again';
ctl_fails(1, qr/no account "nobody"/, '-d', 'a.db', 'account', 'disable',
    'nobody');
mkdir 'a.db.live' or die "mkdir: $!\n";
like ctl_ok('-d', 'a.db', 'account', 'disable', 'pharmacie')->{err},
    qr/a\.db\.live: .*httpd could not be told/, 'httpd may not know yet';
is rows()->{pharmacie}, 'coordinator - disabled', 'but it is done';
rmdir 'a.db.live' or die "rmdir: $!\n";
is ctl_ok('-d', 'a.db', 'account', 'enable', 'pharmacie')->{err}, '',
    'nothing to say without it';

# --- on a terminal: asked twice, without echo
SKIP: {
    skip 'script of util-linux is not there', 8
        if system('command -v script >/dev/null 2>&1');
    my ($seen, $code) = on_terminal([ 'secret-words', 'secret-words' ], '-d',
        'a.db', 'account', 'add', 'typed', 'professional');
    is $code, 0, 'added on a terminal';
    like $seen, qr/Password: .*Again: /s, 'asked twice';
    unlike $seen, qr/secret-words/, 'without echo';
    ok rows()->{typed}, 'and it is there';
    ($seen, $code) = on_terminal([ 'secret-words', 'other-words' ], '-d',
        'a.db', 'account', 'add', 'differs', 'professional');
    is $code, 1, 'two that differ';
    like $seen, qr/the two differ: nothing was changed/, 'told so';
    ok !rows()->{differs}, 'and it is not there';
    ($seen, $code) = on_terminal([ 'short', 'short' ], '-d', 'a.db',
        'account', 'add', 'differs', 'professional');
    is $code, 1, 'too short on a terminal';
}

done_testing;
