# SPDX-License-Identifier: Apache-2.0
# The project's own files, for the guards: lists, texts, C without comments.
package Cpts::Tree;

use strict;
use warnings;

use Exporter qw(import);
use File::Find qw(find);

our @EXPORT = qw(top files slurp code strings calls line_of);

# Where people write; what is generated elsewhere is not looked at.
my @FOLDERS = qw(.ci conf docs examples htdocs include m4 mod_cpts sql support
    t);
my @FILES = qw(.clang-format .editorconfig .gitignore CHANGES
    CONTRIBUTING.md Makefile.am README.md bootstrap configure.ac);
my $NOT_OURS = qr{/(?:\.libs|\.deps|node_modules)/|\.l?[oa]$|\.gen\.c$
    |/m4/(?:libtool|lt[^/]*)\.m4$}x;

sub top
{
    my $top = $ENV{CPTS_SRCDIR} // '.';
    -d "$top/mod_cpts" or die "$top: not the source folder\n";
    return $top;
}

# Files by their path from the top, sorted; those that match the pattern.
sub files
{
    my ($pattern) = @_;
    my $top = top();
    my @found = grep { -f "$top/$_" } @FILES;
    for my $folder (grep { -d "$top/$_" } @FOLDERS) {
        find({ no_chdir => 1, wanted => sub {
            return if -l $_ || !-f _ || $_ =~ $NOT_OURS || -B _;
            push @found, substr $_, length("$top/");
        } }, "$top/$folder");
    }
    return sort grep { !defined $pattern || $_ =~ $pattern } @found;
}

sub slurp
{
    my ($file) = @_;
    open my $in, '<:raw', top() . "/$file" or die "$file: $!\n";
    local $/;
    return scalar(<$in>) // '';
}

my $STRING = qr/"(?:[^"\\\n]|\\.)*"/s;
my $CHAR   = qr/'(?:[^'\\\n]|\\.)*'/s;

# C text with its comments blanked, lines kept.
sub code
{
    my ($text) = @_;
    $text =~ s{($STRING|$CHAR)|(/\*.*?\*/|//[^\n]*)}
              {defined $1 ? $1 : $2 =~ s/[^\n]//gr}gsex;
    return $text;
}

# The string literals of C text, as [offset, content]; adjacent ones are one.
sub strings
{
    my ($code) = @_;
    my @string;
    while ($code =~ /(?:$CHAR)|($STRING(?:\s*$STRING)*)/g) {
        next if !defined $1;
        my $at = $-[1];
        my $content = join '', map { substr $_, 1, -1 } $1 =~ /$STRING/g;
        push @string, [ $at, $content ];
    }
    return @string;
}

# Calls of the functions whose names match, as [offset, name, arguments].
sub calls
{
    my ($code, $name) = @_;
    my @call;
    while ($code =~ /\b($name)\s*\(/g) {
        my ($function, $start) = ($1, $+[0]);
        my ($depth, $end) = (1, $start);
        pos($code) = $start;
        while ($depth > 0 && $code =~ /\G(?:$STRING|$CHAR|(.))/gs) {
            my $character = $1 // '';
            $depth++ if $character eq '(';
            $depth-- if $character eq ')';
            $end = pos $code;
        }
        push @call, [ $start, $function,
                      substr $code, $start, $end - $start - 1 ];
        pos($code) = $start;
    }
    return @call;
}

sub line_of
{
    my ($text, $offset) = @_;
    return 1 + (substr($text, 0, $offset) =~ tr/\n//);
}

1;
