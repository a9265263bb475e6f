#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Log lines: each has its own tag CPTSnnn, listed in docs/messages.md.
use strict;
use warnings;

use Test::More;

use Cpts::Tree;

my $MANUAL = 'docs/messages.md';

# The tags in the strings of C text, as [tag, "file:line"].
sub tags
{
    my ($file, $text) = @_;
    my $code = code($text);
    my @tag;
    for my $string (strings($code)) {
        my ($at, $content) = @$string;
        push @tag, map { [ $_, "$file:" . line_of($code, $at) ] }
            $content =~ /\b(CPTS\d+)\b/g;
    }
    return @tag;
}

# Calls that log without a tag; what only a developer reads needs none.
sub untagged
{
    my ($file, $text) = @_;
    my $code = code($text);
    my @bad;
    for my $call (calls($code, qr/ap_log_(?:r|c|p)?error/)) {
        my ($at, $name, $arguments) = @$call;
        next if $arguments =~ /\bAPLOG_(?:DEBUG|TRACE\d)\b/;
        next if $arguments =~ /"CPTS\d{3}: /;
        push @bad, "$file:" . line_of($code, $at) . ": $name has no tag";
    }
    return @bad;
}

my %place;
my @file = files(qr{^mod_cpts/.*\.[ch]$});
for my $file (@file) {
    my $text = slurp($file);
    push @{ $place{ $_->[0] } }, $_->[1] for tags($file, $text);
    is_deeply [ untagged($file, $text) ], [], "$file: every line has a tag";
    ok code($text) !~ /\bAPLOGNO\s*\(|"AH\d{5}/, "$file: no tag of httpd's";
}
cmp_ok scalar keys %place, '>=', 1, (keys %place) . ' tags';

for my $tag (sort keys %place) {
    my @place = @{ $place{$tag} };
    like $tag, qr/^CPTS\d{3}$/, "$tag: three digits";
    is scalar @place, 1, "$tag is used once" or diag "@place";
}

# --- the manual -------------------------------------------------------------
my $manual = eval { slurp($MANUAL) } // '';
ok $manual ne '', "$MANUAL is there";
my %listed;
$listed{$_}++ for $manual =~ /^\|\s*`?(CPTS\d+)\b/mg;
is_deeply [ grep { !$listed{$_} } sort keys %place ], [],
    'every tag is in the manual';
is_deeply [ grep { !$place{$_} } sort keys %listed ], [],
    'the manual has no tag that is not in the code';
is_deeply [ grep { $listed{$_} > 1 } sort keys %listed ], [],
    'none is listed twice';

# --- the guard itself -------------------------------------------------------
my $good = 'ap_log_error(APLOG_MARK, APLOG_ERR, 0, s, "CPTS001: (%d)", 1);';
is scalar(tags('x.c', $good)), 1, 'a tag is found';
is scalar(tags('x.c', "/* CPTS002 */ $good")), 1, 'not in a comment';
is scalar(untagged('x.c', $good)), 0, 'a tagged line passes';
is scalar(untagged('x.c', $good =~ s/CPTS001: //r)), 1,
    'an untagged line is found';
is scalar(untagged('x.c', 'ap_log_rerror(APLOG_MARK, APLOG_WARNING, '
    . 'rv, r, "%s", f(")"));')), 1, 'also with parentheses in it';
is scalar(untagged('x.c', 'ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, '
    . '"x");')), 0, 'a debug line needs none';

done_testing;
