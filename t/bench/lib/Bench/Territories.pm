# SPDX-License-Identifier: Apache-2.0
# Many territories in one httpd: what they cost at its start, and in a child.
package Bench::Territories;

use strict;
use warnings;


use File::Copy qw(copy);
use File::Path qw(make_path);
use Time::HiRes qw(sleep time);

use Bench::World;

=head1 SYNOPSIS

    my @row = Bench::Territories::run(folder => DIR);
    # { work, measure, figure, aim, met }, in the order of the table

=head1 OPTIONS of run

    folder      => DIR   where files may be made; they are the caller's
    territories => 800   virtual hosts, each with files of its own
    rounds      => 5     starts of each of the two servers, in turn
    idle        => 15    seconds after which a territory is let go of
    route       => [POST => '/match-durable']   what each is asked; another
                         one that needs no sign-in may be taken

Two servers with the same virtual hosts, Locations and access rules: one has a
territory and a database in each host, the other neither mod_cpts nor mod_dbd.

=cut

my ($DOCTORS, $COMMUNES) = (100, 36);

sub run
{
    my (%option) = (territories => 800, rounds => 5, idle => 15,
        route => [ POST => '/match-durable' ], @_);
    my $files = make_files(%option);
    my %server = map {
        $_ => Bench::Territories::Httpd->prepare($_, $files, %option)
    } qw(with without);
    my ($start, $graceful) = starts(\%server, $option{rounds});
    my @row = ([ 'start, beyond the same httpd without database',
                 seconds($start), '<= 0.10 s', median(@$start) <= 0.1 ],
               [ 'graceful restart, likewise',
                 seconds($graceful), '<= 0.10 s',
                 median(@$graceful) <= 0.1 ]);
    push @row, life(%option, server => $server{with},
                    bare => $server{without});
    my @bad = map { $_->end } values %server;
    die join("\n", 'the error log says:', @bad) . "\n" if @bad;
    return map {
        { work => "$option{territories} territories", measure => $_->[0],
          figure => $_->[1], aim => $_->[2], met => $_->[3] }
    } @row;
}

# --- figures

sub median
{
    my @sorted = sort { $a <=> $b } @_;
    my $half = int(@sorted / 2);
    return @sorted % 2 ? $sorted[$half]
        : ($sorted[ $half - 1 ] + $sorted[$half]) / 2;
}

sub seconds
{
    my ($list) = @_;
    my @sorted = sort { $a <=> $b } @$list;
    return sprintf '%.3f s (%.3f to %.3f)', median(@$list), @sorted[ 0, -1 ];
}

# --- files: one database, copied; communes that differ in every file

sub make_files
{
    my (%option) = @_;
    my $world = Bench::World->new(doctors => $DOCTORS,
        communes => $COMMUNES, needs => 1);
    my $folder = "$option{folder}/territories";
    make_path($folder);
    $world->write_communes("$folder/communes.csv");
    $world->write_sheets("$folder/sheets.csv");
    my $template = Bench::Territories::Httpd->new(start => 0,
        accounts => [], sheets => undef);
    $template->ctl_ok('', 'import', 'sheets', "$folder/sheets.csv",
        '--communes', "$folder/communes.csv");
    my @file;
    for my $i (1 .. $option{territories}) {
        $_->{population}++ for @{ $world->{commune} };
        my $file = { communes => "$folder/$i.csv", db => "$folder/$i.db" };
        $world->write_communes($file->{communes});
        for my $suffix ('', '.key') {
            copy("$template->{file}$suffix", "$file->{db}$suffix")
                or die "copy: $!\n";
        }
        push @file, $file;
    }
    $template->remove;
    give_away($folder);
    return { list => \@file, need => $world->{need}[0] };
}

sub give_away
{
    my ($folder) = @_;
    chmod 0755, $folder;
    return if $> != 0;
    my (undef, undef, $uid, $gid) = getpwnam 'www-data';
    chown $uid, $gid, $folder, glob "$folder/*";
    chmod 0640, glob "$folder/*.key";
    return;
}

# --- starting: both in turn, the order alternates

sub starts
{
    my ($server, $rounds) = @_;
    my (@start, @graceful);
    for my $round (0 .. $rounds) {
        my (%start, %graceful);
        my @order = qw(with without);
        @order = reverse @order if $round % 2;
        for my $which (@order) {
            $start{$which} = $server->{$which}->timed_start;
            $graceful{$which} = $server->{$which}->timed_graceful;
            $server->{$which}->stop;
        }
        next if $round == 0;
        push @start, $start{with} - $start{without};
        push @graceful, $graceful{with} - $graceful{without};
    }
    return (\@start, \@graceful);
}

# --- one child: before the first request, after one to each, when idle

sub life
{
    my (%option) = @_;
    my ($server, $idle) = @option{qw(server idle)};
    $option{bare}->timed_start;
    my $bare = $option{bare}->child_costs;
    $option{bare}->stop;
    $server->timed_start;
    my $new = $server->child_costs;
    $server->visit_all;
    my $visited = $server->child_costs;
    # looks for idle territories are a quarter of that time apart
    sleep 1.5 * $idle + 2;
    my $after = $server->child_costs;
    my $at = sub {
        my ($name) = @_;
        return sprintf '%s; %s once all were asked; %s when idle again;'
            . ' %s without database', map { $_->{$name} } $new, $visited,
            $after, $bare;
    };
    my $most = sub {
        my ($name) = @_;
        my ($top) = sort { $b <=> $a } map { $_->{$name} } $new, $visited,
            $after;
        return $top;
    };
    return ([ 'private memory of a child, MB', $at->('memory'), '<= 60',
              $most->('memory') <= 60 ],
            [ 'descriptors of a child', $at->('descriptors'), '<= 100',
              $most->('descriptors') <= 100 ]);
}

# --- one of the two servers

package Bench::Territories::Httpd;

use strict;
use warnings;

use parent 'Cpts::Server';

use IO::Socket::INET;
use Time::HiRes qw(sleep time);

sub prepare
{
    my ($class, $which, $files, %option) = @_;
    my $self = $class->new(start => 0, main => 0, database => 0,
        children => 1, threads => 16, log_level => 'warn');
    @{$self}{qw(which files idle route)}
        = ($which, $files, @option{qw(idle route)});
    return $self;
}

sub load_lines
{
    my ($self) = @_;
    my $lines = $self->SUPER::load_lines;
    return $lines if ($self->{which} // 'with') eq 'with';
    return join '', map { "$_\n" }
        grep { !/(?:cpts|dbd)_module/ } split /\n/, $lines =~
        s{<IfModule !dbd_module>.*?</IfModule>\n}{}sr;
}

sub http_conf
{
    my ($self) = @_;
    my $text = $self->SUPER::http_conf;
    $text =~ s/^(?:CustomLog|LogFormat) .*\n//mg;
    my $list = $self->{files}{list};
    $text .= "<Directory \"$self->{dir}/htdocs\">\nRequire all granted\n"
        . "</Directory>\n";
    return join '', $text, map { $self->host($_, $list->[ $_ - 1 ]) }
        1 .. @$list;
}

sub host
{
    my ($self, $number, $file) = @_;
    my $locations = $self->location_lines('/cpts/api');
    my $own = <<"LINES";
DBDriver sqlite3
DBDParams "file:$file->{db}?mode=rw"
DBDPersist Off
CptsTerritory "Territoire $number"
CptsCommunes "$file->{communes}"
CptsIdle $self->{idle}s
LINES
    if ($self->{which} eq 'without') {
        $own = '';
        $locations =~ s/SetHandler cpts/SetHandler none/;
        $locations =~ s/AuthBasicProvider cpts/AuthBasicProvider file/;
        $locations =~ s/Require cpts-role.*/Require valid-user/;
    }
    return <<"HOST";
<VirtualHost *:$self->{port}>
ServerName t$number.example
$own$locations<Location "/cpts/api/match-durable">
Require all granted
</Location>
</VirtualHost>
HOST
}

# Seconds until the first answer.
sub timed_start
{
    my ($self) = @_;
    $self->write_conf;
    unlink "$self->{dir}/run/httpd.pid";
    my $start = time;
    $self->{pid} = $self->spawn($self->command('-DFOREGROUND'));
    $self->watch;
    until ($self->answers) {
        die "httpd did not start:\n" . $self->startup_text
            if time > $start + 30
            || waitpid($self->{pid}, POSIX::WNOHANG()) > 0;
        sleep 0.001;
    }
    return time - $start;
}

sub answers
{
    my ($self) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $self->{port}, Timeout => 5) or return 0;
    print {$socket} "HEAD / HTTP/1.0\r\n\r\n";
    return defined sysread $socket, my $bytes, 8;
}

# Seconds until the parent has started the next generation.
sub timed_graceful
{
    my ($self) = @_;
    my $mark = $self->log_size;
    my $start = time;
    kill 'USR1', $self->{pid};
    until ($self->log_since($mark) =~ /resuming normal operations/) {
        die "no graceful restart\n" if time > $start + 30;
        sleep 0.001;
    }
    return time - $start;
}

# Of the only child: megabytes that are its own, and open files.
sub child_costs
{
    my ($self) = @_;
    my ($pid) = $self->children;
    my $text = Cpts::Server::read_file("/proc/$pid/smaps_rollup");
    my $kib = 0;
    # pages of files that nobody has changed are the system's to take back
    $kib += $_ for $text =~ /^Private_Dirty:\s+(\d+)/mg;
    my @open = glob "/proc/$pid/fd/*";
    return { memory => sprintf('%.1f', $kib / 1024),
             descriptors => scalar @open };
}

sub visit_all
{
    my ($self) = @_;
    my $connection = $self->raw;
    for my $number (1 .. @{ $self->{files}{list} }) {
        my $answer = $connection->send($self->wire(@{ $self->{route} },
            host => "t$number.example", $self->{route}[0] eq 'POST'
                ? (json => $self->{files}{need}) : ()))->response;
        die "territory $number: " . $answer->summary . "\n"
            if $answer->status != 200;
    }
    return;
}

# Stops without a word; what the log should not hold is returned.
sub end
{
    my ($self) = @_;
    $self->stop;
    my @bad = $self->unexpected;
    $self->remove;
    return @bad;
}

1;
