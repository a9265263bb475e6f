# SPDX-License-Identifier: Apache-2.0
# The httpd of the tests, laid out for figures: one child, no access log.
package Bench::Server;

use strict;
use warnings;

use parent 'Cpts::Server';

use Digest::SHA qw(sha1_base64);

# Enough that httpd never waits for the client. More threads than connections:
# where all are busy the event MPM closes connections that are kept alive.
our $CONNECTIONS = 16;
our $THREADS     = 32;
# Of httpd's modules for processes, the one to measure.
our $MPM = $ENV{CPTS_BENCH_MPM} || 'event';

# What the turns of equals are keyed with: the same proposals at each run.
our $KEY = 'sixteen bytes...';

# The accounts that record, in turn: none comes near its daily ceiling.
our $ACCOUNTS = 1000;
# Doctors who change their sheets.
our $DOCTORS = 32;

# start_with(folder => DIR, world => WORLD, options of new): files, database,
# running httpd.
sub start_with
{
    my ($class, $folder, $world, %option) = @_;
    my $communes = "$folder/communes.csv";
    $world->write_communes($communes);
    $world->write_sheets("$folder/sheets.csv");
    my $self = $class->new(start => 0, mpm => $MPM, children => 1,
        threads => $THREADS, log_level => 'warn', accounts => [], territory => <<"LINES",
CptsTerritory "CPTS de mesure"
CptsCommunes "$communes"
CptsDailyConsultations 10000
LINES
        %option);
    $self->ctl_ok('', 'import', 'sheets', "$folder/sheets.csv",
                  '--communes', $communes);
    $self->add_accounts($world);
    my $key = unpack 'H*', $KEY;
    $self->sqlite("BEGIN;\nUPDATE territory SET rotation_key = X'$key';\n"
        . join('', map {
        my $day = $world->day(-$_->{age});
        "UPDATE practitioner SET confirmed_on = '$day'"
            . " WHERE rpps = '$_->{rpps}';\n"
    } @{ $world->{sheet} }) . 'COMMIT;');
    return $option{start} // 1 ? $self->start : $self;
}

# bench1..., professionals, numbered from 1 on as routes_bench.c expects; who
# sign in: one more professional, and doctors of open sheets, doc0...
sub add_accounts
{
    my ($self, $world) = @_;
    my @open = grep { $_->{state} eq 'open' && $_->{places} > 0 }
        @{ $world->{sheet} };
    splice @open, $DOCTORS if @open > $DOCTORS;
    $self->{doctor} = [ map { { name => "doc$_",
        rpps => $open[$_]{rpps} } } 0 .. $#open ];
    my $id = 0;
    my @row = map { $id++; "($id, '$_->[0]', '!', '$_->[1]', $_->[2], 0, 1)" }
        (map { [ "bench$_", 'professional', 'NULL' ] } 1 .. $ACCOUNTS),
        [ 'ledger', 'professional', 'NULL' ],
        map { [ $_->{name}, 'doctor', "'$_->{rpps}'" ] }
        @{ $self->{doctor} };
    $self->sqlite('INSERT INTO account'
        . ' (id, name, hash, role, rpps, disabled, created_at) VALUES '
        . join(",\n", @row) . ';');
    # a hash that costs nothing: here bcrypt is not what is measured
    Cpts::Server::write_file("$self->{dir}/users", join '', map {
        "$_:{SHA}" . sha1_base64(Cpts::Server::password($_)) . "=\n"
    } 'ledger', map { $_->{name} } @{ $self->{doctor} });
    return;
}

# Nobody signs in where a match is measured: that is the same for every route. Doctors who change their sheets do, and who keeps a ledger.
sub location_lines
{
    my ($self, $base) = @_;
    my $further = $self->{location} // '';
    return <<"LINES";
<Location "$base">
    SetHandler cpts
    Require all granted
    $further
</Location>
<LocationMatch "^$base/(sheets|match\$)">
    AuthType Basic
    AuthName "mod_cpts"
    AuthBasicProvider file
    AuthUserFile "$self->{dir}/users"
    Require cpts-role doctor professional
</LocationMatch>
LINES
}

sub http_conf
{
    my ($self) = @_;
    my $text = $self->SUPER::http_conf;
    $text =~ s/^(?:CustomLog|LogFormat) .*\n//mg;
    return $text . <<"LINES";
<Directory "$self->{dir}/htdocs">
    AllowOverride None
    Require all granted
    AddType application/json .json
</Directory>
LINES
}

# Files of white space and {}: JSON as well, of so many bytes each.
sub write_static
{
    my ($self, @bytes) = @_;
    for my $bytes (@bytes) {
        my $file = "$self->{dir}/htdocs/$bytes.json";
        next if -e $file;
        Cpts::Server::write_file($file, ' ' x ($bytes - 2) . '{}');
        chmod 0644, $file;
    }
    return;
}

# At once: between parts nobody waits for httpd to end well.
sub stop
{
    my ($self) = @_;
    return if !$self->{pid};
    $self->kill_all;
    $self->gone;
    return 1;
}

# Stops without a word; what the log should not hold is returned.
sub end
{
    my ($self) = @_;
    $self->SUPER::stop;
    my @bad = $self->unexpected;
    $self->remove;
    return @bad;
}

1;
