# SPDX-License-Identifier: Apache-2.0
# A clock that a test moves while a server runs: libfaketime and a file.
package Cpts::Clock;

use strict;
use warnings;

use File::Temp ();

=head1 SYNOPSIS

    plan skip_all => Cpts::Clock::missing() if Cpts::Clock::missing();
    my $clock  = Cpts::Clock->new;
    my $server = Cpts::Server->new(clock => $clock);
    $clock->ahead(7 * 86400);    # seconds from the real time on
    system $clock->command, 'cptsctl', ...;

=cut

sub library
{
    my ($file) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
    return $file;
}

# Why there is no such clock, or nothing.
sub missing
{
    return 'a sanitizer has the place of libfaketime'
        if $ENV{CPTS_HTTPD_WRAP};
    return 'libfaketime is not installed' if !$ENV{CI} && !library();
    return;
}

sub new
{
    my ($class) = @_;
    my $library = library() or die "libfaketime is not installed\n";
    my $self = bless { library => $library, owner => $$ }, $class;
    $self->{file} = File::Temp->new(TEMPLATE => 'cpts-clock-XXXXXXXX',
                                    TMPDIR => 1);
    chmod 0644, $self->{file}->filename or die "chmod: $!\n";
    return $self->ahead(0);
}

# How many seconds the clock is before the real one, from now on.
sub ahead
{
    my ($self, $seconds) = @_;
    my $name = $self->{file}->filename;
    # in one write: nobody reads half of it
    open my $out, '+<', $name or die "$name: $!\n";
    syswrite $out, sprintf "%+012d\n", $seconds or die "$name: $!\n";
    close $out or die "$name: $!\n";
    $self->{ahead} = $seconds;
    return $self;
}

# The time that programs under this clock see.
sub now { return time + $_[0]{ahead} }

# What goes before a command. Waiting is not moved: only the time of day.
sub command
{
    my ($self) = @_;
    return ('env', "LD_PRELOAD=$self->{library}",
            'FAKETIME_TIMESTAMP_FILE=' . $self->{file}->filename,
            'FAKETIME_NO_CACHE=1', 'FAKETIME_DONT_FAKE_MONOTONIC=1');
}

1;
