#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The search on a page that is not ours: t/browser/embed.mjs.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Cpts::Browser;

browser_suite('embed', files => {
    'site.html' => <<'HTML', 'site.css' => <<'CSS' });
<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>CPTS</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/site.css">
<script type="module" src="/cpts/embed.js"></script></head>
<body><main><h1>Espace des professionnels</h1>
<cpts-trouver></cpts-trouver>
</main></body></html>
HTML
* { color: red !important; letter-spacing: 1px }
button, input { display: none !important }
cpts-trouver { font-size: 40px }
CSS
