# SPDX-License-Identifier: Apache-2.0
# What the figures are made on: tools, cores, versions.
package Bench::Machine;

use strict;
use warnings;

use Exporter qw(import);
use List::Util qw(sum);
use POSIX ();

our @EXPORT_OK = qw(first_line slurp has missing cores place describe
    processor_time private_memory);

my ($wrk_core, $httpd_core);

# The package of each program that a part may ask for.
my %PACKAGE = (wrk => 'wrk', valgrind => 'valgrind', node => 'nodejs',
    nginx => 'nginx-light', npm => 'npm', taskset => 'util-linux');

sub first_line
{
    my ($command) = @_;
    my ($line) = split /\n/, scalar(`$command 2>/dev/null`) // '';
    return $line // '';
}

sub slurp
{
    my ($file) = @_;
    open my $in, '<', $file or return '';
    local $/;
    return scalar(<$in>) // '';
}

sub has
{
    my ($program) = @_;
    return length first_line("command -v $program") ? 1 : 0;
}

# What to say when one of these programs is not here; '' when all are.
sub missing
{
    my @gone = grep { !has($_) } @_;
    return '' if !@gone;
    return "@gone not found: apt-get install "
        . join ' ', map { $PACKAGE{$_} // $_ } @gone;
}

# Where the client and the servers run: (0, 1), or nothing on one core.
sub cores { return ($wrk_core, $httpd_core) }

# Where there are two cores, the client has one and the server another.
sub place
{
    my $nice = defined $ENV{CPTS_BENCH_NICE}
        ? "nice -n $ENV{CPTS_BENCH_NICE} " : '';
    my $cores = first_line('nproc') || 1;
    my ($client, $server) = ($nice, $nice);
    if ($cores >= 2 && has('taskset')) {
        ($wrk_core, $httpd_core) = (0, 1);
        $client .= "taskset -c $wrk_core";
        $server .= "taskset -c $httpd_core";
    }
    $ENV{CPTS_HTTPD_WRAP} = $server if length $server;
    return $client;
}

sub describe
{
    my ($mpm, $threads, $connections, $rounds, $seconds) = @_;
    my ($model) = slurp('/proc/cpuinfo') =~ /^model name\s*:\s*(.*)$/m;
    my ($system) = slurp('/etc/os-release') =~ /^PRETTY_NAME="?([^"\n]*)/m;
    my $disk = first_line('df -T ' . ($ENV{TMPDIR} || '/tmp')
                          . ' | tail -n 1');
    my ($sqlite) = first_line('sqlite3 --version') =~ /^(\S+)/;
    my $text = sprintf "machine   %s, %s cores, load %s\n",
        $model // 'unknown', first_line('nproc'),
        (split / /, slurp('/proc/loadavg'))[0];
    $text .= sprintf "system    %s, Linux %s, %s\n", $system // 'unknown',
        first_line('uname -r'), POSIX::strftime('%Y-%m-%d', localtime);
    $text .= sprintf "httpd     %s, %s MPM, one child of %d threads where"
        . " nothing else is said\n",
        first_line("$ENV{CPTS_HTTPD} -v") =~ s/^Server version: //r,
        $mpm, $threads;
    $text .= sprintf "built by  %s\n", $ENV{CPTS_BENCH_BUILD} // 'unknown';
    $text .= sprintf "sqlite    %s, files on %s\n", $sqlite // '?',
        (split ' ', $disk)[1] // 'unknown';
    $text .= sprintf "client    wrk, %d connections kept alive%s\n",
        $connections, defined $wrk_core
        ? "; client on core $wrk_core, servers on core $httpd_core"
        : '; client and servers share one core';
    return $text . sprintf "rounds    %d, each %d s a route, their order"
        . " reversed each time\n\n", $rounds, $seconds;
}

# Seconds of processor time that these processes have used so far.
sub processor_time
{
    my $ticks = 0;
    for my $pid (@_) {
        # the two numbers after the eleventh from the name on
        my @field = split ' ', slurp("/proc/$pid/stat") =~ s/^.*\) //sr;
        $ticks += $field[11] + $field[12] if @field > 12;
    }
    return $ticks / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

# Megabytes that no other process shares with this one.
sub private_memory
{
    my ($pid) = @_;
    my @kilobytes = slurp("/proc/$pid/smaps_rollup")
        =~ /^Private_(?:Clean|Dirty):\s+(\d+) kB$/mg;
    return sum(0, @kilobytes) / 1024;
}

1;
