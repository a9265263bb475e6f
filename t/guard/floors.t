#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The floors of the house: includes only go down, libraries stay where they
# belong.
use strict;
use warnings;

use Test::More;

use Cpts::Tree;

my %FLOOR = (core => 0, store => 1, httpd => 2, api => 3);
my $ROOF = 4;    # mod_cpts.c

# Headers of others, and the lowest floor that may include them; "only" names
# the files that may.
my @FOREIGN = (
    { header => qr/^(?:httpd|http_\w+|ap_\w+|util_\w+|mod_\w+|mpm_\w+
                    |scoreboard)\.h$/x, floor => 2 },
    { header => qr/^apr_dbd\.h$/, floor => 1 },
    { header => qr/^sqlite3\.h$/, only => qr{^mod_cpts/store/} },
    { header => qr/^csv\.h$/,     only => qr{^mod_cpts/core/|^support/} },
    { header => qr/^pcre2\.h$/,   only => qr{^mod_cpts/core/} },
    { header => qr/^utf8proc\.h$/, only => qr{^mod_cpts/core/} },
);

# The floor of a file; programs and unit tests stand beside the store.
sub floor_of
{
    my ($file) = @_;
    return $FLOOR{$1} if $file =~ m{^mod_cpts/([^/]+)/};
    return $ROOF if $file =~ m{^mod_cpts/[^/]+$};
    # modules and benchmarks of the tests stand above everything
    return $ROOF if $file =~ m{^t/(?:asan|bench)/};
    return $FLOOR{store};
}

# Everything wrong with the includes of one file.
sub faults
{
    my ($file, $text) = @_;
    my $floor = floor_of($file);
    return "$file: a folder that is no floor" if !defined $floor;
    my @fault;
    my $number = 0;
    for my $line (split /\n/, $text) {
        $number++;
        my ($mark, $header) = $line =~ /^\s*#\s*include\s*([<"])([^>"]+)[>"]/
            or next;
        my $place = "$file:$number: $header";
        push @fault, $mark eq '"' ? own($place, $floor, $header, $file)
            : foreign($place, $floor, $header, $file);
    }
    return @fault;
}

sub own
{
    my ($place, $floor, $header, $file) = @_;
    my ($folder) = $header =~ m{^([a-z]+)/[\w.]+$};
    if (!defined $folder) {
        # a test or a program may have a header beside it
        return $file =~ m{^(?:t|support)/} && $header =~ /^\w+\.h$/ ? ()
            : "$place: not written from the top";
    }
    return "$place: not a floor" if !exists $FLOOR{$folder};
    return $FLOOR{$folder} > $floor ? "$place: goes up" : ();
}

sub foreign
{
    my ($place, $floor, $header, $file) = @_;
    for my $rule (@FOREIGN) {
        next if $header !~ $rule->{header};
        return "$place: not on this floor"
            if defined $rule->{floor} && $floor < $rule->{floor};
        return "$place: not in this file"
            if $rule->{only} && $file !~ $rule->{only}
            && $file !~ m{^t/};
    }
    return ();
}

my @file = files(qr/\.[ch](?:\.in)?$/);
cmp_ok scalar @file, '>', 20, @file . ' C files';
for my $file (@file) {
    my @fault = faults($file, slurp($file));
    is_deeply \@fault, [], $file;
}

# --- the guard itself -------------------------------------------------------
my @planted = (
    [ 'mod_cpts/core/x.c',  '#include <httpd.h>' ],
    [ 'mod_cpts/core/x.c',  '#include "store/db.h"' ],
    [ 'mod_cpts/core/x.c',  '#include <apr_dbd.h>' ],
    [ 'mod_cpts/core/x.c',  '#  include <sqlite3.h>' ],
    [ 'mod_cpts/store/x.c', '#include "httpd/config.h"' ],
    [ 'mod_cpts/store/x.c', '#include <http_log.h>' ],
    [ 'mod_cpts/store/x.c', '#include <mod_dbd.h>' ],
    [ 'mod_cpts/httpd/x.c', '#include "api/routes.h"' ],
    [ 'mod_cpts/httpd/x.c', '#include <sqlite3.h>' ],
    [ 'mod_cpts/httpd/x.c', '#include "config.h"' ],
    [ 'mod_cpts/store/x.c', '#include "config.h"' ],
    [ 'mod_cpts/api/x.c',   '#include "../core/need.h"' ],
    [ 'mod_cpts/other/x.c', '' ],
    [ 'support/x.c',        '#include "httpd/config.h"' ],
    [ 'support/x.c',        '#include <sqlite3.h>' ],
);
for my $plant (@planted) {
    my ($file, $text) = @$plant;
    my @fault = faults($file, "\n$text\n");
    is scalar @fault, 1, "found: $file: $text";
}
is_deeply [ faults('mod_cpts/api/x.c',
    "#include \"core/need.h\"\n#include <httpd.h>\n#include <jansson.h>\n") ],
    [], 'going down is free';

done_testing;
