#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Directives: each is in conf/cpts.conf and in the manual, with the arguments,
# the bounds and the default of the table; each member is in the table.
use strict;
use warnings;

use Test::More;

use Cpts::Tree;

my $TABLE  = 'mod_cpts/httpd/directive.c';
my $RECORD = 'mod_cpts/httpd/config.h';
my $MANUAL = 'docs/directives.md';
my $CONF   = 'conf/cpts.conf';

# X(ROW, "Name", kind, count, AT(member), "args", "min", "max", "default", ...
sub rows
{
    my ($text) = @_;
    my $string = qr/"((?:[^"\\]|\\.)*)"|NULL/;
    my @row;
    while ($text =~ /^X\((\w+),\s*$string,\s*(\w+),\s*(\d),[\s\\]*AT\((\w+)\)
                     ,[\s\\]*$string,\s*$string,\s*$string,\s*$string,/gmx) {
        push @row, { row => $1, name => $2, kind => $3, count => $4,
                     member => $5, args => $6, min => $7, max => $8,
                     default => $9 };
    }
    return @row;
}

# The sections of the manual: name => { text, Syntax => ..., Default => ... }
sub sections
{
    my ($text) = @_;
    my %section;
    for my $part (split /^(?=##? )/m, $text) {
        my ($name) = $part =~ /\A## (Cpts\w+)\n/ or next;
        my %entry = (text => $part);
        while ($part =~ /^\| (\w+) \| (.*) \|$/mg) {
            my ($key, $value) = ($1, $2);
            $entry{$key} = $value =~ s/\\\|/|/gr;
        }
        $section{$name} = \%entry;
    }
    return %section;
}

my $source = slurp($TABLE);
my @row = rows($source);
my $uses = () = $source =~ /^X\(/mg;
cmp_ok scalar @row, '>', 10, scalar(@row) . ' directives in the table';
is scalar @row, $uses, 'all of them are understood here';

# --- the manual and cpts.conf -----------------------------------------------
my %section = sections(slurp($MANUAL));
my $conf = slurp($CONF);
for my $row (@row) {
    my $name = $row->{name};
    my $entry = $section{$name};
    ok $entry, "$name is in the manual" or next;
    is $entry->{Syntax}, "`$name $row->{args}`", "$name: syntax";
    my $default = defined $row->{default} ? "`$name $row->{default}`" : 'none';
    is $entry->{Default}, $default, "$name: default";
    is $entry->{Context}, 'server config, virtual host', "$name: context";
    is $entry->{Module}, 'mod_cpts', "$name: module";
    like $entry->{Description}, qr/\w/, "$name: description";
    like $entry->{text}, qr/^    \Q$name\E /m, "$name: example";
    for my $bound (grep { defined } @$row{qw(min max)}) {
        like $entry->{text}, qr/(?<![\w.])\Q$bound\E(?!\w)/,
            "$name: $bound is told";
    }

    like $conf, qr/^#\Q$name\E /m, "$name is in $CONF";
    like $conf, qr/^#\Q$name $row->{default}\E$/m, "$name: its default too"
        if defined $row->{default};
}
my %known = map { $_->{name} => 1 } @row;
is_deeply [ grep { !$known{$_} } sort keys %section ], [],
    'the manual has no other directive';
is_deeply [ grep { !$known{$_} } $conf =~ /^#?(Cpts\w+)/mg ], [],
    "$CONF has no other directive";
unlike $conf, qr/^\s*[^#\s]/m, "$CONF changes nothing by itself";
for my $file (files(qr{^conf/}), files(qr{^docs/.*\.md$}), 'README.md') {
    my @unknown = grep { !$known{$_} } slurp($file) =~ /\b(Cpts[A-Z]\w+)/g;
    is_deeply \@unknown, [], "$file names no directive that does not exist";
}

# --- the record: what is not in the table would not be merged ---------------
my ($record) = slurp($RECORD)
    =~ m{^typedef struct cpts_config_t \{(.*?)^ +/\* from here on}ms;
my @member = code($record // '') =~ /(\w+)(?:\[\w+\])?[;,]/g;
my %in_table = map { $_->{member} => 1 } @row;
cmp_ok scalar @member, '>', 10, scalar(@member) . ' members';
is_deeply [ grep { !$in_table{$_} && $_ ne 'where' } @member ], [],
    'every member is set, merged and defaulted by the table';
is_deeply [ map { $_->{row} } @row ],
    [ grep { $_ ne '' } slurp($RECORD) =~ /^    CPTS_DIRECTIVE_(\w+),/mg ],
    'the table and its enum have the same order';

# --- the defaults of the core, for those who use it without httpd -----------
my ($core) = slurp('mod_cpts/core/territory.c')
    =~ /cpts_limits_default = \{(.*?)\};/s;
my %core = ($core // '') =~ /\.(\w+) = (\d+)/g;
my %limit = (
    CptsHomeVisitRadius    => [qw(home_visit_default home_visit_max)],
    CptsSearchRadius       => [qw(search_start search_step search_max)],
    CptsProposals          => ['proposals'],
    CptsPriorityAge        => ['priority_age'],
    CptsSheetValidity      => ['sheet_validity'],
    CptsPlacementHold      => ['placement_hold'],
    CptsHeldPlaces         => ['held_places'],
    CptsDailyConsultations => ['daily_consultations'],
);
for my $row (grep { $limit{ $_->{name} } } @row) {
    my @value = map { s/^(\d+)km$/$1 * 1000/er =~ s/d$//r }
        split / /, $row->{default};
    is_deeply \@value, [ @core{ @{ $limit{ $row->{name} } } } ],
        "$row->{name}: the core has the same default";
    delete @core{ @{ $limit{ $row->{name} } } };
}
is_deeply [ sort keys %core ], [], 'and no limit without a directive';

# --- the guard itself -------------------------------------------------------
my $example = qq{X(A, "CptsA", kind_count, 1, AT(a), \\\n  "N", "1", "2", }
    . qq{"1", NULL, \\\n  "text")\n};
is_deeply [ map { @$_{qw(name member min default)} } rows($example) ],
    [qw(CptsA a 1 1)], 'a row is understood';
my %found = sections("## CptsA\n\n| Syntax | `CptsA X\\|Y` |\n\ntext\n");
is $found{CptsA}{Syntax}, '`CptsA X|Y`', 'a section is understood';

done_testing;
