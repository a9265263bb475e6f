#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Invitations in a browser, from the coordination to the first visit, texts to
# accept, and secretaries: t/browser/invitations.mjs.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Cpts::Browser;

# accounts that were made by hand accepted nothing yet
browser_suite('invitations', directives => <<'LINES');
CptsTerms doctor 2026-11 /cpts/charte.html
CptsTerms delegate 2026-11 /cpts/charte.html
CptsTerms professional 2026-11 /cpts/conditions.html
LINES
