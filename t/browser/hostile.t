#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Communes whose names do harm, on every page: t/browser/hostile.mjs.
use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";

use Cpts::Browser;

# the names are those of hostile.mjs
browser_suite('hostile', rename => {
    31113 => q{<script>window.hit=1</script><img src=x onerror=hit=1>},
    31446 => "\x{202E}\x{5D0}\x{5D1}\x{5D2} \x{645}\x{631}\x{62D}\x{628}"
        . "\x{627}",
    31254 => "\x{1F468}\x{1F3FD}\x{200D}\x{2695}\x{FE0F} " x 12,
    31169 => 'X' x 150,
    31004 => q{${7*7} {{7*7}} " ' & &lt;b&gt; </title>},
});
