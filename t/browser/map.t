#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Contours, visits at home and postcodes in a browser: t/browser/map.mjs.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Cpts::Browser;
use Cpts::Server;

browser_suite('map', directives =>
    'CptsContours "' . Cpts::Server::contours_file() . "\"\n");
