# SPDX-License-Identifier: Apache-2.0
# The httpd of the tests, laid out for figures: one child, no access log.
package Bench::Server;

use strict;
use warnings;

use parent 'Cpts::Server';

# Enough that httpd never waits for the client. More threads than connections:
# where all are busy the event MPM closes connections that are kept alive.
our $CONNECTIONS = 16;
our $THREADS     = 32;

# What the turns of equals are keyed with: the same proposals at each run.
our $KEY = 'sixteen bytes...';

# start_with(folder => DIR, world => WORLD): files, database, running httpd.
sub start_with
{
    my ($class, $folder, $world) = @_;
    my $communes = "$folder/communes.csv";
    $world->write_communes($communes);
    $world->write_sheets("$folder/sheets.csv");
    my $self = $class->new(start => 0, children => 1, threads => $THREADS,
        log_level => 'warn', accounts => [], territory => <<"LINES",
CptsTerritory "CPTS de mesure"
CptsCommunes "$communes"
CptsDailyConsultations 10000
LINES
        );
    $self->ctl_ok('', 'import', 'sheets', "$folder/sheets.csv",
                  '--communes', $communes);
    my $key = unpack 'H*', $KEY;
    $self->sqlite("BEGIN;\nUPDATE territory SET rotation_key = X'$key';\n"
        . join('', map {
        my $day = $world->day(-$_->{age});
        "UPDATE practitioner SET confirmed_on = '$day'"
            . " WHERE rpps = '$_->{rpps}';\n"
    } @{ $world->{sheet} }) . 'COMMIT;');
    return $self->start;
}

# No one signs in: authentication is the same for every route.
sub location_lines
{
    my ($self, $base) = @_;
    return <<"LINES";
<Location "$base">
    SetHandler cpts
    Require all granted
</Location>
LINES
}

sub http_conf
{
    my ($self) = @_;
    my $text = $self->SUPER::http_conf;
    $text =~ s/^(?:CustomLog|LogFormat) .*\n//mg;
    return $text;
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
