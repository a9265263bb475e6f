#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The alarm rings: planted faults in an httpd module are found, each kind.

use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;

use Cpts::Server;

if (!$ENV{CPTS_ASAN_PLANTED}) {
    plan skip_all => 'only under make check-asan';
}

# path, what the report says, whether it is found without the guard as well
my @FAULTS = (
    [ 'use-after-destroy', qr/heap-use-after-free.*use_after_destroy/s, 0 ],
    [ 'use-after-clear',   qr/heap-use-after-free.*use_after_clear/s,   0 ],
    [ 'overflow',          qr/heap-buffer-overflow.*in overflow/s,      0 ],
    [ 'undefined',         qr/runtime error: shift exponent 40/,        1 ],
    [ 'leak',              qr/LeakSanitizer.*4096 byte.*in leak/s,      1 ],
);

# The reports of one server are its own, and no fault of the whole run.
sub own_reports
{
    my $dir = tempdir('cpts-planted-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 01777, $dir;
    $ENV{$_} =~ s{log_path=[^:]*}{log_path=$dir/report}
        for qw(ASAN_OPTIONS UBSAN_OPTIONS);
    return $dir;
}

sub reports
{
    my ($dir) = @_;
    return join '', map { Cpts::Server::read_file($_) } glob "$dir/report*";
}

# Commits the fault in a server of its own; returns status and reports.
sub commit
{
    my ($path) = @_;
    local %ENV = %ENV;
    my $dir = own_reports();
    my $server = Cpts::Server->new(children => 1, main => 0, database => 0,
        config => <<"LINES");
LoadModule planted_module "$ENV{CPTS_ASAN_PLANTED}"
<Location "/planted">
    SetHandler planted
    Require all granted
</Location>
LINES
    $server->expect_log(qr/exit signal|runtime error|Sanitizer/);
    my $answer = $server->get("/$path", base => '/planted');
    $server->finish("$path: the server stops");
    return ($answer->status, reports($dir));
}

for my $fault (@FAULTS) {
    my ($path, $expected) = @$fault;
    my (undef, $report) = commit($path);
    like $report, $expected, "$path is found";
}

my ($status, $report) = commit('none');
is $status, 200, 'without a fault there is an answer';
is $report, '', 'and no report';

# What the guard is there for: alone, the sanitizer sees no fault of a pool.
$ENV{CPTS_HTTPD_WRAP} = "env LD_PRELOAD=$ENV{CPTS_ASAN_PRELOAD}";
for my $fault (grep { !$_->[2] } @FAULTS) {
    my ($path, $expected) = @$fault;
    ($status, $report) = commit($path);
    unlike $report, $expected, "$path is missed without the pool guard";
}

done_testing;
