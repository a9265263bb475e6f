#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# format.t: the files obey .clang-format and .editorconfig.
use strict;
use warnings;

use Encode qw(decode FB_CROAK LEAVE_SRC);
use File::Find;
use File::Spec;
use Test::More;

# The layout differs from one release of clang-format to the next.
my $CLANG_FORMAT_RELEASE = 14;
my $COLUMNS              = 79;

my $top = $ENV{CPTS_SRCDIR} || '.';
chdir $top or die "$top: $!";

my @FOLDERS = qw(.ci conf docs examples htdocs include m4 mod_cpts sql support
                 t);
my @FILES = qw(.clang-format .editorconfig .gitignore CHANGES CONTRIBUTING.md
               LICENSE Makefile.am README.md bootstrap configure.ac);
my $TEXT = qr/\.(?:ac|am|awk|c|conf|css|csv|h|html|in|js|json|load|m4|md|mjs
                 |pl|pm|sql|svg|t|txt|8)\z/x;
my $SCRIPT = qr/\A[\w-]+\z/;

# libtool's own macros and generated sources are not ours to lay out.
my $NOT_OURS = qr/\.gen\.c\z|\bcore\/version\.h\z
                 |\bm4\/(?:libtool|lt[^\/]*)\.m4\z/x;

my @text = sort(text_files());
my @c    = grep { /\.[ch]\z/ } @text;

cmp_ok(scalar @text, '>', 10, 'files are found');
check_clang_format(@c);
check_rules($_) for @text;
done_testing();

# Every file that a person writes, by its path from the top.
sub text_files
{
    my @found = grep { -f } @FILES;

    for my $folder (grep { -d } @FOLDERS) {
        find({ no_chdir => 1, wanted => sub {
            if (-d && /\/(?:\.libs|\.deps|node_modules)\z/) {
                $File::Find::prune = 1;
                return;
            }
            my $name = (File::Spec->splitpath($_))[2];
            return if !-f || -l || /$NOT_OURS/;
            push @found, $_ if $name =~ $TEXT
                            || ($name =~ $SCRIPT && is_script($_));
        } }, $folder);
    }
    return @found;
}

# Is this file without an extension a script, not a program?
sub is_script
{
    my ($file) = @_;
    my $start = '';

    open(my $in, '<:raw', $file) or die "$file: $!";
    read($in, $start, 2);
    close($in);
    return $start eq '#!';
}

# One run over all C files: what it says of each names the line.
sub check_clang_format
{
    my @files = @_;
    my $tool  = $ENV{CLANG_FORMAT} || 'clang-format';

SKIP: {
        my $version = `$tool --version 2>/dev/null` // '';
        skip('clang-format is not installed', 1) if $version eq '';
        skip("made for clang-format $CLANG_FORMAT_RELEASE, this is: $version",
             1) if $version !~ /version $CLANG_FORMAT_RELEASE\./;
        skip('no C file', 1) if !@files;

        open(my $pipe, '-|', "$tool --dry-run -Werror -style=file 2>&1 "
                             . join(' ', map { "'$_'" } @files))
            or die "$tool: $!";
        my %seen;    # the first complaint of each file is enough
        my @complaints = grep { /^([^:]+):.*: (?:error|warning):/
                                && !$seen{$1}++ } <$pipe>;
        close($pipe);
        my $status = $?;
        ok($status == 0, 'C files are laid out as .clang-format says')
            or diag(@complaints, "\"make format\" lays them out\n");
    }
    return;
}

# What .editorconfig says, and the length of lines of C.
sub check_rules
{
    my ($file) = @_;
    my @faults;

    open(my $in, '<:raw', $file) or die "$file: $!";
    my $bytes = do { local $/ = undef; <$in> };
    close($in);
    $bytes //= '';

    my $text = eval { decode('UTF-8', $bytes, FB_CROAK | LEAVE_SRC) };
    if (!defined $text) {
        push @faults, 'not UTF-8';
        $text = $bytes;
    }
    push @faults, 'starts with a byte order mark' if $text =~ /\A\x{FEFF}/;
    push @faults, 'no newline at its end' if $text ne '' && $text !~ /\n\z/;
    push @faults, 'blank lines at its end' if $text =~ /\n\n\z/;

    my $number = 0;
    for my $line (split /\n/, $text, -1) {
        $number++;
        push @faults, "line $number: carriage return" if $line =~ /\r/;
        push @faults, "line $number: blanks at its end" if $line =~ /[ \t]\z/;
        push @faults, "line $number: tab"
            if $line =~ /\t/ && $file !~ /(?:Makefile|\.am|\.csv)/
               && $file ne 'LICENSE';
        push @faults, "line $number: longer than $COLUMNS"
            if $file =~ /\.[ch]\z/ && length($line) > $COLUMNS;
    }
    # a table for spreadsheets: they want the mark and both line ends
    @faults = grep { !/byte order mark|carriage return/ } @faults
        if $file =~ m{^htdocs/.*\.csv\z};
    ok(!@faults, "$file: text rules") or diag(join("\n", @faults));
    return;
}
