# SPDX-License-Identifier: Apache-2.0
# The published rule (docs/matching.md) in plain loops over all doctors.
package Bench::Oracle;

use strict;
use warnings;
no warnings 'portable';

use POSIX qw(asin floor);

my %LIMIT = (start => 5000, step => 5000, max => 30000, proposals => 3,
    priority_age => 70, validity => 90, visit => 10000, visit_max => 30000);
my @REQUIREMENTS = qw(distance availability freshness home_visit
    accessibility sex language places);
my $DEGREE = atan2(1, 1) / 45;

# new(world, rotation key as 16 bytes)
sub new
{
    my ($class, $world, $key) = @_;
    my @half = unpack 'Q<2', $key;
    my %commune = map { $_->{insee} => $_ } @{ $world->{commune} };
    return bless { world => $world, key => \@half, commune => \%commune,
        today => $world->day(0), answers => 0, turn => {} }, $class;
}

# The answers that the module has given, one after the other: equals take
# turns by them.
sub saw
{
    my ($self, $json) = @_;
    my @proposal = @{ $json->{proposals} } or return;
    $self->{answers}++;
    $self->{turn}{ $_->{rpps} } = $self->{answers} for @proposal;
    return;
}

sub metres
{
    my ($lat1, $lon1, $lat2, $lon2) = @_;
    my $s1 = sin(($lat2 - $lat1) * $DEGREE / 2);
    my $s2 = sin(($lon2 - $lon1) * $DEGREE / 2);
    my $h = $s1 ** 2
        + cos($lat1 * $DEGREE) * cos($lat2 * $DEGREE) * $s2 ** 2;
    return floor(2 * 6371008.8 * asin(sqrt $h) + 0.5);
}

# SipHash-2-4 (Aumasson and Bernstein, 2012) of fewer than 256 bytes.
sub siphash
{
    my ($self, $text) = @_;
    use integer;
    my ($k0, $k1) = @{ $self->{key} };
    my @v = ($k0 ^ 0x736f6d6570736575, $k1 ^ 0x646f72616e646f6d,
             $k0 ^ 0x6c7967656e657261, $k1 ^ 0x7465646279746573);
    my $left = sub {
        my ($x, $n) = @_;
        return ($x << $n) | (($x >> (64 - $n)) & ((1 << $n) - 1));
    };
    my $round = sub {
        $v[0] += $v[1]; $v[2] += $v[3];
        $v[1] = $left->($v[1], 13) ^ $v[0];
        $v[3] = $left->($v[3], 16) ^ $v[2];
        $v[0] = $left->($v[0], 32);
        $v[2] += $v[1]; $v[0] += $v[3];
        $v[1] = $left->($v[1], 17) ^ $v[2];
        $v[3] = $left->($v[3], 21) ^ $v[0];
        $v[2] = $left->($v[2], 32);
    };
    my $length = length $text;
    my $padded = $text . "\0" x (7 - $length % 8) . chr $length;
    for my $word (unpack 'q<*', $padded) {
        $v[3] ^= $word;
        $round->() for 1 .. 2;
        $v[0] ^= $word;
    }
    $v[2] ^= 0xff;
    $round->() for 1 .. 4;
    # comparable as text
    return unpack 'H16', pack 'q>', $v[0] ^ $v[1] ^ $v[2] ^ $v[3];
}

# The site that counts and the distance to the nearest one; empty when none
# is within the cap.
sub reach
{
    my ($self, $sheet, $need, $lat, $lon) = @_;
    my ($site, $best, $nearest);
    for my $wanted ($need->{accessible} ? (1, 0) : (0)) {
        for my $s (@{ $sheet->{site} }) {
            next if abs($s->{lat} - $lat) > 0.3;
            my $m = metres($lat, $lon, $s->{lat}, $s->{lon});
            next if $m > $LIMIT{max};
            $nearest = $m if !defined $nearest || $m < $nearest;
            next if $wanted && !$s->{accessible};
            ($site, $best) = ($s, $m) if !defined $best || $m < $best;
        }
        last if $site;
    }
    return $site ? ($site, $best, $nearest) : ();
}

sub visits
{
    my ($sheet, $need, $nearest) = @_;
    return 0 if !$sheet->{visits};
    return 1 if grep { $_ eq $need->{commune} } @{ $sheet->{communes} || [] };
    my $radius = defined $sheet->{radius} ? $sheet->{radius} * 1000
        : $sheet->{communes} ? 0 : $LIMIT{visit};
    return $radius > 0 && $nearest <= $radius;
}

# The requirement that excludes a doctor, or undef.
sub excluded_by
{
    my ($sheet, $need, $site, $nearest, $usable) = @_;
    my %asked = map { $_ => 1 } @{ $need->{languages} || [] };
    return 'availability' if $sheet->{state} ne 'open';
    return 'freshness' if $sheet->{age} > $LIMIT{validity};
    return 'home_visit'
        if $need->{home_visit} && !visits($sheet, $need, $nearest);
    return 'accessibility' if $need->{accessible} && !$site->{accessible};
    return 'sex' if $need->{sex} && $need->{sex} ne $sheet->{sex};
    return 'language' if %asked && !grep { $asked{$_} }
        @{ $sheet->{languages} };
    return 'places' if $usable < ($need->{household} // 1);
    return undef;
}

sub score
{
    my ($sheet, $need, $metres) = @_;
    my $left = $LIMIT{validity} - $sheet->{age};
    my $score = int(600 * ($LIMIT{max} - $metres) / $LIMIT{max})
        + int(200 * $sheet->{places} / $sheet->{places})
        + int(100 * $left / $LIMIT{validity});
    return $score + ($need->{teleconsultation}
                     && $sheet->{teleconsultation} ? 100 : 0);
}

# Every doctor within the cap, judged.
sub look
{
    my ($self, $need) = @_;
    my $from = $need->{point} // $self->{commune}{ $need->{commune} };
    my $priority = $need->{age} >= $LIMIT{priority_age} || $need->{ald}
        || $need->{precarity};
    my @found;
    for my $sheet (@{ $self->{world}{sheet} }) {
        my ($site, $metres, $nearest)
            = $self->reach($sheet, $need, $from->{lat}, $from->{lon})
            or next;
        my $usable = $sheet->{places}
            - ($priority ? 0 : $sheet->{reserved});
        my $reason
            = excluded_by($sheet, $need, $site, $nearest, $usable);
        push @found, { sheet => $sheet, metres => $metres,
                       reason => $reason };
    }
    return @found;
}

sub tenths
{
    my ($metres) = @_;
    my $tenths = int(($metres + 50) / 100);
    return int($tenths / 10) . '.' . $tenths % 10;
}

# What an answer has to say, as one line of text.
sub answer
{
    my ($self, $need) = @_;
    my @found = $self->look($need);
    my $radius = $LIMIT{start};
    my @inside;
    while (1) {
        @inside = grep { $_->{metres} <= $radius } @found;
        last if (grep { !$_->{reason} } @inside) >= $LIMIT{proposals}
            || $radius >= $LIMIT{max};
        $radius += $LIMIT{step};
        $radius = $LIMIT{max} if $radius > $LIMIT{max};
    }
    my @candidate = grep { !$_->{reason} } @inside;
    for my $one (@candidate) {
        my $sheet = $one->{sheet};
        $one->{score} = score($sheet, $need, $one->{metres});
        $one->{turn} = $self->{turn}{ $sheet->{rpps} } // 0;
        $one->{draw} = $self->siphash($self->{today} . $sheet->{rpps}
                                      . ($one->{turn} || ''));
    }
    my @order = sort {
        int($b->{score} / 50) <=> int($a->{score} / 50)
            || $a->{turn} <=> $b->{turn} || $a->{draw} cmp $b->{draw}
    } @candidate;
    splice @order, $LIMIT{proposals} if @order > $LIMIT{proposals};
    my %count;
    $count{ $_->{reason} }++ for grep { $_->{reason} } @inside;
    $count{distance} = @{ $self->{world}{sheet} } - @inside
        if @candidate < $LIMIT{proposals};
    return line(tenths($radius), scalar @candidate,
        [ map { [ $_->{sheet}{rpps}, tenths($_->{metres}) ] } @order ],
        \%count);
}

sub line
{
    my ($radius, $candidates, $proposals, $count) = @_;
    return join ' ', "radius=$radius candidates=$candidates",
        (map { "$_->[0]\@$_->[1]" } @$proposals),
        map { "$_=$count->{$_}" } grep { $count->{$_} } @REQUIREMENTS;
}

# The same line from the module's JSON.
sub told
{
    my ($json) = @_;
    return line(sprintf('%.1f', $json->{radius_km}), $json->{candidates},
        [ map { [ $_->{rpps}, sprintf '%.1f', $_->{distance_km} ] }
          @{ $json->{proposals} } ],
        { map { $_->{requirement} => $_->{count} }
          @{ $json->{excluded} } });
}

1;
