#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The module exports cpts_module and nothing else.
use strict;
use warnings;

use Test::More;

# What a linker adds to every shared object.
my $LINKER = qr/^(?:_init|_fini|_edata|_end|__bss_start)$/;
# What a sanitizer adds.
my $SANITIZER = qr/^__(?:odr_)?[aut]san/;

my $module = $ENV{CPTS_MODULE} // '';
plan skip_all => 'CPTS_MODULE is not set' if $module eq '';

# The defined dynamic symbols that are not the linker's.
sub exported
{
    my ($text) = @_;
    my @name = map { (split)[-1] =~ s/\@.*//r } split /\n/, $text;
    return sort grep { $_ !~ $LINKER && $_ !~ $SANITIZER } @name;
}

ok -f $module, 'the module is built';
my $text = `nm -D --defined-only '$module'`;
is $?, 0, 'nm reads it';
is_deeply [ exported($text) ], ['cpts_module'], 'one symbol: cpts_module';

is_deeply [ exported(
    "0001 D cpts_module\n0002 T cpts_other\n0003 T _init\n") ],
    [qw(cpts_module cpts_other)], 'a second one would be found';

done_testing;
