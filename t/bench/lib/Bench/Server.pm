# SPDX-License-Identifier: Apache-2.0
# The httpd of the tests, laid out for figures: one child, no access log.
package Bench::Server;

use strict;
use warnings;

use parent 'Cpts::Server';

# Connections and threads: enough that httpd never waits for the client.
our $THREADS = 16;

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
    $self->sqlite("BEGIN;\n" . join('', map {
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

# What the territory's turns are keyed with, 16 bytes.
sub rotation_key
{
    my ($self) = @_;
    my $hex = $self->sqlite('SELECT hex(rotation_key) FROM territory;');
    return pack 'H*', $hex =~ s/\s//gr;
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
