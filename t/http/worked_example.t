#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The worked example of docs/matching.md, asked of a real httpd.
use strict;
use warnings;
use utf8;

use JSON::PP ();
use POSIX ();
use Test::More;

use Cpts::Check;
use Cpts::Server;

my $DOCUMENT = "$ENV{CPTS_SRCDIR}/docs/matching.md";
# the day of the example; the server has its own
my $TODAY = '2026-06-15';

my $text = read_text($DOCUMENT);
my $territory = block('territory');
my $sheets = block('sheets');

sub read_text
{
    my ($file) = @_;
    open(my $in, '<:encoding(UTF-8)', $file) or die "$file: $!";
    my $all = do { local $/ = undef; <$in> };
    close($in);
    return $all;
}

# The block of the document that begins with ```json NAME.
sub block
{
    my ($name) = @_;
    $text =~ /^```json \Q$name\E\n(.*?)^```$/ms
        or die "$DOCUMENT has no block $name";
    return JSON::PP->new->allow_nonref->decode($1);
}

# Days since 1970 of YYYY-MM-DD, and back.
sub day_number
{
    my ($year, $month, $day) = split /-/, $_[0];
    # noon, so that an hour more or less is the same day
    return POSIX::floor(POSIX::mktime(0, 0, 12, $day, $month - 1,
                                      $year - 1900) / 86_400);
}

sub day_text
{
    my ($number) = @_;
    return POSIX::strftime('%Y-%m-%d',
                           localtime($number * 86_400 + 43_200));
}

# The same distance from the server's today as in the example.
sub moved
{
    my ($date) = @_;
    return day_text(day_number($date) - day_number($TODAY)
                    + day_number(today()));
}

sub directives
{
    my ($folder) = @_;
    my $file = "$folder/communes.csv";
    open(my $out, '>:encoding(UTF-8)', $file) or die "$file: $!";
    print {$out} "insee,name,lat,lon,population\n";
    for my $commune (@{ $territory->{communes} }) {
        print {$out} join(',', map { $commune->{$_} }
                          qw(insee name lat lon population)), "\n";
    }
    close($out) or die "$file: $!";
    my $lines = "CptsTerritory \"Exemple\"\nCptsCommunes \"$file\"\n"
        . "CptsRefresh 0s\n";
    for my $name (sort keys %{ $territory->{perimeters} }) {
        $lines .= "CptsPerimeter $name "
            . join(' ', @{ $territory->{perimeters}{$name} }) . "\n";
    }
    return $lines;
}

# What the document shows must be there; lists must be whole.
sub shows
{
    my ($shown, $got, $where) = @_;
    if (ref $shown eq 'HASH') {
        return "$where is no object" if ref $got ne 'HASH';
        for my $name (sort keys %$shown) {
            my $wrong = shows($shown->{$name}, $got->{$name},
                              "$where/$name");
            return $wrong if $wrong;
        }
        return;
    }
    if (ref $shown eq 'ARRAY') {
        return "$where is no list" if ref $got ne 'ARRAY';
        return "$where has " . @$got . ' items' if @$got != @$shown;
        for my $i (0 .. $#$shown) {
            my $wrong = shows($shown->[$i], $got->[$i], "$where/$i");
            return $wrong if $wrong;
        }
        return;
    }
    return if defined $got && "$got" eq "$shown";
    return "$where is " . ($got // 'null') . ", not $shown";
}

my $server = Cpts::Server->new(start => 0);
$server->{territory} = directives($server->{dir});
$server->start;

for my $sheet (@$sheets) {
    my %sent = %$sheet;
    delete $sent{confirmed_on};
    is_status($server->post('/sheets', \%sent, as => 'coordination'), 201,
              "$sheet->{name} is put in");
}

# Nobody can confirm in the past, so an administrator does. Every change of a
# sheet has a generation of its own.
my $sql = '';
for my $sheet (@$sheets) {
    $sql .= 'UPDATE territory SET generation = generation + 1;'
        . "UPDATE practitioner SET confirmed_on = '"
        . moved($sheet->{confirmed_on}) . "', generation ="
        . " (SELECT generation FROM territory) WHERE rpps ="
        . " '$sheet->{rpps}';\n";
}
$server->sqlite("BEGIN IMMEDIATE;\n${sql}COMMIT;");

my $due = block('answer');
$_->{confirmed_on} = moved($_->{confirmed_on}) for @{ $due->{proposals} };
my $answer = $server->post('/match', block('need'), as => 'pharmacie');
is_status($answer, 200, 'the need of the example');
is(shows($due, $answer->json, ''), undef, 'has the answer of the example')
    or diag($answer->content);

# The key of this database is its own: either of the two equals may be first.
my $turns = $server->post('/match', block('need-of-turns'),
                          as => 'pharmacie');
is_status($turns, 200, 'the need of the turns');
my @rpps = map { $_->{rpps} } @{ $turns->json->{proposals} };
my @days = values %{ block('turns') };
ok(scalar(grep { "@$_" eq "@rpps" } @days), 'is one of the orders told')
    or diag("@rpps");

$server->finish;
done_testing();
