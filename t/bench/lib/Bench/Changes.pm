# SPDX-License-Identifier: Apache-2.0
# Doctors who change what they offer, so many times a second.
package Bench::Changes;

use strict;
use warnings;

use POSIX ();
use Time::HiRes qw(sleep time);

our $PER_SECOND = 50;

# The requests of one change after the other, without end: each doctor in
# turn pauses, then each takes patients again.
sub stream
{
    my ($server) = @_;
    my @doctor = @{ $server->{doctor} };
    my $until = Cpts::Check::day(30);
    my $turn = 0;
    return sub {
        my $doctor = $doctor[$turn % @doctor];
        my $resumes = int($turn / @doctor) % 2;
        $turn++;
        return $server->wire('POST', "/sheets/$doctor->{rpps}/"
            . ($resumes ? 'resume' : 'pause'), as => $doctor->{name},
            json => $resumes ? {} : { until => $until });
    };
}

# Sends one and waits until it is acknowledged; 0 when the connection was
# closed instead.
sub acknowledged
{
    my ($raw, $wire) = @_;
    my $answer = $raw->send($wire)->response // return 0;
    die 'a change was not taken: '
        . $answer->summary . "\n"
        if $answer->status != 200;
    return 1;
}

# Begins to change sheets, in a process of its own; stop() ends it.
sub start
{
    my ($class, $server) = @_;
    pipe my $read, my $write or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        close $read;
        my $said = eval { go_on($server) } // "died $@";
        print {$write} $said;
        close $write;
        POSIX::_exit(0);
    }
    close $write;
    return bless { pid => $pid, read => $read, begin => time }, $class;
}

sub go_on
{
    my ($server) = @_;
    my $stop = 0;
    local @SIG{qw(TERM INT)} = (sub { $stop = 1 }) x 2;
    my $next = stream($server);
    my $raw = $server->raw;
    my ($count, $begin) = (0, time);
    while (!$stop && getppid != 1) {
        my $wire = $next->();
        # httpd closes connections that are kept when it is short of workers
        for (my $try = 1; !acknowledged($raw, $wire); $try++) {
            die "a change had no answer\n" if $try == 3;
            $raw = $server->raw;
        }
        my $wait = $begin + ++$count / $PER_SECOND - time;
        sleep $wait if $wait > 0;
    }
    return "done $count";
}

# How many there were in a second.
sub stop
{
    my ($self) = @_;
    kill 'TERM', $self->{pid};
    my $said = do { local $/ = undef; readline $self->{read} } // '';
    waitpid $self->{pid}, 0;
    delete $self->{pid};
    my ($count) = $said =~ /^done (\d+)$/ or die "the changes: $said\n";
    return $count / (time - $self->{begin});
}

sub DESTROY
{
    my ($self) = @_;
    local ($?, $@);
    return if !$self->{pid};
    kill 'KILL', $self->{pid};
    waitpid $self->{pid}, 0;
    return;
}

1;
