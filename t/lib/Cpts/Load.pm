# SPDX-License-Identifier: Apache-2.0
# Clients in processes of their own that send requests until told to stop.
package Cpts::Load;

use strict;
use warnings;

use Carp qw(croak);
use File::Temp qw(tempdir);
use POSIX ();
use Time::HiRes qw(sleep);

use Cpts::Server;

# start(CODE, COUNT): each client runs CODE->(client, round) again and again
# and notes the line that it returns (status, then anything).
sub start
{
    my ($class, $code, $count) = @_;
    my $dir = tempdir('cpts-load-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
    my $self = bless { dir => $dir, owner => $$, pids => [] }, $class;
    for my $client (1 .. $count) {
        my $pid = fork // croak "fork: $!";
        run($dir, $code, $client) if $pid == 0;
        push @{ $self->{pids} }, $pid;
    }
    return $self;
}

sub run
{
    my ($dir, $code, $client) = @_;
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
    srand $$;
    open my $out, '>', "$dir/$client" or POSIX::_exit(1);
    $out->autoflush(1);
    my $parent = getppid;
    for (my $round = 1; !-e "$dir/stop" && getppid == $parent; $round++) {
        my $line = eval { $code->($client, $round) } // "died $@";
        $line =~ tr/\n/ /;
        print {$out} "$line\n";
    }
    POSIX::_exit(0);
}

sub lines
{
    my ($self) = @_;
    return map { split /\n/, Cpts::Server::read_file($_) }
        grep { -e $_ } map { "$self->{dir}/$_" } 1 .. @{ $self->{pids} };
}

# Waits until so many more answers have come in; 0 when time is up.
sub wait_more
{
    my ($self, $count) = @_;
    my $goal = $self->lines + $count;
    return Cpts::Server::wait_for(sub { $self->lines >= $goal }, 120) // 0;
}

# Stops the clients and returns their lines.
sub stop
{
    my ($self) = @_;
    Cpts::Server::write_file("$self->{dir}/stop", '');
    waitpid $_, 0 for @{ $self->{pids} };
    my @line = $self->lines;
    $self->{pids} = [];
    return @line;
}

sub DESTROY
{
    my ($self) = @_;
    return if $self->{owner} != $$;
    local ($?, $@);
    for my $pid (@{ $self->{pids} }) {
        kill 'KILL', $pid;
        waitpid $pid, 0;
    }
    return;
}

1;
