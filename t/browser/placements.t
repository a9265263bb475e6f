#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Placements in a browser, from the card to the declaration:
# t/browser/placements.mjs.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Cpts::Browser;
use File::Temp;

# Three doctors only, so that each is in every answer; with many places.
my $all = Cpts::Server::read_file(
    Cpts::Server::environment('CPTS_SRCDIR') . '/examples/sheets.csv');
my $few = File::Temp->new(SUFFIX => '.csv');
my ($first) = $all =~ /\A(.*\n(?:.*\n){3})/;
print {$few} $first =~ s/,open,,,\d+,\w+,\d+,/,open,,,40,month,10,/gr;
close $few or die "$few: $!\n";

browser_suite(
    'placements',
    sheets   => "$few",
    accounts => [
        [ 'docteur',      'doctor', $DOCTOR ],
        [ 'pharmacie',    'professional' ],
        [ 'laboratoire',  'professional' ],
        [ 'coordination', 'coordinator' ],
        [ 'secretariat',  'delegate', $DOCTOR ],
    ]);
