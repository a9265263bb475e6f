#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Trouver un médecin in a browser: t/browser/trouver.mjs.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Cpts::Browser;

browser_suite('trouver');
