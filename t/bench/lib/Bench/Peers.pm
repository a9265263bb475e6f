# SPDX-License-Identifier: Apache-2.0
# Other people's ways to do the work of POST /match: started, asked, compared.
package Bench::Peers;

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(sleep time);

use Bench::Oracle;
use Cpts::Raw;

=head1 SYNOPSIS

    Bench::Peers::write_world($world, $folder, $KEY);
    for my $name (Bench::Peers::names()) {
        my $peer = Bench::Peers->start($name, $folder, core => 1);
        if ($peer->{missing}) { ... say it, go on }
        my ($checked, @size) = $peer->check($world, $oracle, $step);
        ... measure $peer->{url} . $peer->{path} ...
        $peer->stop;
    }

A peer is a folder of t/bench/peers with an executable C<start>; README.md
there says what it has to do.

=cut

# Loading 60,000 sheets, or compiling SQLite for Node, takes a while.
our $PATIENCE = 300;

# Those that answer needs; nginx only serves files.
my @NAMES = qw(php-sqlite php-postgis node-sqlite node-memory);

sub names { return @NAMES }

sub root { return dirname(abs_path(__FILE__)) . '/../../peers' }

# --- the data

my %ESCAPED = ("\\" => '\\\\', '"' => '\\"');

sub quoted
{
    my ($text) = @_;
    $text =~ s/([\\"])/$ESCAPED{$1}/g;
    return qq("$text");
}

sub quoted_list { return '[' . join(',', map { quoted($_) } @_) . ']' }
sub bool        { return $_[0] ? 'true' : 'false' }

sub site_text
{
    my ($site) = @_;
    return '{"name":"Cabinet fictif","address":"1 rue Fictive","commune":'
        . quoted($site->{commune}) . ',"structure":"practice","accessible":'
        . bool($site->{accessible}) . ($site->{point}
            ? ',"point":{"lat":' . (0 + $site->{lat}) . ',"lon":'
                . (0 + $site->{lon}) . '}' : '') . '}';
}

sub visits_text
{
    my ($sheet) = @_;
    my @part;
    push @part, '"communes":' . quoted_list(@{ $sheet->{communes} })
        if $sheet->{communes};
    push @part, qq("radius_km":$sheet->{radius}) if defined $sheet->{radius};
    return '{' . join(',', @part) . '}';
}

sub availability_text
{
    my ($sheet) = @_;
    return '{"state":' . quoted($sheet->{state})
        . join('', map { qq(,"$_":) . quoted($sheet->{$_}) }
               grep { defined $sheet->{$_} } qw(from until))
        . qq(,"capacity":{"places":$sheet->{places},"period":"month",)
        . qq("reserved":$sheet->{reserved}}});
}

# A sheet as the API gives it. By hand: of 60,000, JSON::PP makes a minute.
sub sheet_text
{
    my ($world, $sheet) = @_;
    return '{' . join(',', map { qq("$_->[0]":$_->[1]) }
        [ rpps => quoted($sheet->{rpps}) ],
        [ name => quoted($sheet->{name}) ],
        [ sex => quoted($sheet->{sex}) ],
        [ phone => '"0536490001"' ], [ contact => '"phone"' ],
        [ sites => '[' . join(',', map { site_text($_) }
                              @{ $sheet->{site} }) . ']' ],
        [ languages => quoted_list(@{ $sheet->{languages} }) ],
        [ sector => '"1"' ],
        [ teleconsultation => bool($sheet->{teleconsultation}) ],
        ($sheet->{visits} ? [ home_visits => visits_text($sheet) ] : ()),
        [ availability => availability_text($sheet) ],
        [ confirmed_on => quoted($world->day(-$sheet->{age})) ]) . '}';
}

sub commune_text
{
    my ($commune) = @_;
    return '{"insee":' . quoted($commune->{insee}) . ',"name":'
        . quoted($commune->{name}) . ',"lat":' . (0 + $commune->{lat})
        . ',"lon":' . (0 + $commune->{lon}) . '}';
}

# The rule's numbers, in metres, years and days.
my $LIMITS = '{"search_start":5000,"search_step":5000,"search_max":30000,'
    . '"proposals":3,"priority_age":70,"sheet_validity":90,'
    . '"home_visit_default":10000,"home_visit_max":30000}';

# world.json: all that a peer knows. The key is that of the rotation.
sub write_world
{
    my ($world, $folder, $key) = @_;
    my $file = "$folder/world.json";
    open my $out, '>:encoding(UTF-8)', $file or die "$file: $!\n";
    print {$out} '{"today":', quoted($world->day(0)), ',"key":',
        quoted(unpack 'H*', $key), qq(,"limits":$LIMITS,"communes":[\n),
        join(",\n", map { commune_text($_) } @{ $world->{commune} }),
        qq(\n],"sheets":[\n),
        join(",\n", map { sheet_text($world, $_) } @{ $world->{sheet} }),
        "\n]}\n";
    close $out or die "$file: $!\n";
    return;
}

# What nginx serves: files of white space and {}, JSON of so many bytes.
sub write_static
{
    my ($folder, @bytes) = @_;
    mkdir "$folder/static";
    for my $bytes (@bytes) {
        my $file = "$folder/static/$bytes.json";
        next if -e $file;
        open my $out, '>', $file or die "$file: $!\n";
        print {$out} ' ' x ($bytes - 2), '{}';
        close $out or die "$file: $!\n";
    }
    return;
}

# --- a peer as it runs

sub free_port
{
    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => 0, Listen => 1) or die "no free port: $!\n";
    return $socket->sockport;
}

# start(name, folder with world.json, core => N): a peer that listens, or
# one with "missing", the line that says what to install.
sub start
{
    my ($class, $name, $folder, %option) = @_;
    my $self = bless { name => $name, path => '/match', said => '',
        owner => $$ }, $class;
    mkdir "$folder/$name";
    my @command = (root() . "/$name/start", $folder, free_port(),
                   $option{core} // 0);
    pipe my $read, my $write or die "pipe: $!\n";
    $self->{pid} = fork // die "fork: $!\n";
    if ($self->{pid} == 0) {
        POSIX::setpgid(0, 0);
        open STDIN, '<', '/dev/null'              or POSIX::_exit(99);
        open STDOUT, '>&', $write                 or POSIX::_exit(99);
        open STDERR, '>>', "$folder/$name/stderr" or POSIX::_exit(99);
        # gone when who measures is gone
        exec qw(setpriv --pdeathsig TERM), @command or POSIX::_exit(98);
    }
    close $write;
    $self->{log} = "$folder/$name/stderr";
    $self->listen($read);
    return $self;
}

# Until it says "ready URL", or ends.
sub listen
{
    my ($self, $read) = @_;
    my $select = IO::Select->new($read);
    my $until = time + $PATIENCE;
    while (time < $until && $self->{said} !~ /^ready (\S+)$/m) {
        next if !$select->can_read(1);
        last if !sysread $read, $self->{said}, 4096, length $self->{said};
    }
    if ($self->{said} =~ /^ready (\S+)$/m) {
        $self->{url} = $1;
        $self->{out} = $read;
        return;
    }
    kill 'TERM', $self->{pid};
    waitpid delete $self->{pid}, 0;
    if ($? >> 8 == 3) {
        ($self->{missing}) = split /\n/, $self->{said};
        return;
    }
    die "$self->{name} did not start: $self->{said}\n" . $self->errors;
}

sub errors
{
    my ($self) = @_;
    open my $in, '<', $self->{log} or return '';
    local $/;
    return scalar(<$in>) // '';
}

# All the processes of a peer, for their processor time: its group.
sub pids
{
    my ($self) = @_;
    my @pid;
    for my $file (glob '/proc/[0-9]*/stat') {
        open my $in, '<', $file or next;
        my ($pid, $rest) = (<$in> // '') =~ /^(\d+) \(.*\) (.*)/s or next;
        my (undef, $parent, $group) = split ' ', $rest;
        push @pid, [ $pid, $parent, $group ];
    }
    my %mine = map { $_->[0] => 1 } grep { $_->[2] == $self->{pid} } @pid;
    # some make a group of their own
    for (1 .. 4) {
        $mine{ $_->[0] } = 1 for grep { $mine{ $_->[1] } } @pid;
    }
    return sort { $a <=> $b } keys %mine;
}

sub stop
{
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    kill 'TERM', $pid;
    for (1 .. 300) {
        return if waitpid($pid, POSIX::WNOHANG()) != 0;
        sleep 0.05;
    }
    kill 'KILL', -$pid;
    waitpid $pid, 0;
    return;
}

sub DESTROY
{
    my ($self) = @_;
    local ($?, $@);
    $self->stop if $self->{pid} && $self->{owner} == $$;
    return;
}

# --- asked and compared

my $coder = JSON::PP->new->utf8->canonical;

# Head and body in one piece: in two, each answer would wait 40 ms for an
# acknowledgement.
sub ask
{
    my ($self, $need) = @_;
    my ($host, $port) = $self->{url} =~ m{^http://(.*):(\d+)$};
    my $body = $coder->encode($need);
    # servers close what is idle for long
    delete $self->{raw} if time - ($self->{asked} // 0) > 2;
    $self->{raw} //= Cpts::Raw->new($port);
    my $answer = $self->{raw}->send("POST $self->{path} HTTP/1.1\r\n"
        . "Host: $host:$port\r\nContent-Type: application/json\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body")->response
        or die "$self->{name}: no answer\n" . $self->errors;
    $self->{asked} = time;
    return { status => $answer->status, content => $answer->content };
}

# Sends all needs one after the other; the oracle answers each $step-th as
# well, and each answer is given to $also, if there is one, with its need.
# Dies at the first that is wrong. Returns how many the oracle has looked at
# and the size of each answer.
sub check
{
    my ($self, $world, $oracle, $step, $also) = @_;
    my ($count, $checked, @size) = (0, 0);
    for my $need (@{ $world->{need} }) {
        my $answer = $self->ask($need);
        die "$self->{name}: $answer->{status} $answer->{content}\n"
            . $self->errors if $answer->{status} != 200;
        my $json = $coder->decode($answer->{content});
        if ($count++ % ($step || 1) == 0) {
            $checked++;
            my $expected = $oracle->answer($need);
            my $told = Bench::Oracle::told($json);
            die "$self->{name}: a wrong answer to " . $coder->encode($need)
                . "\n  oracle $expected\n  peer   $told\n"
                if $told ne $expected;
        }
        $oracle->saw($json);
        $also->($need, $json) if $also;
        push @size, length $answer->{content};
    }
    return ($checked, @size);
}

# Two answers in one line each, members in order: numbers as numbers.
sub plain
{
    my ($value) = @_;
    return '[' . join(',', map { plain($_) } @$value) . ']'
        if ref $value eq 'ARRAY';
    return '{' . join(',', map { "$_:" . plain($value->{$_}) }
                      sort keys %$value) . '}' if ref $value eq 'HASH';
    return !defined $value ? 'null'
        : ref $value ? bool($value)
        : $value =~ /^-?\d+(\.\d+)?$/ ? 0 + $value : qq("$value");
}

1;
