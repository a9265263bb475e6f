#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# A refusal by category of patients cannot be expressed: no field, no column.
use strict;
use warnings;

use Test::More;

use Cpts::Check;
use Cpts::Server;

my $server = Cpts::Server->new;

# Names of categories, as words inside a name.
my $CATEGORY = qr/(?:^|[^a-z])(?:
    age|ages|ald|precarity|precarious|c2s|cmu|cmuc|ame|css|
    income|nationality|religion|origin|gender|disability|handicap|
    pregnan\w*|psychiatr\w*|addict\w*|elderly|minor|minors|children|child|
    refus\w*|reject\w*|exclud\w*|deny|denied|unwanted|blacklist|ban|banned|
    accepts?|only
    )(?:$|[^a-z])/xi;

# The names in a JSON Schema that are names of members.
sub schema_members
{
    my ($schema, $document, $seen) = @_;
    return () if ref $schema ne 'HASH' || $seen->{ $schema + 0 }++;
    my @name;
    if (my $ref = $schema->{'$ref'}) {
        push @name, schema_members(resolve($document, $ref), $document,
                                   $seen);
    }
    for my $member (sort keys %{ $schema->{properties} // {} }) {
        push @name, $member, schema_members($schema->{properties}{$member},
                                            $document, $seen);
    }
    for my $key (qw(items additionalProperties)) {
        push @name, schema_members($schema->{$key}, $document, $seen);
    }
    for my $key (qw(oneOf anyOf allOf)) {
        push @name, map { schema_members($_, $document, $seen) }
            @{ $schema->{$key} // [] };
    }
    return @name;
}

sub resolve
{
    my ($document, $ref) = @_;
    my $value = $document;
    for my $part (split m{/}, $ref =~ s/^#\///r) {
        $value = $value->{ $part =~ s/~1/\//gr =~ s/~0/~/gr };
    }
    return $value;
}

# Every object of a schema that would take members it does not name.
sub loose
{
    my ($schema, $document, $where, $seen) = @_;
    return () if ref $schema ne 'HASH' || $seen->{ $schema + 0 }++;
    my @loose;
    if (my $ref = $schema->{'$ref'}) {
        return loose(resolve($document, $ref), $document, $ref, $seen);
    }
    if (exists $schema->{properties}) {
        my $more = $schema->{additionalProperties};
        push @loose, $where if !defined $more || $more;
        push @loose, map {
            loose($schema->{properties}{$_}, $document, "$where/$_", $seen)
        } sort keys %{ $schema->{properties} };
    }
    push @loose, loose($schema->{items}, $document, "$where/items", $seen);
    for my $key (qw(oneOf anyOf allOf)) {
        push @loose, map { loose($_, $document, "$where/$key", $seen) }
            @{ $schema->{$key} // [] };
    }
    return @loose;
}

my $document = $server->get('/openapi.json')->json;

sub body_schema
{
    my ($method, $path) = @_;
    return $document->{paths}{$path}{$method}{requestBody}{content}
        {'application/json'}{schema};
}

for my $route ([ post => '/sheets' ], [ put => '/sheets/{rpps}' ],
               [ post => '/sheets/{rpps}/pause' ],
               [ post => '/sheets/{rpps}/resume' ],
               [ post => '/sheets/{rpps}/confirm' ],
               [ post => '/sheets/{rpps}/leave' ]) {
    my $schema = body_schema(@$route);
    ok ref $schema eq 'HASH', "@$route has a schema of its body";
    my @name = schema_members($schema, $document, {});
    my @bad = grep { $_ =~ $CATEGORY } @name;
    is_deeply \@bad, [], "@$route: no member names a category or a refusal";
    is_deeply [ loose($schema, $document, '', {}) ], [],
        "@$route: no object takes members that are not named";
}
my @sheet = schema_members(body_schema(post => '/sheets'), $document, {});
cmp_ok scalar @sheet, '>', 25, 'the sheet was looked at: ' . @sheet
    . ' members';
ok scalar(grep { $_ eq 'reserved' } @sheet), 'places can be reserved';
my @need = schema_members(body_schema(post => '/match'), $document, {});
ok scalar(grep { $_ =~ $CATEGORY } @need),
    'the alarm rings: a need does name categories';

# --- enumerated words and columns -------------------------------------------
my @column = split /\n/, $server->sqlite(
    q{SELECT m.name || '.' || p.name FROM sqlite_schema m,
      pragma_table_xinfo(m.name) p WHERE m.type = 'table';});
cmp_ok scalar @column, '>', 15, 'the columns of the database';
is_deeply [ grep { (split /\./)[1] =~ $CATEGORY } @column ], [],
    'no column names a category or a refusal';

# --- what is not in the sheet is refused ------------------------------------
my %EXTRA = (
    refuses     => ['c2s'],
    refused     => ['ame'],
    c2s         => JSON::PP::false(),
    ald         => JSON::PP::false(),
    precarity   => JSON::PP::false(),
    age_max     => 75,
    max_age     => 75,
    age         => { max => 75 },
    accepts     => ['adults'],
    no_cmu      => JSON::PP::true(),
    exclude     => [],
    only        => 'women',
);
for my $name (sort keys %EXTRA) {
    has_fault($server->post('/sheets', sheet($name => $EXTRA{$name}),
        as => 'coordination'), "/$name", undef, "$name is refused");
}
for my $name (sort keys %EXTRA) {
    my %at = (
        availability => open_state($name => $EXTRA{$name}),
        sites        => [ site('31113', $name => $EXTRA{$name}) ],
        home_visits  => { communes => [], perimeters => [],
                          radius_km => undef, $name => $EXTRA{$name} },
    );
    my %pointer = (availability => "/availability/$name",
        sites => "/sites/0/$name", home_visits => "/home_visits/$name");
    for my $field (sort keys %at) {
        has_fault($server->post('/sheets', sheet($field => $at{$field}),
            as => 'coordination'), $pointer{$field}, undef,
            "$pointer{$field} is refused");
    }
}
has_fault($server->post('/sheets', sheet(availability => open_state(
    capacity => { places => 5, period => 'week', reserved => 1,
                  reserved_ald => 1 })), as => 'coordination'),
    '/availability/capacity/reserved_ald', undef,
    'reserved places are one pool, not one per group');
is $server->sqlite('SELECT count(*) FROM practitioner;'), "0\n",
    'nothing was stored';

$server->finish;
done_testing;
