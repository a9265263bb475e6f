# SPDX-License-Identifier: Apache-2.0
# A throwaway httpd with mod_cpts: own folder, port, database and logs.
package Cpts::Server;

use strict;
use warnings;

use Carp qw(croak);
use Cwd qw(abs_path);
use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use HTTP::Tiny;
use IPC::Open2 qw(open2);
use IO::Socket::INET;
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use POSIX ();
use Test::More ();
use Text::ParseWords qw(shellwords);
use Time::HiRes qw(sleep time);

use Cpts::Raw;
use Cpts::Response;

=head1 SYNOPSIS

    my $server = Cpts::Server->new;      # started, four accounts, no sheet
    my $answer = $server->get('/me', as => 'docteur');
    is $answer->status, 200;
    $server->finish;                     # stops, judges the error log

=head1 OPTIONS of new

    start      => 0        do not start yet
    directives => TEXT     further lines in the main server (CptsProposals 2)
    territory  => TEXT     instead of the lines CptsTerritory, CptsCommunes,
                           CptsPerimeter
    location   => TEXT     further lines in the API's Location
    config     => TEXT     further lines at the end of httpd.conf, or a
                           function that makes them
    modules    => [...]    further stock modules (deflate)
    main       => 0        no territory in the main server
    log_level  => TEXT     after LogLevel ("info")
    accounts   => [...]    [name, role, rpps] each, instead of the usual four
    database   => 0        make no database
    sheets     => FILE     CSV to import
    children   => 2        child processes, threads => 8 in each
    clock      => CLOCK    a Cpts::Clock: httpd and cptsctl see its time

=cut

# name, role, RPPS: the accounts that every test can count on
our @ACCOUNTS = (
    [ 'docteur',      'doctor', '99900000012' ],
    [ 'docteur2',     'doctor', '99900000020' ],
    [ 'pharmacie',    'professional' ],
    [ 'coordination', 'coordinator' ],
);

our $TERRITORY = 'Territoire des tests';

# Two perimeters on the example territory, the second by a pattern.
our $PERIMETERS = <<'LINES';
CptsPerimeter coteaux 31113 31035 31446 31411
CptsPerimeter lauragais ~31(004|025|036)
LINES

my @MODULES = qw(unixd log_config authn_core authz_core authz_user
    auth_basic authn_file mime dbd setenvif headers env alias);

# Everything waits longer under a sanitizer.
sub patience { return $ENV{CPTS_HTTPD_WRAP} ? 120 : 30 }

my @running;

sub environment
{
    my ($name) = @_;
    my $value = $ENV{$name};
    if (!defined $value || $value eq '') {
        Test::More::BAIL_OUT("$name is not set: run this with make check");
    }
    return $value;
}

sub new
{
    my ($class, %option) = @_;
    my $self = bless {
        mpm       => 'event',
        children  => 2,
        threads   => 8,
        log_level => 'info',
        accounts  => \@ACCOUNTS,
        database  => 1,
        start     => 1,
        main      => 1,
        # a burst may take every worker: that is what it is for; and httpd
        # minds connections that linger while it stops
        expected  => [
            qr/AH00(?:484|286|161): server reached MaxRequestWorkers/,
            qr/AH03092: process_lingering_close/ ],
        base      => '/cpts/api',
        owner     => $$,
        %option,
    }, $class;

    $self->{dir} = abs_path(tempdir('cpts-XXXXXXXX', TMPDIR => 1));
    chmod 0711, $self->{dir} or croak "chmod: $!";
    for my $folder (qw(logs db run htdocs)) {
        mkdir "$self->{dir}/$folder" or croak "mkdir $folder: $!";
    }
    $self->{file} = "$self->{dir}/db/cpts.db";
    $self->{port} = free_port();
    push @running, $self;
    $self->make_database if $self->{database};
    $self->give_away;
    $self->start if $self->{start};
    return $self;
}

sub is_root { return $> == 0 }

# --- the database, by the administrator's command --------------------------

# Runs cptsctl; returns its exit code and what it printed.
sub ctl
{
    my ($self, $input, @argument) = @_;
    my $wrap = $ENV{CPTS_CTL_WRAP} // '';
    my @command = ($self->clock_command, shellwords($wrap),
                   environment('CPTS_CTL'), @argument);
    my $in  = "$self->{dir}/run/ctl.in";
    my $out = "$self->{dir}/run/ctl.out";
    write_file($in, $input);
    my $pid = fork // croak "fork: $!";
    if ($pid == 0) {
        open STDIN,  '<', $in        or POSIX::_exit(99);
        open STDOUT, '>', $out       or POSIX::_exit(99);
        open STDERR, '>&', \*STDOUT  or POSIX::_exit(99);
        exec { $command[0] } @command or POSIX::_exit(98);
    }
    waitpid $pid, 0;
    return ($?, read_file($out));
}

# The same; anything but success ends the test.
sub ctl_ok
{
    my ($self, $input, @argument) = @_;
    my ($status, $output) = $self->ctl($input, '-d', $self->{file},
                                       @argument);
    if ($status != 0) {
        croak "cptsctl @argument: status $status\n$output";
    }
    return $output;
}

sub make_database
{
    my ($self) = @_;
    $self->ctl_ok('', 'init');
    $self->account_add(@$_) for @{ $self->{accounts} };
    if (my $sheets = $self->{sheets}) {
        $self->ctl_ok('', 'import', 'sheets', $sheets, '--communes',
                      communes_file());
    }
    return;
}

sub password { return "secret of $_[0]" }

sub account_add
{
    my ($self, $name, $role, $rpps) = @_;
    my @own = defined $rpps ? ('--rpps', $rpps) : ();
    $self->ctl_ok(password($name) . "\n", 'account', 'add', $name, $role,
                  @own, '--password-stdin', '--allow-weak');
    return;
}

sub communes_file
{
    return environment('CPTS_SRCDIR') . '/examples/communes.csv';
}

# Made-up contours of those communes.
sub contours_file
{
    return environment('CPTS_SRCDIR') . '/t/data/territory/contours.geojson';
}

# As root the children run as www-data: the database becomes theirs.
sub give_away
{
    my ($self) = @_;
    return if !is_root();
    my (undef, undef, $uid, $gid) = getpwnam 'www-data';
    croak 'no user www-data' if !defined $uid;
    my $folder = "$self->{dir}/db";
    chown $uid, $gid, $folder, glob "$folder/*";
    return;
}

# Runs one SQL text with the sqlite3 command, as an administrator would.
sub sqlite
{
    my ($self, $sql, %option) = @_;
    my $file = $option{file} // $self->{file};
    my $in  = "$self->{dir}/run/sql.$$.in";
    my $out = "$self->{dir}/run/sql.$$.out";
    write_file($in, ".bail on\n.timeout 20000\n$sql\n");
    system "sqlite3 '$file' <'$in' >'$out' 2>&1";
    my $status = $?;
    my $text = read_file($out);
    croak "sqlite3: $text" if $status != 0 && !$option{may_fail};
    return $text;
}

# Begins to write with a sqlite3 process of its own, and says when it has; the
# function that is returned commits.
sub begin_write
{
    my ($self, $sql) = @_;
    my $pid = open2(my $out, my $in, 'sqlite3', $self->{file});
    $in->autoflush(1);
    print {$in} ".timeout 20000\nBEGIN IMMEDIATE;\n" . ($sql // '')
        . "\nSELECT 'locked';\n";
    my $line = <$out> // '';
    croak "no lock: $line" if $line !~ /locked/;
    return sub {
        print {$in} "COMMIT;\n.quit\n";
        close $in;
        waitpid $pid, 0;
    };
}

# --- configuration ----------------------------------------------------------

sub free_port
{
    my $socket = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1)
        or croak "no free port: $!";
    return $socket->sockport;
}

sub territory_lines
{
    my ($self) = @_;
    return $self->{territory} if defined $self->{territory};
    my $communes = communes_file();
    return <<"LINES" . $PERIMETERS;
CptsTerritory "$TERRITORY"
CptsCommunes "$communes"
LINES
}

sub load_lines
{
    my ($self) = @_;
    my $folder = environment('CPTS_MODULEDIR');
    my $lines = '';
    for my $name ("mpm_$self->{mpm}", @MODULES,
                  @{ $self->{modules} // [] }) {
        next if !-e "$folder/mod_$name.so";
        $lines .= "<IfModule !${name}_module>\n"
            . "LoadModule ${name}_module \"$folder/mod_$name.so\"\n"
            . "</IfModule>\n";
    }
    my $module = environment('CPTS_MODULE');
    return $lines . "LoadModule cpts_module \"$module\"\n";
}

sub location_lines
{
    my ($self, $base) = @_;
    my $further = $self->{location} // '';
    my $health = $self->{health_location} // 'Require all granted';
    return <<"LINES";
<Location "$base">
    SetHandler cpts
    AuthType Basic
    AuthName "mod_cpts"
    AuthBasicProvider cpts
    AuthzSendForbiddenOnFailure On
    Require cpts-role doctor professional coordinator delegate
    $further
</Location>
<Location "$base/health">
    $health
</Location>
<Location "$base/openapi.json">
    Require all granted
</Location>
<Location "$base/contact">
    Require all granted
</Location>
<LocationMatch "^$base/invitations/(open|use)\$">
    Require all granted
</LocationMatch>
<Location "$base/links">
    Require all granted
</Location>
LINES
}

sub dbd_lines
{
    my ($self, $file) = @_;
    $file //= $self->{file};
    return <<"LINES";
DBDriver sqlite3
DBDParams "file:$file?mode=rw"
DBDPersist Off
LINES
}

# What the main server has; a test of virtual hosts writes its own.
sub main_lines
{
    my ($self) = @_;
    return $self->dbd_lines . $self->territory_lines
        . ($self->{directives} // '') . "\n"
        . $self->location_lines($self->{base});
}

# How the processes are laid out; prefork has no threads.
sub process_lines
{
    my ($self) = @_;
    my ($children, $threads) = ($self->{children}, $self->{threads});
    return <<"LINES" if $self->{mpm} eq 'prefork';
StartServers $children
MinSpareServers 1
MaxSpareServers $children
ServerLimit $children
MaxRequestWorkers $children
LINES
    my $workers = $children * $threads;
    return <<"LINES";
StartServers $children
ServerLimit @{[ $children * 2 ]}
ThreadsPerChild $threads
ThreadLimit $threads
MinSpareThreads 1
MaxSpareThreads $workers
MaxRequestWorkers $workers
LINES
}

sub http_conf
{
    my ($self) = @_;
    my $identity = is_root() ? "User www-data\nGroup www-data\n" : '';
    my $config = $self->{config} // '';
    $config = $config->($self) if ref $config;
    return <<"CONF";
ServerRoot "$self->{dir}"
ServerName 127.0.0.1
Listen 127.0.0.1:$self->{port}
PidFile "$self->{dir}/run/httpd.pid"
DefaultRuntimeDir "$self->{dir}/run"
ErrorLog "$self->{dir}/logs/error.log"
LogLevel $self->{log_level}
@{[ $self->load_lines ]}
LogFormat "%h %u \\"%r\\" %>s %b \\"%{User-Agent}i\\" %P %k" test
CustomLog "$self->{dir}/logs/access.log" test
$identity
@{[ $self->process_lines ]}
MaxConnectionsPerChild 0
GracefulShutdownTimeout 20
Timeout 20
KeepAlive On
KeepAliveTimeout 5
MaxKeepAliveRequests 0
TypesConfig /dev/null
DocumentRoot "$self->{dir}/htdocs"
<Directory "/">
    AllowOverride None
    Require all denied
</Directory>
@{[ $self->{main} ? $self->main_lines : '' ]}
$config
CONF
}

sub write_conf
{
    my ($self) = @_;
    write_file("$self->{dir}/httpd.conf", $self->http_conf);
    return;
}

sub command
{
    my ($self, @further) = @_;
    return ($self->clock_command, shellwords($ENV{CPTS_HTTPD_WRAP} // ''),
            environment('CPTS_HTTPD'), '-d', $self->{dir},
            '-f', "$self->{dir}/httpd.conf", @further);
}

sub clock_command
{
    my ($self) = @_;
    return $self->{clock} ? $self->{clock}->command : ();
}

# httpd -t: exit status and what it printed.
sub configtest
{
    my ($self) = @_;
    $self->write_conf;
    my $pid = $self->spawn($self->command('-t'));
    waitpid $pid, 0;
    return ($?, read_file("$self->{dir}/logs/output"));
}

# --- the process ------------------------------------------------------------

sub spawn
{
    my ($self, @command) = @_;
    my $pid = fork // croak "fork: $!";
    return $pid if $pid != 0;
    # a group of its own: a signal from the keyboard is ours to hand on
    POSIX::setpgid(0, 0);
    open STDIN,  '<', '/dev/null'                or POSIX::_exit(99);
    open STDOUT, '>', "$self->{dir}/logs/output" or POSIX::_exit(99);
    open STDERR, '>&', \*STDOUT                  or POSIX::_exit(99);
    exec { $command[0] } @command or POSIX::_exit(98);
}

sub start
{
    my ($self) = @_;
    croak 'started already' if $self->{pid};
    for my $try (1 .. 5) {
        return $self if $self->try_start;
        if ($self->startup_text !~ /Address already in use/) {
            croak "httpd did not start:\n" . $self->startup_text;
        }
        $self->{port} = free_port();
    }
    croak 'no port was free five times';
}

sub startup_text
{
    my ($self) = @_;
    return join '', map { -e $_ ? read_file($_) : '' }
        "$self->{dir}/logs/output", "$self->{dir}/logs/error.log";
}

sub try_start
{
    my ($self) = @_;
    $self->write_conf;
    my $mark = $self->log_size;
    unlink "$self->{dir}/run/httpd.pid";
    $self->{pid} = $self->spawn($self->command('-DFOREGROUND'));
    $self->watch;
    my $ready = wait_for(sub {
        return -1 if waitpid($self->{pid}, POSIX::WNOHANG()) > 0;
        return $self->log_since($mark) =~ /resuming normal operations/
            && $self->children >= $self->{children}
            && $self->connects;
    });
    if ($ready && $ready > 0) {
        return 1;
    }
    $self->kill_all if !$ready;
    $self->gone;
    return 0;
}

# A process that outlives a test that is killed, and then ends its httpd: it
# reads from a pipe whose other end only the test holds.
sub watch
{
    my ($self) = @_;
    pipe my $read, my $write or croak "pipe: $!";
    my $pid = fork // croak "fork: $!";
    if ($pid == 0) {
        $SIG{$_} = 'IGNORE' for qw(INT TERM HUP PIPE);
        close $_ for $write, *STDIN, *STDOUT, *STDERR;
        if (!sysread $read, my $word, 1) {
            kill '-KILL', $self->{pid};
            remove_tree($self->{dir}) if !$ENV{CPTS_KEEP};
        }
        POSIX::_exit(0);
    }
    $self->{watch} = [ $pid, $write ];
    return;
}

# The httpd has ended: so does who watches it.
sub gone
{
    my ($self) = @_;
    $self->{pid} = undef;
    my $watch = delete $self->{watch} or return;
    my ($pid, $write) = @$watch;
    syswrite $write, '.';
    close $write;
    waitpid $pid, 0;
    return;
}

sub connects
{
    my ($self) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $self->{port}, Timeout => 1);
    return defined $socket;
}

# Polls until the code says something true; undef when time is up.
sub wait_for
{
    my ($code, $seconds) = @_;
    my $deadline = time + ($seconds // patience());
    while (1) {
        my $value = $code->();
        return $value if $value;
        return undef if time > $deadline;
        sleep 0.05;
    }
}

# The child processes that serve requests.
sub children
{
    my ($self) = @_;
    return () if !$self->{pid};
    return child_pids($self->{pid});
}

sub child_pids
{
    my ($parent) = @_;
    my @child;
    for my $file (glob '/proc/[0-9]*/stat') {
        open my $in, '<', $file or next;
        my $line = <$in> // next;
        my ($pid, $state, $ppid) = $line =~ /^(\d+) \(.*\) (\S) (\d+)/s
            or next;
        push @child, $pid if $ppid == $parent && $state ne 'Z';
    }
    return @child;
}

sub stop
{
    my ($self) = @_;
    my $pid = $self->{pid} or return;
    # gracefully: on TERM a stock event MPM now and then crashes in closing
    # the sockets of workers that are closing them too; the others would wait
    kill $self->{mpm} eq 'event' ? 'WINCH' : 'TERM', $pid;
    # a child that hangs is killed by httpd, after GracefulShutdownTimeout
    my $gone = wait_for(sub { waitpid($pid, POSIX::WNOHANG()) != 0 },
                        2 * patience());
    $self->kill_all if !$gone;
    $self->gone;
    return $gone ? 1 : 0;
}

sub kill_all
{
    my ($self) = @_;
    my $pid = $self->{pid} or return;
    kill 'KILL', $self->children, $pid;
    waitpid $pid, 0;
    return;
}

sub restart
{
    my ($self) = @_;
    $self->stop;
    return $self->start;
}

# Graceful restart; returns when the new generation has taken over.
sub graceful
{
    my ($self) = @_;
    $self->write_conf;
    my $mark = $self->log_size;
    kill 'USR1', $self->{pid};
    my $done = wait_for(sub {
        return $self->log_since($mark) =~ /resuming normal operations/;
    });
    croak "no graceful restart:\n" . $self->log_since($mark) if !$done;
    return $self;
}

# --- logs -------------------------------------------------------------------

sub error_log  { return "$_[0]{dir}/logs/error.log" }
sub access_log { return "$_[0]{dir}/logs/access.log" }
sub log_size   { return -s $_[0]->error_log || 0 }

sub log_since
{
    my ($self, $mark) = @_;
    open my $in, '<', $self->error_log or return '';
    seek $in, $mark // 0, 0;
    local $/;
    return scalar(<$in>) // '';
}

sub log_text { return $_[0]->log_since(0) }

# Declares lines of level error or worse that this test provokes.
sub expect_log
{
    my ($self, @pattern) = @_;
    push @{ $self->{expected} }, @pattern;
    return $self;
}

# What httpd itself says, at level error, when access is refused.
sub expect_refusals
{
    my ($self) = @_;
    return $self->expect_log(qr/AH0(?:1617|1618|1627|1630|1631|1807):/);
}

my $ALARM = qr/\[[\w.-]*:(?:error|crit|alert|emerg)\]
    |exit\ signal|Sanitizer|runtime\ error:|Assertion|core\ dump/x;

sub unexpected
{
    my ($self) = @_;
    my @bad;
    my $text = $self->log_text;
    if (-e "$self->{dir}/logs/output") {
        $text .= read_file("$self->{dir}/logs/output");
    }
    LINE: for my $line (split /\n/, $text) {
        next if $line !~ $ALARM;
        for my $pattern (@{ $self->{expected} }) {
            next LINE if $line =~ $pattern;
        }
        push @bad, $line;
    }
    return @bad;
}

# Stops, judges the error log, removes the folder. One test.
sub finish
{
    my ($self, $name) = @_;
    return if $self->{finished}++;
    my $stopped = $self->{pid} ? $self->stop : 1;
    my @bad = $self->unexpected;
    push @bad, 'httpd had to be killed' if !$stopped;
    my $good = Test::More::ok(!@bad,
        $name // 'nothing unexpected in the error log');
    if (!$good) {
        splice @bad, 20;
        Test::More::diag($_) for @bad;
    }
    $self->remove;
    return $good;
}

sub remove
{
    my ($self) = @_;
    @running = grep { $_ != $self } @running;
    if ($ENV{CPTS_KEEP}) {
        Test::More::diag("kept: $self->{dir}");
        return;
    }
    remove_tree($self->{dir}, { safe => 0, error => \my $ignored });
    return;
}

# A test that dies must not leave a server behind.
END {
    my $status = $?;
    for my $server (@running) {
        next if $server->{owner} != $$;
        $server->kill_all;
        $server->gone;
        Test::More::diag("killed the httpd of a test that did not finish\n"
            . substr $server->log_text, -2000)
            if $status != 0 && $server->log_size > 0;
        $server->remove;
    }
    $? = $status;
}
$SIG{$_} //= sub { exit 130 } for qw(INT TERM HUP PIPE);

# --- requests ---------------------------------------------------------------

sub basic
{
    my ($name, $password) = @_;
    $password //= password($name);
    return 'Basic ' . encode_base64("$name:$password", '');
}

sub origin { return "http://127.0.0.1:$_[0]{port}" }

# One request over a connection of its own.
#   as => NAME, password => TEXT     basic authentication
#   json => DATA                     a JSON body with its content type
#   body => BYTES, type => TEXT      any other body
#   headers => {}, base => PATH      further headers; instead of /cpts/api
#   via => HTTP::Tiny                a connection to keep
sub request
{
    my ($self, $method, $path, %option) = @_;
    my %header = %{ $option{headers} // {} };
    if (defined $option{as}) {
        $header{Authorization} = basic($option{as}, $option{password});
    }
    my %argument = (headers => \%header);
    if (exists $option{json}) {
        $argument{content} = encode_json($option{json});
        $header{'Content-Type'} = $option{type} // 'application/json';
    }
    elsif (defined $option{body}) {
        $argument{content} = $option{body};
        $header{'Content-Type'} = $option{type} // 'application/json'
            if !exists $option{type} || defined $option{type};
    }
    my $base = $option{base} // $self->{base};
    my $agent = $option{via} // $self->agent;
    my $answer = $agent->request($method, $self->origin . $base . $path,
                                 \%argument);
    return Cpts::Response->new($answer, "$method $path");
}

sub agent
{
    my ($self, %option) = @_;
    return HTTP::Tiny->new(agent => 'cpts-test', keep_alive => 0,
        max_redirect => 0, timeout => patience(), proxy => undef,
        http_proxy => undef, no_proxy => ['127.0.0.1'], %option);
}

sub get    { my ($self, @rest) = @_; return $self->request('GET', @rest) }
sub head   { my ($self, @rest) = @_; return $self->request('HEAD', @rest) }
sub put    { my ($self, @rest) = @_; return $self->request('PUT', @rest) }
sub delete { my ($self, @rest) = @_; return $self->request('DELETE', @rest) }

# POST with JSON: $server->post('/match', { ... }, as => 'pharmacie')
sub post
{
    my ($self, $path, $json, %option) = @_;
    return $self->request('POST', $path, json => $json, %option);
}

# The bytes of one request, for a raw connection; options as of request(),
# and host => TEXT, version => '1.0'.
sub wire
{
    my ($self, $method, $path, %option) = @_;
    my $version = $option{version} // '1.1';
    my $body = exists $option{json} ? encode_json($option{json})
        : $option{body};
    my %header = (Host => $option{host} // "127.0.0.1:$self->{port}");
    if (defined $body) {
        $header{'Content-Type'} = $option{type} // 'application/json';
        $header{'Content-Length'} = length $body;
    }
    $header{Authorization} = basic($option{as}, $option{password})
        if defined $option{as};
    %header = (%header, %{ $option{headers} // {} });
    my $base = $option{base} // $self->{base};
    my $head = join '', map { "$_: $header{$_}\r\n" }
        grep { defined $header{$_} } sort keys %header;
    return "$method $base$path HTTP/$version\r\n$head\r\n"
        . ($body // '');
}

# Sends all requests at once, each over a connection of its own, so that
# every child gets some; returns the answers in order (undef: none came).
sub burst
{
    my ($self, @wire) = @_;
    my @connection = map { $self->raw->send($_) } @wire;
    return map { scalar $_->response(timeout => patience()) } @connection;
}

# The process numbers of the children that answered, from the access log.
sub served_by
{
    my ($self) = @_;
    my %pid = map { $_ => 1 } read_file($self->access_log) =~ / (\d+) \d+$/mg;
    my @pid = sort keys %pid;
    return @pid;
}

# A raw connection, for what HTTP::Tiny would not send.
sub raw
{
    my ($self) = @_;
    return Cpts::Raw->new($self->{port});
}

my $coder = JSON::PP->new->utf8->canonical->allow_nonref;
sub encode_json { return $coder->encode($_[0]) }
sub decode_json { return $coder->decode($_[0]) }

# --- files ------------------------------------------------------------------

sub read_file
{
    my ($file) = @_;
    open my $in, '<:raw', $file or croak "$file: $!";
    local $/;
    return scalar(<$in>) // '';
}

sub write_file
{
    my ($file, $text) = @_;
    open my $out, '>:raw', $file or croak "$file: $!";
    print {$out} $text or croak "$file: $!";
    close $out or croak "$file: $!";
    return;
}

1;
