# SPDX-License-Identifier: Apache-2.0
# A world, its httpd and its oracle: what figures are taken of, and the check
# that its answers are right.
package Bench::Bed;

use strict;
use warnings;

use File::Copy qw(copy);
use File::Temp qw(tempdir);
use JSON::PP ();
use List::Util qw(max min sum);

use Bench::Oracle;
use Bench::Server;
use Bench::Stats qw(mean thousands);
use Bench::World;

# Needs sent in turn, and how many of them the oracle answers too.
our ($NEEDS, $SAMPLE) = (200, 60);

our %WORLD = (
    100    => { doctors => 100, communes => 36 },
    60000  => { doctors => 60_000, communes => 35_000 },
    france => { doctors => 60_000, file => '' },
    points => { doctors => 60_000, communes => 35_000, points => 1 },
);

my $coder = JSON::PP->new->utf8->canonical;
my %bed;    # by name: parts share them

# The bed of a world, made when it is first asked for.
sub of
{
    my ($class, $name) = @_;
    return $bed{$name} //= $class->new($name);
}

sub new
{
    my ($class, $name) = @_;
    my $folder = tempdir("cpts-bench-$name-XXXXXXXX", TMPDIR => 1,
                         CLEANUP => 1);
    chmod 0755, $folder;
    my $world = Bench::World->new(%{ $WORLD{$name} }, needs => $NEEDS);
    my $server = Bench::Server->start_with($folder, $world, start => 0);
    copy($server->{file}, "$folder/pristine.db") or die "copy: $!\n";
    return bless { name => $name, folder => $folder, world => $world,
                   server => $server, file => "$folder/needs.txt" }, $class;
}

# Stops the servers of all beds; what their logs complain of.
sub end_all
{
    my @bad = map { $_->{server}->end } values %bed;
    %bed = ();
    return @bad;
}

# The database as it was at first, and a server that was just started on it:
# no part sees what another has changed. Options: children, threads, config;
# keep => 1 leaves the database as it is, new => 1 the children without sheets.
sub serve
{
    my ($self, %option) = @_;
    my $server = $self->{server};
    my $file = $server->{file};
    delete $self->{raw};
    $server->stop;
    my $new = delete $option{new};
    if (!delete $option{keep}) {
        unlink "$file-wal", "$file-shm";
        copy("$self->{folder}/pristine.db", $file) or die "copy: $!\n";
    }
    %$server = (%$server, children => 1, config => '',
        threads => $Bench::Server::THREADS, %option);
    $server->give_away;
    $server->start;
    $self->each_child if !$new;
    $self->{oracle} = Bench::Oracle->new($self->{world},
                                         $Bench::Server::KEY);
    return $self;
}

# One connection to each child, by its process number, once the child has its
# sheets: a connection that is kept alive stays with its child.
sub each_child
{
    my ($self) = @_;
    my $server = $self->{server};
    my $wire = $server->wire('GET', '/seen');
    my %raw;
    for my $try (1 .. 100) {
        # one alone is always taken by the same child of an idle httpd
        my @raw = map { $server->raw } 1 .. 8;
        $_->send($wire) for @raw;
        for my $raw (@raw) {
            my $answer = $raw->response;
            die "/seen: no sheets\n" if !$answer || $answer->status != 200;
            $raw{ $answer->json->{child} } //= $raw;
        }
        return \%raw if keys %raw == $server->{children};
    }
    die "not every child takes connections\n";
}

# --- right before fast

# One POST over a connection that is kept: head and body in one piece, so that
# neither side waits for the other's acknowledgement.
sub post
{
    my ($self, $path, $need, %header) = @_;
    my $server = $self->{server};
    # httpd closes what is idle for long
    delete $self->{raw} if time - ($self->{asked} // 0) > 2;
    $self->{raw} //= $server->raw;
    my $answer = $self->{raw}->send($server->wire('POST', $path,
        json => $need, headers => \%header))->response;
    die "$path: no answer\n" if !$answer;
    $self->{asked} = time;
    return $answer;
}

# Before a route is first measured, the oracle answers a sample of the needs;
# one difference ends the run. Needs a server that has answered nothing since
# serve().
sub check
{
    my ($self, @route) = @_;
    my @new = grep { !$self->{checked}{$_} } @route;
    return $self if !@new;
    $self->compare_sizes($route[0]);
    my $need = $self->{world}{need};
    my $step = max(1, int(@$need / $SAMPLE));
    for my $route (@new) {
        for (my $i = 0; $i < @$need; $i += $step) {
            $self->compare_answer($route, $need->[$i]);
            $self->{checked}{$route}++;
        }
    }
    return $self;
}

sub compare_answer
{
    my ($self, $route, $need) = @_;
    my $answer = $self->post($route, $need);
    die $answer->summary . "\n" if $answer->status != 200;
    my $told = Bench::Oracle::told($answer->json);
    my $expected = $self->{oracle}->answer($need);
    $self->{oracle}->saw($answer->json);
    die 'a wrong answer to ' . $coder->encode($need)
        . "\n  oracle $expected\n  module $told\n" if $told ne $expected;
    return;
}

# Sends each need to both routes, and fetches the file: sizes must be equal
# to the byte. Writes the file of requests for wrk.
sub compare_sizes
{
    my ($self, $route) = @_;
    my (@size, @line, @head);
    for my $need (@{ $self->{world}{need} }) {
        my $match = $self->post($route, $need);
        die $match->summary . "\n" if $match->status != 200;
        $self->{oracle}->saw($match->json);
        my $bytes = length $match->content;
        my $constant = $self->post('/constant', $need,
                                   'Bench-Bytes' => $bytes);
        die 'sizes differ for ' . $coder->encode($need) . "\n"
            if $constant->status != 200 || length $constant->content != $bytes
            || head_size($match) != head_size($constant)
            || !defined $constant->json;
        push @line, "$bytes " . $coder->encode($need) . "\n";
        push @size, $bytes;
        push @head, head_size($match);
    }
    Cpts::Server::write_file($self->{file}, join '', @line);
    $self->{size} = \@size;
    $self->{head} = mean(@head);
    $self->compare_static;
    return;
}

sub compare_static
{
    my ($self) = @_;
    my $server = $self->{server};
    my %size = map { $_ => 1 } @{ $self->{size} };
    $server->write_static(keys %size);
    my $agent = $server->agent(keep_alive => 1);
    for my $bytes (keys %size) {
        my $answer = $agent->get($server->origin . "/$bytes.json");
        die "the file of $bytes bytes is not served: $answer->{status}\n"
            if $answer->{status} != 200
            || length $answer->{content} != $bytes;
        $self->{static_head} = head_size($answer);
    }
    return;
}

sub head_size
{
    my ($answer) = @_;
    my $headers = $answer->{headers};
    return sum(map { length($_) + length($headers->{$_}) + 4 }
               grep { $_ ne 'date' } keys %$headers);
}

# --- what is told of a bed, and what is measured

# "60,000 doctors"
sub doctors
{
    my ($self) = @_;
    return thousands(scalar @{ $self->{world}{sheet} }) . ' doctors';
}

sub tell
{
    my ($self) = @_;
    my $world = $self->{world};
    printf "  %s, %s communes, %d needs; %d answers looked at by the"
        . " oracle\n", $self->doctors,
        thousands(scalar @{ $world->{commune} }), scalar @{ $world->{need} },
        sum(values %{ $self->{checked} });
    printf "  answers of %d to %d bytes, %.0f on average, constant and file"
        . " the same to the byte; heads of %d and %d\n",
        min(@{ $self->{size} }), max(@{ $self->{size} }),
        mean(@{ $self->{size} }), $self->{head}, $self->{static_head};
    return;
}

# A target for Bench::Load: a route, or /static.
sub target
{
    my ($self, $route, %option) = @_;
    my $server = $self->{server};
    my $static = $route eq '/static';
    return { name => $route, origin => $server->origin,
             path => $static ? '' : $server->{base} . $route,
             verb => $static ? 'GET' : 'POST', file => $self->{file},
             pids => sub { $server->children },
             connections => $Bench::Server::CONNECTIONS, %option };
}

1;
