# SPDX-License-Identifier: Apache-2.0
# One HTTP answer, with its JSON decoded once.
package Cpts::Response;

use strict;
use warnings;

use JSON::PP ();

sub new
{
    my ($class, $answer, $what) = @_;
    return bless { %$answer, what => $what }, $class;
}

sub status  { return $_[0]{status} }
sub content { return $_[0]{content} // '' }
sub what    { return $_[0]{what} }

# One header as text; several lines of one name joined as HTTP does.
sub header
{
    my ($self, $name) = @_;
    my $value = $self->{headers}{ lc $name };
    return ref $value ? join(', ', @$value) : $value;
}

sub etag { return $_[0]->header('etag') }

# The decoded body; undef when it is not JSON.
sub json
{
    my ($self) = @_;
    if (!exists $self->{json}) {
        $self->{json} = eval {
            JSON::PP->new->utf8->allow_nonref->decode($self->content);
        };
    }
    return $self->{json};
}

# The code of a problem, or "".
sub code
{
    my ($self) = @_;
    my $json = $self->json;
    return ref $json eq 'HASH' ? $json->{code} // '' : '';
}

# A short text for a failed test.
sub summary
{
    my ($self) = @_;
    return "$self->{what}: $self->{status} "
        . substr $self->content, 0, 600;
}

1;
