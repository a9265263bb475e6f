#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# cptsctl init, migrate, check, backup; and what is wrong with a file.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Test::More;

use Ctl;

plan skip_all => 'the sqlite3 command is not there' if !have_sqlite();

my @imported = ('import', 'sheets', examples('sheets.csv'), '--communes',
    examples('communes.csv'));

# --- init
like ctl_ok('-d', 'a.db', 'init')->{out}, qr/^a\.db: made, schema 4\na\.db\.key: made/m,
    'says what it made';
is sprintf('%04o', (stat 'a.db')[2] & 07777), sprintf('%04o', 0640 & ~umask),
    'mode 0640';
is sprintf('%04o', (stat 'a.db.key')[2] & 07777), '0640', 'the key too';
like slurp('a.db.key'), qr/^[0-9a-f]{64}\n\z/, 'which is 64 digits';
is sql('a.db', 'PRAGMA journal_mode'), 'wal', 'in WAL';
my $before = slurp('a.db');
ctl_fails(1, qr/a\.db: File exists\n  Nothing was changed/, '-d', 'a.db',
    'init');
is slurp('a.db'), $before, 'the file is as it was';
my $key = slurp('a.db.key');
ctl_fails(1, qr/database_unreadable/, '-d', 'none/a.db', 'init');

# --- check, of a sound one
like ctl_ok('-d', 'a.db', 'check')->{out},
    qr/^a\.db: sound: schema 4, generation 0, 0 sheets, 0 accounts, the key is there$/,
    'empty';
ctl_ok('-d', 'a.db', @imported);
like ctl_ok('-d', 'a.db', 'check')->{out}, qr/sound: .* 61 sheets/,
    'after an import';

# --- faults, the same for every command, which change nothing
spew('text.db',  "this is no database\n" x 100);
spew('empty.db', '');
sql('foreign.db', 'CREATE TABLE t (a)');
mkdir 'folder.db';
for my $version (0, 1, 2, 5) {
    spew("v$version.db", $before);
    sql("v$version.db", "PRAGMA user_version = $version");
}
my %faults = (
    'none.db'    => qr/no such file.*"cptsctl init".*database_missing/s,
    'text.db'    => qr/damaged, or is no SQLite.*database_corrupt/s,
    'empty.db'   => qr/not a database of mod_cpts.*database_foreign/s,
    'foreign.db' => qr/not a database of mod_cpts.*database_foreign/s,
    'folder.db'  => qr/regular file.*database_unreadable/s,
    'v0.db'      => qr/"cptsctl migrate".*database_older/s,
    'v1.db'      => qr/"cptsctl migrate".*database_older/s,
    'v2.db'      => qr/"cptsctl migrate".*database_older/s,
    'v5.db'      => qr/upgrade mod_cpts.*database_newer/s,
);
my @commands = (
    ['check'], ['backup', 'copy.db'], ['account', 'list'],
    ['account', 'disable', 'docteur'], [@imported], ['export', 'sheets'],
);
for my $file (sort keys %faults) {
    my $was = -f $file ? slurp($file) : undef;
    for my $command (@commands) {
        ctl_fails(1, $faults{$file}, '-d', $file, @$command);
    }
    is -f $file ? slurp($file) : undef, $was, "$file is as it was";
}
ok !-e 'none.db', 'a missing file stays missing';
ok !-e 'copy.db', 'no backup was made';

# --- damage in the middle: a table, and an index that nothing else reads
sql('a.db', 'PRAGMA wal_checkpoint(TRUNCATE)');
for my $where ('practitioner', 'erasure_generation') {
    spew('bad.db', slurp('a.db'));
    my $page = sql('bad.db',
        "SELECT rootpage FROM sqlite_schema WHERE name = '$where'");
    my $size = sql('bad.db', 'PRAGMA page_size');
    open my $out, '+<:raw', 'bad.db' or die;
    seek $out, ($page - 1) * $size, 0;
    print $out "\xa5" x 2000;
    close $out;
    my $bad = ctl('-d', 'bad.db', 'check');
    is $bad->{code}, 1, "damage in $where is found";
    like $bad->{out}, qr/^bad\.db: NOT SOUND, \d+ faults\. Stop httpd/m,
        'plain verdict';
}

# --- rows that are wrong
for my $wrong (
    [ 'sheet.db', "UPDATE practitioner SET sheet = json_set(sheet, '\$.x', 1)"
        . ' WHERE id = 3', qr/1 sheets cannot be read: .*sheet 3/ ],
    [ 'ref.db', 'INSERT INTO invitation (batch_id, role, name, token,'
        . " created_at, expires_at) VALUES (7, 'professional', 'x',"
        . ' randomblob(32), 1, 2)',
        qr/a row of invitation refers to nothing in batch/ ],
    [ 'table.db', 'DROP TABLE outcome', qr/no such table: .*outcome/ ],
    [ 'row.db', 'DELETE FROM territory', qr/row of the territory/ ],
) {
    my ($file, $query, $expected) = @$wrong;
    sql('a.db', 'PRAGMA wal_checkpoint(TRUNCATE)');
    spew($file, slurp('a.db'));
    spew("$file.key", $key);
    sql($file, $query);
    my $run = ctl('-d', $file, 'check');
    is $run->{code}, 1, "$file is not sound";
    like $run->{out}, $expected, "$file: the fault is named";
}

# --- the key: without it nothing can be recorded
{
    my $missing = qr/key of the journal cannot be read.*journal_key.*a\.db\.key/s;
    rename 'a.db.key', 'away';
    my $run = ctl('-d', 'a.db', 'check');
    is $run->{code}, 1, 'check without the key';
    like $run->{out}, qr/key of the journal cannot be read.*a\.db\.key/,
        'says that it is missing';
    my $was = sql('a.db', 'SELECT count(*) FROM account');
    ctl_fails(1, $missing, { stdin => "correct horse\n" }, '-d', 'a.db',
        'account', 'add', 'keyless', 'professional', '--password-stdin');
    is sql('a.db', 'SELECT count(*) FROM account'), $was,
        'nothing is done that cannot be recorded';
    ctl_fails(1, $missing, '-d', 'a.db', @imported, '--update');
    ctl_fails(1, $missing, '-d', 'a.db', 'journal', 'verify');
    ctl_fails(1, qr/a\.db\.key: not copied to lost\.db\.key: .*cannot be read/,
        '-d', 'a.db', 'backup', 'lost.db');
    ok -e 'lost.db', 'the copy itself is there';
    ok !-e 'lost.db.key' && !-e 'a.db.key', 'and no key was made up';
    ctl_ok('-d', 'a.db', 'migrate');
    ok !-e 'a.db.key', 'not by migrate either';
    spew('a.db.key', 'no key');
    is ctl('-d', 'a.db', 'check')->{code}, 1, 'something that is no key';
    rename 'away', 'a.db.key';
    ctl_ok('-d', 'a.db', 'check');
}

# --- backup
{
    my $run = ctl_ok('-d', 'a.db', 'backup', 'copy.db');
    like $run->{out}, qr/^a\.db: copied to copy\.db$/m, 'says so';
    like $run->{out}, qr/^a\.db\.key: copied to copy\.db\.key;/m,
        'the key too';
    is slurp('copy.db.key'), $key, 'which is the same';
    is sprintf('%04o', (stat 'copy.db.key')[2] & 07777), '0640',
        'and nobody else\'s';
    ctl_ok('-d', 'copy.db', 'journal', 'verify');
    is sql('copy.db', 'SELECT count(*) FROM practitioner'), 61, 'complete';
    like ctl_ok('-d', 'copy.db', 'check')->{out}, qr/sound/, 'and sound';
    my $copy = slurp('copy.db');
    ctl_fails(1, qr/copy\.db: File exists\n  Nothing was overwritten/, '-d',
        'a.db', 'backup', 'copy.db');
    is slurp('copy.db'), $copy, 'a backup is never overwritten';
    ctl_fails(1, qr/No such file/, '-d', 'a.db', 'backup', 'none/copy.db');
    # a key that is in the way would be taken for that of the copy
    spew('other.db.key', 'mine');
    ctl_fails(1, qr/other\.db\.key: File exists\n  Nothing was overwritten/,
        '-d', 'a.db', 'backup', 'other.db');
    ok !-e 'other.db', 'no copy without its key';
    is slurp('other.db.key'), 'mine', 'which is as it was';
}

# while someone else holds a write transaction with a change in the WAL
{
    open my $other, '|-', 'sqlite3 a.db >/dev/null' or die;
    $other->autoflush(1);
    print $other "BEGIN IMMEDIATE;\nDELETE FROM practitioner;\n"
        . ".shell touch holding\n";
    my $until = time + 10;
    select undef, undef, undef, 0.05 while !-e 'holding' && time < $until;
    ok -e 'holding', 'someone holds the database';
    ctl_ok('-d', 'a.db', 'backup', 'live.db');
    is sql('live.db', 'SELECT count(*) FROM practitioner'), 61,
        'what is not committed is not copied';
    ctl_fails(1, qr/locked by another process.*database_busy/s, '-d', 'a.db',
        'account', 'disable', 'docteur');
    print $other "ROLLBACK;\n";
    close $other;
}

# --- migrate
like ctl_ok('-d', 'a.db', 'migrate')->{out}, qr/schema 4 already/,
    'nothing to do';
ctl_fails(1, qr/database_newer/, '-d', 'v5.db', 'migrate');
ctl_fails(1, qr/database_foreign/, '-d', 'foreign.db', 'migrate');
is_deeply [glob '*.before-*'], [], 'no backup without a migration';
{
    my $first = slurp("$ENV{CPTS_SRCDIR}/sql/sqlite/0001-initial.sql");
    spew('first.sql', "$first; INSERT INTO consultation (account, role, at)"
        . " VALUES ('', 'professional', 1000);");
    is system("sqlite3 first.db <first.sql >/dev/null"), 0, 'schema 1';
    like ctl_ok('-d', 'first.db', 'migrate')->{out},
        qr/in \S*first\.db\.before-v4\nfirst\.db: from schema 1 to schema 4.*\nfirst\.db\.key: made/,
        'from schema 1';
    like ctl_ok('-d', 'first.db', 'journal', 'verify')->{out},
        qr/is whole: entries after 1 up to 1\n.*1 entries from before the chain/,
        'what is older than the chain is told';
    ctl_ok('-d', 'first.db', 'check');
}

# --- who may not read or write it
SKIP: {
    skip 'only root can become someone else', 8 if $> != 0;
    chmod 0600, 'a.db';
    ctl_fails(1, qr/database_unreadable/, { uid => 65534 }, '-d', 'a.db',
        'check');
    chmod 0444, 'a.db';
    ctl_fails(1, qr/database_unreadable/, { uid => 65534 }, '-d', 'a.db',
        'account', 'list');
    mkdir 'own';
    chown 65534, 65534, 'own';
    ctl_ok({ uid => 65534 }, '-d', 'own/o.db', 'init');
    chmod 0555, 'own';
    ctl_fails(1, qr/database_unreadable/, { uid => 65534 }, '-d', 'own/o.db',
        'check');
    chmod 0755, 'own';
    ctl_ok({ uid => 65534 }, '-d', 'own/o.db', 'check');
    # root at work leaves nothing that httpd's user cannot open
    open my $held, '|-', 'sqlite3 own/o.db >/dev/null' or die;
    $held->autoflush(1);
    print $held "SELECT count(*) FROM account;\n.shell touch held\n";
    my $until = time + 10;
    select undef, undef, undef, 0.05 while !-e 'held' && time < $until;
    ctl_ok({ stdin => "correct horse\n" }, '-d', 'own/o.db', 'account', 'add',
        'a', 'professional', '--password-stdin');
    is +(stat 'own/o.db-wal')[4], 65534, 'the WAL belongs to its owner';
    ctl_ok({ uid => 65534 }, '-d', 'own/o.db', 'account', 'disable', 'a');
    close $held;
}

# --- a disk that is full
sub room {
    my ($folder) = @_;
    my (undef, $free) = split /\n/, `df --output=avail -k $folder`;
    return $free * 1024;
}

SKIP: {
    mkdir 'small';
    skip 'no small disk to be had', 8
        if $> != 0
        || system('mount -t tmpfs -o size=900k tmpfs small 2>/dev/null');
    eval {
        ctl_ok('-d', 'small/s.db', 'init');
        ctl_ok('-d', 'small/s.db', 'account', 'list');
        my $filling = room('small') - 60_000;
        my $filler = spew('small/filler', 'x' x $filling);
        ctl_fails(1, qr/disk is full.*database_full/s, '-d', 'small/s.db',
            @imported);
        # not even room for the files beside the database
        system "head -c 900k /dev/zero >small/more 2>/dev/null";
        ctl_fails(1, qr/disk is full.*database_full/s, '-d', 'small/s.db',
            'account', 'list');
        unlink 'small/more';
        ctl_fails(1, qr/disk is full|No space/, '-d', 'a.db', 'backup',
            'small/copy.db');
        ok !-e 'small/copy.db' && !-e 'small/copy.db.partial',
            'no half of a backup';
        unlink $filler;
        like ctl_ok('-d', 'small/s.db', 'check')->{out}, qr/sound.* 0 sheets/,
            'sound, and nothing of the import';
        1;
    } or diag $@;
    system 'umount small';
}

done_testing;
