#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The pages as they are written: lint, types, HTML: t/browser/static.mjs.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Cpts::Browser;

static_suite('static');
