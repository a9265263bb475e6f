#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# All SQL stands in one table: none elsewhere, none built with printf.
use strict;
use warnings;

use Test::More;

use Cpts::Tree;

# Where SQL may be written, and where the SQLite library may be called.
my $TABLE   = qr{^mod_cpts/store/sql\.c$};
my $LIBRARY = qr{^mod_cpts/store/(?:sqlite\w*|migrate)\.[ch]$};

my $SQL = qr/(?:^|["';(]|\\n)\s*(?:
    SELECT\s | INSERT\s+(?:OR\s+\w+\s+)?INTO\b | UPDATE\s+\w+\s+SET\b |
    DELETE\s+FROM\b | REPLACE\s+INTO\b | CREATE\s+(?:UNIQUE\s+)?
    (?:TABLE|INDEX|VIEW|TRIGGER|TEMP)\b | ALTER\s+TABLE\b | DROP\s+\w+\b |
    PRAGMA\s+\w | BEGIN(?:\s+(?:IMMEDIATE|EXCLUSIVE|DEFERRED|TRANSACTION)
    |\s*;?\s*$) | COMMIT\s*;?\s*$ | ROLLBACK\b | SAVEPOINT\b | VACUUM\b |
    ANALYZE\s*;?\s*$ | ATTACH\s | WITH\s+\w+\s+AS\b )/x;

my $PRINTF = qr/\w*(?:printf|pstrcat|strcat|strncat|memcat)\w*/;

sub faults
{
    my ($file, $text) = @_;
    my $code = code($text);
    my @fault;
    if ($file !~ $TABLE) {
        for my $string (strings($code)) {
            my ($at, $content) = @$string;
            push @fault, "$file:" . line_of($code, $at) . ': SQL'
                if $content =~ $SQL;
        }
    }
    for my $call (calls($code, $PRINTF)) {
        my ($at, $name, $arguments) = @$call;
        push @fault, "$file:" . line_of($code, $at) . ": $name builds SQL"
            if grep { $_->[1] =~ $SQL } strings($arguments);
    }
    push @fault, "$file: sqlite3_prepare of old, or sqlite3_mprintf"
        if $code =~ /\bsqlite3_(?:prepare|prepare16|v?mprintf|get_table)\s*\(/;
    push @fault, "$file: the SQLite library is called"
        if $file !~ $LIBRARY && $code =~ /\bsqlite3_\w+\s*\(/;
    push @fault, "$file: a statement of apr_dbd"
        if $code =~ /\bapr_dbd_(?:p?v?b?(?:query|select)|prepare
                     |transaction_start)\s*\(/x;
    return @fault;
}

my @file = files(qr{^(?:mod_cpts|support|include)/.*\.[ch]$});
cmp_ok scalar @file, '>', 20, @file . ' files';
is_deeply [ faults($_, slurp($_)) ], [], $_ for @file;

# --- the guard itself -------------------------------------------------------
my @planted = (
    'f("SELECT name FROM account");',
    'f("  INSERT OR IGNORE INTO t VALUES (1)");',
    'f("UPDATE account SET x = 1");',
    'f("PRAGMA user_version");',
    'f("BEGIN IMMEDIATE");',
    'f("COMMIT");',
    "f(\"a;\"\n  \"DELETE FROM t\");",
    'sqlite3_prepare(h, s, -1, &p, 0);',
    'sqlite3_exec(h, s, 0, 0, 0);',
    'apr_dbd_pvselect(d, p, h, &r, s, 0);',
    'apr_dbd_transaction_start(d, p, h, &t);',
);
for my $text (@planted) {
    my @fault = faults('mod_cpts/api/x.c', $text);
    ok scalar @fault, "found: $text";
}
ok scalar(my @printf = faults('mod_cpts/store/sql.c',
    'apr_psprintf(p, "SELECT %s FROM t", x);')),
    'built with printf, even in the table';
is_deeply [ faults('mod_cpts/store/sql.c', '{ 1, "SELECT 1" },') ], [],
    'the table may hold SQL';
is_deeply [ faults('mod_cpts/api/x.c',
    '/* SELECT x */ f("Select a doctor", "Begin here", "update it");') ], [],
    'words of English are no SQL';

done_testing;
