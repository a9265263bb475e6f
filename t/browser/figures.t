#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Journal, figures and account in a browser: t/browser/figures.mjs.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Cpts::Browser;

browser_suite('figures', accounts => [
    [ 'docteur',      'doctor', '99900000012' ],
    [ 'sans.fiche',   'doctor', '99900088888' ],
    [ 'pharmacie',    'professional' ],
    [ 'laboratoire',  'professional' ],
    [ 'coordination', 'coordinator' ],
    [ 'secretariat',  'delegate', '99900000012' ],
]);
