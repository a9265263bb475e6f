#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Nothing of a developer's machine, nothing outside the repository, nothing
# left to do in a comment.
use strict;
use warnings;

use Test::More;

use Cpts::Tree;

# In pieces, so that this file passes its own rule.
my @part = (
    [ 'a home folder', '/(?:ho', 'me|Us', 'ers)/[a-z]' ],
    [ 'a folder of one machine', '(?<![\w.$}/-])/wo', 'rk/' ],
    [ 'a package registry', 'registry\.np', 'mjs|deb\.deb',
      'ian\.org|pyp', 'i\.org|proxy\.gol', 'ang' ],
    [ 'something left to do', '\b(?:TO', 'DO|FIX', 'ME|X', 'XX)\b' ],
);
my @rule = map {
    my ($name, @piece) = @$_;
    my $pattern = join '', @piece;
    [ $name, qr/$pattern/ ];
} @part;

# Everything wrong with one text.
sub faults
{
    my ($file, $text) = @_;
    my @fault;
    my $depth = $file =~ tr{/}{};
    my $number = 0;
    for my $line (split /\n/, $text) {
        $number++;
        push @fault, map { "$file:$number: $_->[0]" }
            grep { $line =~ $_->[1] } @rule;
        while ($line =~ m{((?:\.\./)+)([\w.-]*)}g) {
            my ($up, $name) = (length($1) / 3, $2);
            push @fault, "$file:$number: outside the repository"
                if $up > $depth + 1 || $up == $depth + 1
                && $name ne 'shared';
        }
    }
    return @fault;
}

my @file = files();
cmp_ok scalar @file, '>', 40, @file . ' files';
for my $file (@file) {
    is_deeply [ faults($file, slurp($file)) ], [], $file;
}

# --- the guard itself -------------------------------------------------------
my $slash = '/';
for my $plant ("see ${slash}home/someone/x", "in ${slash}work/x",
               'https://registry.npm' . 'js.org/x', '/* TO' . 'DO: later */',
               'XX' . 'X', '..' . '/other/file') {
    is scalar(faults('README.md', "a\n$plant\n")), 1, "found: $plant";
}
is_deeply [ faults('README.md', '..' . '/shared/data') ], [],
    'the shared folder may be named';
is_deeply [ faults('t/http/x.t', '../lib cpts-XXXXXXXX') ], [],
    'folders of the repository may be named';

done_testing;
