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
like ctl_ok('-d', 'a.db', 'init')->{out}, qr/^a\.db: made, schema 1$/m,
    'says what it made';
is sprintf('%04o', (stat 'a.db')[2] & 07777), sprintf('%04o', 0640 & ~umask),
    'mode 0640';
is sql('a.db', 'PRAGMA journal_mode'), 'wal', 'in WAL';
my $before = slurp('a.db');
ctl_fails(1, qr/a\.db: File exists\n  Nothing was changed/, '-d', 'a.db',
    'init');
is slurp('a.db'), $before, 'the file is as it was';
ctl_fails(1, qr/database_unreadable/, '-d', 'none/a.db', 'init');

# --- check, of a sound one
like ctl_ok('-d', 'a.db', 'check')->{out},
    qr/^a\.db: sound: schema 1, generation 0, 0 sheets, 0 accounts$/, 'empty';
ctl_ok('-d', 'a.db', @imported);
like ctl_ok('-d', 'a.db', 'check')->{out}, qr/sound: .* 61 sheets/,
    'after an import';

# --- faults, the same for every command, which change nothing
spew('text.db',  "this is no database\n" x 100);
spew('empty.db', '');
sql('foreign.db', 'CREATE TABLE t (a)');
mkdir 'folder.db';
for my $version (0, 2) {
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
    'v2.db'      => qr/upgrade mod_cpts.*database_newer/s,
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
    [ 'ref.db', 'INSERT INTO consultation_sheet VALUES (7, 7)',
        qr/a row of consultation_sheet refers to nothing in/ ],
    [ 'table.db', 'DROP TABLE outcome', qr/no such table: .*outcome/ ],
    [ 'row.db', 'DELETE FROM territory', qr/row of the territory/ ],
) {
    my ($file, $query, $expected) = @$wrong;
    sql('a.db', 'PRAGMA wal_checkpoint(TRUNCATE)');
    spew($file, slurp('a.db'));
    sql($file, $query);
    my $run = ctl('-d', $file, 'check');
    is $run->{code}, 1, "$file is not sound";
    like $run->{out}, $expected, "$file: the fault is named";
}

# --- backup
{
    my $run = ctl_ok('-d', 'a.db', 'backup', 'copy.db');
    like $run->{out}, qr/^a\.db: copied to copy\.db$/, 'says so';
    is sql('copy.db', 'SELECT count(*) FROM practitioner'), 61, 'complete';
    like ctl_ok('-d', 'copy.db', 'check')->{out}, qr/sound/, 'and sound';
    my $copy = slurp('copy.db');
    ctl_fails(1, qr/copy\.db: File exists\n  Nothing was overwritten/, '-d',
        'a.db', 'backup', 'copy.db');
    is slurp('copy.db'), $copy, 'a backup is never overwritten';
    ctl_fails(1, qr/No such file/, '-d', 'a.db', 'backup', 'none/copy.db');
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
like ctl_ok('-d', 'a.db', 'migrate')->{out}, qr/schema 1 already/,
    'nothing to do';
ctl_fails(1, qr/database_newer/, '-d', 'v2.db', 'migrate');
ctl_fails(1, qr/database_foreign/, '-d', 'foreign.db', 'migrate');
is_deeply [glob '*.before-*'], [], 'no backup without a migration';

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
SKIP: {
    mkdir 'small';
    skip 'no small disk to be had', 8
        if $> != 0
        || system('mount -t tmpfs -o size=400k tmpfs small 2>/dev/null');
    eval {
        ctl_ok('-d', 'small/s.db', 'init');
        ctl_ok('-d', 'small/s.db', 'account', 'list');
        my $filler = spew('small/filler', 'x' x 260_000);
        ctl_fails(1, qr/disk is full.*database_full/s, '-d', 'small/s.db',
            @imported);
        # not even room for the files beside the database
        system "head -c 400k /dev/zero >small/more 2>/dev/null";
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
