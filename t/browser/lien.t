#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The page of a reminder's link in a browser: t/browser/lien.mjs.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Cpts::Browser;

browser_suite('lien', directives => <<'LINES');
CptsAddress https://cpts.example/cpts/
CptsTerms doctor charte-2 /cpts/charte.html
LINES
