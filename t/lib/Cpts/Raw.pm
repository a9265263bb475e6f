# SPDX-License-Identifier: Apache-2.0
# A raw HTTP/1.1 connection: sends any bytes, reads answers one by one.
package Cpts::Raw;

use strict;
use warnings;

use Carp qw(croak);
use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(time);

use Cpts::Response;

# new(PORT, from => ADDRESS)
sub new
{
    my ($class, $port, %option) = @_;
    my $from = $option{from};
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port, Timeout => 10,
        defined $from ? (LocalAddr => $from) : ())
        or croak "connect: $!";
    binmode $socket;
    return bless { socket => $socket, buffer => '' }, $class;
}

# Writes all; stops early, without a word, when the server has closed.
sub send
{
    my ($self, $bytes) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $done = 0;
    while ($done < length $bytes) {
        my $n = syswrite $self->{socket}, $bytes, 65536, $done;
        last if !defined $n;
        $done += $n;
    }
    return $self;
}

# Has the server read all that was sent?  The system knows.
sub is_read
{
    my ($self) = @_;
    my $pair = sprintf '[0-9A-F]+:%04X [0-9A-F]+:%04X',
        $self->{socket}->peerport, $self->{socket}->sockport;
    open my $in, '<', '/proc/net/tcp' or croak "/proc/net/tcp: $!";
    while (my $line = <$in>) {
        return hex($1) == 0
            if $line =~ /: $pair [0-9A-F]{2} [0-9A-F]+:([0-9A-F]+) /;
    }
    return 0;
}

# Has anything come that was not read yet?
sub is_answered
{
    my ($self) = @_;
    return length $self->{buffer}
        || IO::Select->new($self->{socket})->can_read(0);
}

# Says that nothing more will be sent.
sub end
{
    my ($self) = @_;
    shutdown $self->{socket}, 1;
    return $self;
}

sub fill
{
    my ($self, $deadline) = @_;
    my $left = $deadline - time;
    return 0 if $left <= 0;
    return 0 if !IO::Select->new($self->{socket})->can_read($left);
    my $n = sysread $self->{socket}, $self->{buffer}, 65536,
        length $self->{buffer};
    return $n ? 1 : 0;
}

# The next answer; undef at the end of the connection or when time is up.
sub response
{
    my ($self, %option) = @_;
    my $deadline = time + ($option{timeout} // 30);
    my $head;
    while (!defined $head) {
        if ($self->{buffer} =~ s/\A(.*?\r\n)\r\n//s) {
            $head = $1;
            # 100 Continue is not the answer yet
            $head = undef if $head =~ m{\AHTTP/1\.1 1\d\d}
                && !$option{interim};
            next;
        }
        $self->fill($deadline) or return undef;
    }
    my ($status) = $head =~ m{\AHTTP/1\.[01] (\d{3})} or return undef;
    my %header;
    while ($head =~ /^([^\s:]+):[ \t]*(.*?)\r$/mg) {
        $header{ lc $1 } = defined $header{ lc $1 }
            ? "$header{ lc $1 }, $2" : $2;
    }
    my $content = $option{head} || $status =~ /^(?:1|204|304)/ ? ''
        : $self->body(\%header, $deadline);
    return Cpts::Response->new({ status => $status, headers => \%header,
        content => $content }, 'raw request');
}

sub body
{
    my ($self, $header, $deadline) = @_;
    if (defined(my $length = $header->{'content-length'})) {
        while (length $self->{buffer} < $length) {
            $self->fill($deadline) or last;
        }
        return substr $self->{buffer}, 0, $length, '';
    }
    if (($header->{'transfer-encoding'} // '') =~ /chunked/i) {
        my $content = '';
        while (1) {
            if ($self->{buffer} =~ /\A([0-9a-fA-F]+)[^\r\n]*\r\n/
                && length $self->{buffer} >= $+[0] + hex($1) + 2) {
                my ($start, $size) = ($+[0], hex $1);
                $content .= substr $self->{buffer}, $start, $size;
                substr $self->{buffer}, 0, $start + $size + 2, '';
                return $content if $size == 0;
                next;
            }
            $self->fill($deadline) or return $content;
        }
    }
    1 while $self->fill($deadline);
    return substr $self->{buffer}, 0, length $self->{buffer}, '';
}

# 1 when the server has closed the connection (within the time given).
sub closed
{
    my ($self, $seconds) = @_;
    my $deadline = time + ($seconds // 5);
    while (time < $deadline) {
        next if $self->fill($deadline);
        return time < $deadline ? 1 : 0;
    }
    return 0;
}

1;
