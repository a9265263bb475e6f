#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The public pages in a browser: t/browser/public.mjs.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Cpts::Browser;

browser_suite('public');
