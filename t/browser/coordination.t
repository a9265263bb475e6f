#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The coordination's page in a browser: t/browser/coordination.mjs.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Cpts::Browser;

browser_suite('coordination');
