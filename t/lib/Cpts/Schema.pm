# SPDX-License-Identifier: Apache-2.0
# The part of JSON Schema (2020-12) that the contract uses, as a check.
package Cpts::Schema;

use strict;
use warnings;

use B ();
use JSON::PP ();

# Follows "$ref" inside the document.
sub resolve
{
    my ($document, $value) = @_;
    while (ref $value eq 'HASH' && exists $value->{'$ref'}) {
        my $place = $document;
        for my $part (split m{/}, $value->{'$ref'} =~ s/^#\///r) {
            my $name = $part =~ s/~1/\//gr =~ s/~0/~/gr;
            $place = ref $place eq 'HASH' ? $place->{$name} : undef;
        }
        $value = $place;
    }
    return $value;
}

# The JSON type of a decoded value.
sub type_of
{
    my ($value) = @_;
    return 'null' if !defined $value;
    return 'boolean' if JSON::PP::is_bool($value);
    return 'object' if ref $value eq 'HASH';
    return 'array' if ref $value eq 'ARRAY';
    my $flags = B::svref_2object(\$value)->FLAGS;
    return 'string' if $flags & B::SVp_POK();
    return $value == int $value ? 'integer' : 'number';
}

# Keywords of this check; another one in a schema is a fault, so that nothing
# is silently let through.
my %CHECK = (
    type => sub {
        my (undef, $types, $value) = @_;
        my $type = type_of($value);
        for my $want (ref $types ? @$types : $types) {
            return if $want eq $type
                || $want eq 'number' && $type eq 'integer';
        }
        return "type $type";
    },
    enum => sub {
        my (undef, $words, $value) = @_;
        return if grep { same($_, $value) } @$words;
        return 'not one of the words';
    },
    const => sub { return same($_[1], $_[2]) ? () : 'not the constant' },
    pattern => sub {
        my (undef, $pattern, $value) = @_;
        return if type_of($value) ne 'string' || $value =~ /$pattern/;
        return 'does not match';
    },
    format => sub {
        my (undef, $format, $value) = @_;
        return if type_of($value) ne 'string' || $format ne 'date';
        return $value =~ /^\d{4}-\d\d-\d\d$/ ? () : 'not a date';
    },
    minLength => sub { return short($_[2], $_[1]) },
    maxLength => sub { return long($_[2], $_[1]) },
    minimum => sub {
        return number($_[2]) && $_[2] < $_[1] ? 'too small' : () },
    maximum => sub {
        return number($_[2]) && $_[2] > $_[1] ? 'too large' : () },
    minItems => sub {
        return ref $_[2] eq 'ARRAY' && @{ $_[2] } < $_[1]
            ? 'too few' : () },
    maxItems => sub {
        return ref $_[2] eq 'ARRAY' && @{ $_[2] } > $_[1]
            ? 'too many' : () },
    uniqueItems => sub {
        return if ref $_[2] ne 'ARRAY' || !$_[1];
        my %seen;
        return (grep { $seen{ encode($_) }++ } @{ $_[2] })
            ? 'repeated' : () },
    required => sub {
        my (undef, $names, $value) = @_;
        return if ref $value ne 'HASH';
        return map { "$_ missing" } grep { !exists $value->{$_} } @$names;
    },
    properties => sub {
        my ($document, $properties, $value) = @_;
        return if ref $value ne 'HASH';
        return map { prefix("/$_", faults($document, $properties->{$_},
                                          $value->{$_})) }
            grep { exists $value->{$_} } sort keys %$properties;
    },
    additionalProperties => sub {
        my ($document, $more, $value, $schema) = @_;
        return if ref $value ne 'HASH';
        my @extra = grep { !exists $schema->{properties}{$_} }
            sort keys %$value;
        return map { prefix("/$_", faults($document, $more, $value->{$_})) }
            @extra if ref $more eq 'HASH';
        return $more ? () : map { "$_ unknown" } @extra;
    },
    items => sub {
        my ($document, $items, $value) = @_;
        return if ref $value ne 'ARRAY';
        return map { prefix("/$_", faults($document, $items, $value->[$_])) }
            0 .. $#$value;
    },
    allOf => sub {
        my ($document, $all, $value) = @_;
        return map { faults($document, $_, $value) } @$all;
    },
    anyOf => sub {
        my ($document, $any, $value) = @_;
        return (grep { !faults($document, $_, $value) } @$any)
            ? () : 'none of anyOf';
    },
    oneOf => sub {
        my ($document, $one, $value) = @_;
        my $count = grep { !faults($document, $_, $value) } @$one;
        return $count == 1 ? () : "$count of oneOf";
    },
    not => sub {
        my ($document, $not, $value) = @_;
        return faults($document, $not, $value) ? () : 'is what it is not';
    },
);
my %NOTE = map { $_ => 1 } qw(title description default examples example
    readOnly writeOnly deprecated $comment x-cpts-private);

# Everything that is wrong with a value, as a list of texts.
sub faults
{
    my ($document, $schema, $value) = @_;
    $schema = resolve($document, $schema);
    return 'no schema' if !defined $schema;
    return $schema ? () : 'nothing allowed' if ref $schema ne 'HASH';
    my @fault;
    for my $keyword (sort keys %$schema) {
        next if $NOTE{$keyword};
        my $check = $CHECK{$keyword};
        push @fault, $check
            ? $check->($document, $schema->{$keyword}, $value, $schema)
            : "keyword $keyword is not known to the check";
    }
    return @fault;
}

sub prefix
{
    my ($place, @fault) = @_;
    return map { m{^/} ? "$place$_" : "$place: $_" } @fault;
}

sub number { return type_of($_[0]) =~ /^(?:integer|number)$/ }
sub same   { return encode($_[0]) eq encode($_[1]) }

sub encode
{
    return JSON::PP->new->canonical->allow_nonref->encode($_[0]);
}

sub short
{
    return type_of($_[0]) eq 'string' && length $_[0] < $_[1]
        ? 'too short' : ();
}

sub long
{
    return type_of($_[0]) eq 'string' && length $_[0] > $_[1]
        ? 'too long' : ();
}

1;
