#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# cptsctl journal verify, journal list, purge; and what the administrator's
# own changes leave in the journal.

use strict;
use warnings;

use FindBin;
use POSIX ();
use lib $FindBin::Bin;
use Test::More;

use Ctl;

plan skip_all => 'the sqlite3 command is not there' if !have_sqlite();

my @DB = ('-d', 'a.db');
my @imported = ('import', 'sheets', examples('sheets.csv'), '--communes',
    examples('communes.csv'));
my $RETENTION = 'retention';
my $good = { stdin => "correct horse\n" };

sub entries { return sql('a.db', 'SELECT count(*) FROM journal') }

sub verify { return ctl_ok(@DB, 'journal', 'verify', @_)->{out} }

sub witness { return verify() =~ /^witness (\d+:[0-9a-f]{64})$/m ? $1 : '' }

# As somebody who can write the file, but has no key.
sub attack {
    my ($query) = @_;
    return sql('a.db', 'DROP TRIGGER IF EXISTS journal_no_update;'
        . 'DROP TRIGGER IF EXISTS journal_no_delete;'
        . "DROP TRIGGER IF EXISTS journal_in_order; $query");
}

# The same file again and again: kept, and put back.
sub keep { sql('a.db', 'PRAGMA wal_checkpoint(TRUNCATE)');
           return slurp('a.db') }

sub put_back {
    my ($bytes) = @_;
    unlink 'a.db-wal', 'a.db-shm';
    spew('a.db', $bytes);
    return;
}

# --- an empty one
ctl_ok(@DB, 'init');
is verify(), "a.db: the journal is whole: entries after 0 up to 0\nwitness 0:"
    . '0' x 64 . "\n", 'an empty journal is whole';

# --- the administrator's changes, one entry each
my @changes = (
    [ 'account.add|professional', $good, 'account', 'add', 'pharmacie',
        'professional', '--password-stdin' ],
    [ 'account.change|password', $good, 'account', 'password', 'pharmacie',
        '--password-stdin' ],
    [ 'account.change|coordinator', 'account', 'role', 'pharmacie',
        'coordinator' ],
    [ 'account.change|disabled', 'account', 'disable', 'pharmacie' ],
    [ 'account.change|enabled', 'account', 'enable', 'pharmacie' ],
);
for my $change (@changes) {
    my ($expected, @words) = @$change;
    my @with = ref $words[0] ? shift @words : ();
    my $before = entries();
    ctl_ok(@with, @DB, @words);
    is entries(), $before + 1, "@words: one entry";
    is sql('a.db', 'SELECT action, outcome FROM journal WHERE actor IS NULL'
        . ' AND role IS NULL ORDER BY id DESC LIMIT 1'), $expected,
        "@words: $expected, by no account";
}

# what is refused leaves none
{
    my $before = entries();
    ctl_fails(1, qr/exists already/, $good, @DB, 'account', 'add',
        'pharmacie', 'professional', '--password-stdin');
    ctl_fails(1, qr/no account/, @DB, 'account', 'disable', 'nobody');
    ctl_ok(@DB, @imported, '--dry-run');
    is entries(), $before, 'a refused change, and a dry run, leave no entry';
}

# --- an import: few entries, every sheet
{
    my $before = entries();
    ctl_ok(@DB, @imported);
    is entries(), $before + 8, '61 sheets in eight entries';
    is sql('a.db', 'SELECT count(DISTINCT s.value) FROM journal j,'
        . " json_each(j.sheets) s WHERE j.action = 'sheet.import'"), 61,
        'every sheet';
    ctl_fails(1, qr/exist/, @DB, @imported);
    is entries(), $before + 8, 'none of a refused import';
    ctl_ok(@DB, @imported, '--update');
    is entries(), $before + 16, 'those that were replaced too';
}
like verify(), qr/^a\.db: the journal is whole: entries after 0 up to 21$/m,
    'whole';

# --- list
{
    my @line = split /\n/, ctl_ok(@DB, 'journal', 'list')->{out};
    is scalar(@line), 22, 'all, with a heading';
    like $line[0], qr/^ID +TIME +ACCOUNT +ROLE +ACTION/, 'which names them';
    like $line[1], qr/^21 +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ +- +- +sheet\.import .*\["999\d{8}"/,
        'newest first';
    @line = split /\n/, ctl_ok(@DB, 'journal', 'list', '--limit', 2)->{out};
    is scalar(@line), 3, '--limit';
    for my $bad (0, -1, 'x', '1x', '') {
        ctl_fails(1, qr/--limit takes a number/, @DB, 'journal', 'list',
            '--limit', $bad);
    }
}

# --- broken: where, and what
my $sound   = keep();
my $witness = witness();
for my $case (
    [ 'UPDATE journal SET at = at + 1 WHERE id = 7', 7,
        'this entry is not the one that was written' ],
    [ 'DELETE FROM journal WHERE id = 7', 7, 'this entry is not there' ],
    [ "INSERT INTO journal SELECT 22, at, actor, role, action, sheets,"
        . ' placement, outcome, link FROM journal WHERE id = 7', 22,
        'added outside of the sealed ends' ],
    [ 'DELETE FROM journal WHERE id > 18; UPDATE journal_end SET last = 18,'
        . ' last_link = (SELECT link FROM journal WHERE id = 18)', 18,
        'not the ones that were sealed' ],
    # nothing is in the index before there are 511 entries: as if there were
    [ 'INSERT INTO journal_run SELECT 0, min(at), max(at) FROM journal;'
        . ' INSERT INTO journal_sheet SELECT each.value & 127,'
        . ' json_group_array((each.value << 9) + j.id)'
        . ' FROM journal AS j, json_each(j.sheets) AS each'
        . ' WHERE j.id <> 8 GROUP BY 1;'
        . ' UPDATE journal_end SET indexed = last', 8,
        'does not agree with this entry' ],
) {
    my ($query, $entry, $what) = @$case;
    put_back($sound);
    attack($query);
    ctl_fails(1, qr/^cptsctl: a\.db: the journal is BROKEN at entry $entry: .*\Q$what\E/m,
        @DB, 'journal', 'verify');
    # a purge makes nothing of it good
    my $rows = entries();
    ctl_fails(1, qr/BROKEN at entry $entry.*nothing was purged/s, @DB,
        'purge', '--keep', 1);
    is entries(), $rows, 'and nothing was';
    # an entry that is in the way lets none follow: somebody has to look
    if ($entry == 22) {
        ctl_fails(1, qr/entry 22 .* is there already/, @DB, 'purge',
            '--keep', 100, '--broken');
        next;
    }
    ctl_ok(@DB, 'purge', '--keep', 100, '--broken');
    ctl_fails(1, qr/is BROKEN at entry/, @DB, 'journal', 'verify');
}
put_back($sound);

# --- the witness of an earlier day
{
    is $witness =~ s/:.*//r, 21, 'the witness names the last entry';
    ctl_ok(@DB, 'account', 'disable', 'pharmacie');
    like verify('--since', $witness), qr/agrees with what entry 21 was/,
        'an earlier witness';
    my $later = witness();
    for my $bad ('21', '21:', 'x:' . 'a' x 64, '21:' . 'g' x 64,
                 '21:' . 'a' x 63, '-1:' . 'a' x 64, $witness . '0') {
        ctl_fails(1, qr/--since takes ID:LINK/, @DB, 'journal', 'verify',
            '--since', $bad);
    }
    # an old state with its true seal: nothing in the file tells
    put_back($sound);
    verify();
    ctl_fails(1, qr/entry 22 was there once and is not any more/, @DB,
        'journal', 'verify', '--since', $later);
    sleep 1 while sql('a.db', "SELECT strftime('%s', 'now')")
        <= sql('a.db', 'SELECT max(at) FROM journal') + 1;
    ctl_ok(@DB, 'account', 'disable', 'pharmacie');
    ctl_fails(1, qr/entry 22 is not the one that was there/, @DB, 'journal',
        'verify', '--since', $later);
    like verify('--since', $witness), qr/agrees/, 'what was before, was';
}

# --- purge
{
    put_back($sound);
    for my $bad (0, 'x', -3) {
        ctl_fails(1, qr/--keep takes the days/, @DB, 'purge', '--keep', $bad);
    }
    ctl_fails(1, qr/httpd has not yet said .*CptsRetention.*--keep DAYS/s,
        @DB, 'purge');
    my @old = ('faketime', '-f', '-40d');
    SKIP: {
        skip 'no faketime', 8 if system('command -v faketime >/dev/null 2>&1');
        skip 'a sanitizer has the place of libfaketime', 8
            if $ENV{CPTS_CTL_WRAP} || $ENV{CPTS_HTTPD_WRAP};
        unlink glob 'a.db*';
        for my $words ([ 'init' ], [ @imported ]) {
            is system(@old, $ENV{CPTS_CTL}, @DB, @$words) >> 8, 0,
                "@$words, 40 days ago";
        }
        my $old = witness();
        is entries(), 8, 'eight entries of long ago';
        ctl_ok($good, @DB, 'account', 'add', 'p', 'professional',
            '--password-stdin');
        sql('a.db', "INSERT INTO outcome VALUES ('a', 'k', 'd', 201, '1', 1),"
            . " ('a', 'l', 'd', 201, '1', strftime('%s', 'now'));"
            . 'INSERT INTO shown_key VALUES (1, 2, 3, 4),'
            . " (1, 'm', 3, strftime('%s', 'now'))");
        my @month = map { POSIX::strftime('%Y-%m', localtime time
                              - $_ * 86400) } 41, 41 + 31;
        sql('a.db', "INSERT INTO unmet VALUES ('31113', '$_', 'none', 1)")
            for @month;
        my $out = ctl_ok(@DB, 'purge', '--keep', 41)->{out};
        like $out, qr/^a\.db: 1 counters of unmet needs removed$/m,
            'counters of a month that has been over for so long';
        is sql('a.db', 'SELECT month FROM unmet'), $month[0],
            'not of one that has not';
        like $out, qr/^a\.db: 0 entries of the journal removed$/m, 'not yet';
        like $out, qr/^a\.db: 1 keys of consultations removed$/m, 'keys';
        like $out, qr/^a\.db: 1 keys of changes removed$/m, 'outcomes';
        is sql('a.db', 'SELECT key FROM outcome'), 'l', 'the old one';
        is sql('a.db', 'SELECT key FROM shown_key'), 'm', 'the old one';
        # what the directive says
        sql('a.db', "INSERT OR REPLACE INTO setting VALUES ('$RETENTION',"
            . " '39')");
        like ctl_ok(@DB, 'purge')->{out},
            qr/^a\.db: 8 entries of the journal removed$/m, 'now';
        is sql('a.db', 'SELECT group_concat(action) FROM journal'),
            'account.add,purge,purge', 'a purge says so itself';
        like verify(), qr/is whole: entries after 8 up to 11$/m, 'whole';
        like verify('--since', $old), qr/agrees with what entry 8 was/,
            'the floor is what the last purged one was';
        ctl_ok(@DB, 'journal', 'list');
    }
}

done_testing;
