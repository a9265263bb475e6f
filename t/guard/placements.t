#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Placements: the manual says of states, reasons and rights what the table in
# the source says.
use strict;
use warnings;

use Test::More;

use Cpts::Tree;

my $SOURCE = 'mod_cpts/core/placement.c';
my $MANUAL = 'docs/placements.md';
my $source = slurp($SOURCE);
my $manual = slurp($MANUAL);

# The words of one list, in its order.
sub words
{
    my ($text, $list) = @_;
    my ($words) = $text =~ /cpts_placement_\Q$list\E_words\[\]\s*=\s*\{(.*?)\}/s;
    return ($words // '') =~ /"(\w+)"/g;
}

# A mask of actors by name, its own macros replaced.
sub actors
{
    my ($text, $mask) = @_;
    while ($text =~ /^#define (\w+)((?:[^\n]*\\\n)*[^\n]*)/gm) {
        my ($name, $value) = ($1, $2);
        $mask =~ s/\b$name\b/$value/;
    }
    my %may = map { lc($_) => 1 } $mask =~ /CPTS_ACTOR_(\w+)/g;
    return join ' ', map { $may{$_} ? 'yes' : 'no' }
        qw(requester doctor coordinator system);
}

# "event: from, from -> to: yes no yes no" for each row of the C table.
sub told_by_source
{
    my ($text) = @_;
    my ($table) = $text =~ /transitions\[CPTS_EVENTS\] = \{(.*?)\n\};/s;
    my @row;
    while (($table // '') =~ /\[CPTS_EVENT_(\w+)\]\s*=\s*\{\s*
           ([^,]+?),\s*CPTS_PLACEMENT_(\w+),\s*([\w\s|]+?)\s*\}/gx) {
        my ($event, $from, $to, $mask) = ($1, $2, $3, $4);
        push @row, lc($event) . ': '
            . lc(join ', ', $from =~ /IN\((\w+)\)/g) . ' -> ' . lc($to)
            . ': ' . actors($text, $mask);
    }
    return @row;
}

# The same of the table of the manual.
sub told_by_manual
{
    my ($text) = @_;
    my ($part) = $text =~ /^## Who may do what\n(.*?)^## /ms;
    my @row;
    while (($part // '') =~ /^\| (`\w+`) \| ([^|]+) \| ([^|]+) \| (.*) \|$/gm) {
        my ($event, $from, $to, $who) = ($1, $2, $3, $4);
        push @row, "$event: $from -> $to: " . $who =~ s/ \| / /gr;
        $row[-1] =~ tr/`//d;
    }
    return @row;
}

my @row = told_by_source($source);
is_deeply [ map { /^(\w+)/ } @row ], [ words($source, 'event') ],
    'a row for each event';
is_deeply [ told_by_manual($manual) ], \@row, "$MANUAL has the same table";

my %place = map { /^\| `(\w+)` \| .* \| (taken|given back) \|$/ ? ($1, $2) : () }
    split /\n/, $manual;
is_deeply [ sort keys %place ], [ sort(words($source, 'state')) ],
    'every state is told, and no other';
my ($taking) = $source =~ /taking\s*=\s*(.*?);/s;
is_deeply [ sort grep { $place{$_} eq 'taken' } keys %place ],
    [ sort map { lc } $taking =~ /IN\((\w+)\)/g ],
    'those whose places are taken';
my ($reasons) = $manual =~ /The reasons of a refusal(.*?)\n\n/s;
is_deeply [ $reasons =~ /`(\w+)`/g ], [ words($source, 'reason') ],
    'every reason, and no other';

# the guard itself
isnt join("\n", told_by_manual($manual =~ s/\| `contacted` \| yes/\| `contacted` \| no/r)),
    join("\n", @row), 'another right would be found';

done_testing;
