#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Ma fiche in a browser: t/browser/fiche.mjs.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Cpts::Browser;

# the last three: a doctor without a sheet, one whose sheet says no capacity,
# one of 61 who erases it
browser_suite('fiche', accounts => [
    [ 'docteur',      'doctor', $DOCTOR ],
    [ 'pharmacie',    'professional' ],
    [ 'coordination', 'coordinator' ],
    [ 'nouveau',      'doctor', '99900009990' ],
    [ 'ferme',        'doctor', '99900000046' ],
    [ 'parti',        'doctor', '99900000228' ],
]);
