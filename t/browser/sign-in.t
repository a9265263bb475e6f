#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Signing in and out in a browser: t/browser/sign-in.mjs.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Cpts::Browser;

browser_suite('sign-in');
