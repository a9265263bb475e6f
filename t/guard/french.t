#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# French as it is printed: before : ; ? ! and inside of « » a space that does
# not break, so that no sign begins a line.
use strict;
use warnings;

use Test::More;

use Cpts::Tree;

# Texts are bytes here: \302\253 is «, \302\273 is ».
my $LOOSE = qr/[\w)%\x80-\xff] [:;?!](?=\s|$)|\302\253 | \302\273/;

sub faults
{
    my ($file, $text) = @_;
    my $code = code($text);
    return map { "$file:" . line_of($code, $_->[0]) . ": $_->[1]" }
        grep { $_->[1] =~ $LOOSE } strings($code);
}

my @file = grep { !m{/sql\.c$} } files(qr{^mod_cpts/.*\.[ch]$});
cmp_ok scalar @file, '>', 20, @file . ' files';
is_deeply [ faults($_, slurp($_)) ], [], $_ for @file;

# --- the guard itself -------------------------------------------------------
is scalar(faults('x.c', qq{f("$_");})), 1, "found: $_"
    for "d\303\251j\303\240 pris : un autre", 'Vraiment ?', 'attendez ; puis',
        "\302\253 errors \302\273";
is_deeply [ faults('x.c', qq{f("$_");}) ], [], "good: $_"
    for "pris\302\240: un autre", 'pris\\u00a0: un autre', 'a: b', '{ :x }';

done_testing;
