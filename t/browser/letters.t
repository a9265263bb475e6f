#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Letters of invitation, on paper: t/browser/letters.mjs.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Cpts::Browser;
use Test::More ();

for my $tool (qw(pdfinfo pdftoppm pdftotext zbarimg)) {
    next if $ENV{CI} || grep { -x "$_/$tool" } split /:/, $ENV{PATH};
    Test::More::plan(skip_all => "not found: $tool"
        . ' (Debian: poppler-utils, zbar-tools)');
}
browser_suite('letters',
    directives => qq{CptsAddress "https://cpts.example.org/cpts/"\n});
