#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Contours and postcodes: what the territory says of its communes' places.
use strict;
use warnings;
use utf8;

use Test::More;

use Cpts::Check;
use Cpts::Server;

my $CONTOURS = Cpts::Server::contours_file();
my @ME = (as => 'pharmacie');
my $ROUTE = '/territory/contours';

# --- without contours -------------------------------------------------------
{
    my $server = Cpts::Server->new->expect_refusals;
    my $territory = $server->get('/territory', @ME)->json;
    is_deeply $territory->{contours}, JSON::PP::false(), 'none, and said so';
    is_problem($server->get($ROUTE, @ME), 404, 'no_contours', 'none: 404');

    # postcodes of examples/communes.csv
    my %commune = map { $_->{insee} => $_ } @{ $territory->{communes} };
    is_deeply $commune{31113}{postcodes}, ['31320'], 'a postcode';
    is scalar(grep { !@{ $_->{postcodes} } } values %commune), 0,
        'the example communes all have one';
    $server->finish;
}

# --- with contours, behind mod_deflate --------------------------------------
my $server = Cpts::Server->new(
    modules    => [qw(filter deflate)],
    directives => "CptsContours \"$CONTOURS\"\n",
    location   => 'AddOutputFilterByType DEFLATE application/geo+json',
)->expect_refusals;

is_deeply $server->get('/territory', @ME)->json->{contours},
    JSON::PP::true(), 'the territory says that there are contours';
my $answer = $server->get($ROUTE, @ME);
is_status($answer, 200, 'contours');
is $answer->header('content-type'), 'application/geo+json', 'GeoJSON';
is $answer->header('cache-control'), 'private, no-cache',
    'a browser may keep them, and asks';
my $json = $answer->json;
is_deeply [ sort keys %$json ], [qw(features type)], 'a collection';
is scalar @{ $json->{features} }, 36, 'of all communes';
my ($one) = grep { $_->{properties}{insee} eq '31004' }
    @{ $json->{features} };
is_deeply $one, { type => 'Feature', properties => { insee => '31004' },
    geometry => { type => 'Polygon', coordinates => [[
        [ 1.58226, 43.41677 ], [ 1.60626, 43.41677 ], [ 1.60626, 43.44077 ],
        [ 1.58226, 43.44077 ], [ 1.58226, 43.41677 ] ]] } },
    'nothing but the code and the contour of a commune';

# --- a second visit ---------------------------------------------------------
sub again
{
    my ($etag, %header) = @_;
    return $server->get($ROUTE, @ME,
                        headers => { 'If-None-Match' => $etag, %header });
}

my $etag = $answer->etag;
like $etag, qr/^"[0-9a-f]{40}"$/, 'an ETag of the content';
my $known = again($etag);
is_status($known, 304, 'nothing new: 304');
is $known->content, '', 'and no body';
is_status(again('"x"'), 200, 'another version: all of it');
my %gzip = ('Accept-Encoding' => 'gzip');
my $packed = $server->get($ROUTE, @ME, headers => {%gzip});
is $packed->header('content-encoding') // '', 'gzip', 'compressed';
isnt $packed->etag, $etag, 'which has another ETag';
is_status(again($packed->etag, %gzip), 304, 'and is known again by it');
is_problem($server->get($ROUTE, headers => { 'If-None-Match' => $etag }),
           401, undef, 'not for somebody who has signed out');

# --- another file after a restart -------------------------------------------
{
    my $text = Cpts::Server::read_file($CONTOURS) =~ s/1\.58226/1.58227/gr;
    Cpts::Server::write_file("$server->{dir}/other.geojson", $text);
    $server->{directives} = "CptsContours other.geojson\n";
    $server->restart;
    $answer = again($etag);
    is_status($answer, 200, 'other contours: all of it');
    isnt $answer->etag, $etag, 'with another ETag';
}
$server->finish;

# --- in virtual hosts -------------------------------------------------------
# What the main server says is for all; each checks it against its communes.
my ($status, $output) = do {
    my $two = Cpts::Server->new(start => 0, config => sub {
        my ($self) = @_;
        Cpts::Server::write_file("$self->{dir}/one.csv",
            "insee,name,lat,lon,population\n31555,Toulouse,43.6,1.44,9\n");
        return "<VirtualHost *:$self->{port}>\nServerName v\n"
            . "CptsCommunes one.csv\n</VirtualHost>\n";
    }, territory => do {
        my $communes = Cpts::Server::communes_file();
        "CptsTerritory X\nCptsCommunes \"$communes\"\n"
            . "CptsContours \"$CONTOURS\"\n";
    });
    $two->configtest;
};
isnt $status, 0, 'contours of other communes than those of a virtual host';
like $output, qr/CptsContours: .*feature 1: 31004 is not the INSEE code/,
    'are refused';

done_testing;
