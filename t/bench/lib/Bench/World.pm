# SPDX-License-Identifier: Apache-2.0
# A territory, its doctors and needs, the same at each run on the same day.
package Bench::World;

use strict;
use warnings;
no warnings 'portable';

use JSON::PP ();
use POSIX ();

use Cpts::Check qw(rpps);

# Random numbers of our own: those of Perl differ between machines.
sub next_random
{
    my ($self) = @_;
    use integer;
    my $x = $self->{state};
    $x ^= $x << 13;
    $x ^= ($x >> 7) & 0x01ffffffffffffff;
    $x ^= $x << 17;
    $self->{state} = $x;
    return ($x >> 11) & 0x1fffffffffffff;
}

# 0 <= number < 1
sub random { return $_[0]->next_random / 9007199254740992 }
sub below  { return $_[0]->next_random % $_[1] }
sub chance { return $_[0]->random < $_[1] }

# new(doctors => N, communes => N or file => CSV, needs => N)
sub new
{
    my ($class, %option) = @_;
    my $self = bless { state => 88172645463325252, day => {}, %option },
        $class;
    $self->{commune} = defined $self->{file} ? $self->read_communes
        : $self->make_communes;
    $self->weigh;
    $self->{sheet} = [ map { $self->make_sheet($_) }
                       1 .. $self->{doctors} ];
    $self->{need} = [ map { $self->make_need } 1 .. $self->{needs} ];
    return $self;
}

# --- communes

# A square grid of about 4 km around the middle of France; few are large:
# the population falls with the rank as that of the real ones does.
sub make_communes
{
    my ($self) = @_;
    my $count = $self->{communes};
    my $side = POSIX::ceil(sqrt $count);
    my @commune;
    for my $i (0 .. $count - 1) {
        my ($row, $column) = (int($i / $side), $i % $side);
        my $rank = ($i * 7919) % $count;
        push @commune, {
            insee => sprintf('%05d', $i + 1), name => "Commune $i",
            lat => sprintf('%.5f', 46.5 + ($row - $side / 2) * 0.036),
            lon => sprintf('%.5f', 2.5 + ($column - $side / 2) * 0.052),
            population => int(400 * (($rank + 0.5) / $count) ** -0.8),
        };
    }
    return \@commune;
}

# insee,name,lat,lon,population; names may be quoted.
sub read_communes
{
    my ($self) = @_;
    open my $in, '<:encoding(UTF-8)', $self->{file}
        or die "$self->{file}: $!\n";
    my @commune;
    while (my $line = <$in>) {
        my ($insee, $name, $lat, $lon, $population)
            = $line =~ /^(\w{5}),("(?:[^"]|"")*"|[^,"]*),([^,]+),([^,]+),(\d+)/
            or next;
        push @commune, { insee => $insee, name => $name, lat => $lat,
            lon => $lon, population => $population };
    }
    return \@commune;
}

# Doctors and patients are where people live.
sub weigh
{
    my ($self) = @_;
    my $sum = 0;
    $self->{upto} = [ map { $sum += $_->{population} }
                      @{ $self->{commune} } ];
    $self->{people} = $sum;
    return;
}

sub any_commune
{
    my ($self) = @_;
    my $person = $self->below($self->{people});
    my ($low, $high) = (0, $#{ $self->{upto} });
    while ($low < $high) {
        my $middle = int(($low + $high) / 2);
        if ($self->{upto}[$middle] > $person) { $high = $middle }
        else { $low = $middle + 1 }
    }
    return $low;
}

# --- sheets

my @LANGUAGES = qw(ar en es pt tr de it fsl);

sub make_site
{
    my ($self, $number) = @_;
    my $commune = $self->{commune}[$number];
    my $site = { commune => $commune->{insee}, lat => $commune->{lat},
        lon => $commune->{lon}, point => 0,
        accessible => $self->chance(0.6) ? 1 : 0 };
    if ($self->chance(0.7)) {
        $site->{point} = 1;
        $site->{lat} = sprintf '%.5f',
            $commune->{lat} + ($self->random - 0.5) * 0.03;
        $site->{lon} = sprintf '%.5f',
            $commune->{lon} + ($self->random - 0.5) * 0.04;
    }
    return $site;
}

# A day from today on, YYYY-MM-DD.
sub day
{
    my ($self, $offset) = @_;
    return $self->{day}{$offset} //= Cpts::Check::day($offset);
}

# [state, share of the doctors]
my @STATES = ([ open => 0.72 ], [ paused => 0.1 ], [ opening => 0.05 ],
    [ closed => 0.09 ], [ left => 0.04 ]);

sub make_state
{
    my ($self) = @_;
    my $share = $self->random;
    for my $state (@STATES) {
        return $state->[0] if ($share -= $state->[1]) < 0;
    }
    return 'open';
}

sub make_visits
{
    my ($self, $sheet, $number) = @_;
    my $kind = $self->below(10);
    return if $kind < 4;
    $sheet->{visits} = 1;
    if ($kind < 6) {
        $sheet->{radius} = 5 + $self->below(16);
    }
    elsif ($kind < 8) {
        my $last = $#{ $self->{commune} };
        $sheet->{communes} = [ map { $self->{commune}[$_]{insee} }
            grep { $_ >= 0 && $_ <= $last } $number - 1 .. $number + 2 ];
    }
    return;
}

sub make_sheet
{
    my ($self, $id) = @_;
    my $number = $self->any_commune;
    my $last = $#{ $self->{commune} };
    my $sheet = { id => $id, rpps => rpps($id), name => "Dr Fictif $id",
        sex => $self->chance(0.5) ? 'F' : 'M', visits => 0,
        state => $self->make_state, places => $self->below(13),
        languages => [ 'fr', map { $LANGUAGES[$_] } grep {
            $self->chance(0.12) } 0 .. $#LANGUAGES ],
        teleconsultation => $self->chance(0.3) ? 1 : 0,
        # confirmed so many days ago
        age => $self->below(100) };
    $sheet->{reserved} = $self->below(1 + $sheet->{places});
    $sheet->{site} = [ $self->make_site($number) ];
    push @{ $sheet->{site} }, $self->make_site(($number + 1) % ($last + 1))
        if $self->chance(0.15);
    $self->make_visits($sheet, $number);
    $sheet->{until} = $self->day(30) if $sheet->{state} eq 'paused';
    $sheet->{from}  = $self->day(30) if $sheet->{state} eq 'opening';
    return $sheet;
}

# --- needs

sub make_need
{
    my ($self) = @_;
    my $commune = $self->{commune}[ $self->any_commune ];
    my %need = (age => $self->below(100));
    if ($self->{points}) {
        $need{point} = {
            lat => $commune->{lat} + int($self->random * 200) / 1e4,
            lon => $commune->{lon} + int($self->random * 200) / 1e4,
        };
    }
    else {
        $need{commune} = $commune->{insee};
        $need{home_visit} = JSON::PP::true() if $self->chance(0.25);
    }
    $need{accessible} = JSON::PP::true() if $self->chance(0.15);
    $need{ald}        = JSON::PP::true() if $self->chance(0.15);
    $need{precarity}  = JSON::PP::true() if $self->chance(0.1);
    $need{teleconsultation} = JSON::PP::true() if $self->chance(0.2);
    $need{sex} = $self->chance(0.5) ? 'F' : 'M' if $self->chance(0.15);
    $need{household} = 2 + $self->below(3) if $self->chance(0.1);
    $need{languages} = [ $LANGUAGES[ $self->below(scalar @LANGUAGES) ] ]
        if $self->chance(0.12);
    return \%need;
}

# --- files

sub write_communes
{
    my ($self, $file) = @_;
    open my $out, '>:encoding(UTF-8)', $file or die "$file: $!\n";
    print {$out} "insee,name,lat,lon,population\n";
    print {$out} join(',', @$_{qw(insee name lat lon population)}) . "\n"
        for @{ $self->{commune} };
    close $out or die "$file: $!\n";
    return;
}

my @SITE = qw(name address commune point.lat point.lon structure accessible);
my @COLUMNS = (qw(rpps name sex phone contact),
    (map { my $i = $_; map { "sites.$i.$_" } @SITE } 0, 1),
    qw(languages sector teleconsultation home_visits home_visits.communes
       home_visits.radius_km availability.state availability.from
       availability.until availability.capacity.places
       availability.capacity.period availability.capacity.reserved));

sub site_cells
{
    my ($site) = @_;
    return ('') x @SITE if !$site;
    return ('Cabinet fictif', '1 rue Fictive', $site->{commune},
        ($site->{point} ? ($site->{lat}, $site->{lon}) : ('', '')),
        'practice', $site->{accessible});
}

sub write_sheets
{
    my ($self, $file) = @_;
    open my $out, '>:encoding(UTF-8)', $file or die "$file: $!\n";
    print {$out} join(',', @COLUMNS) . "\n";
    for my $s (@{ $self->{sheet} }) {
        print {$out} join(',', @$s{qw(rpps name sex)}, '0536490001', 'phone',
            site_cells($s->{site}[0]), site_cells($s->{site}[1]),
            join(';', @{ $s->{languages} }), 1, $s->{teleconsultation},
            $s->{visits} || '', join(';', @{ $s->{communes} || [] }),
            $s->{radius} // '', $s->{state}, $s->{from} // '',
            $s->{until} // '', $s->{places}, 'month', $s->{reserved}) . "\n";
    }
    close $out or die "$file: $!\n";
    return;
}

1;
