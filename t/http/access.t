#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The API's addresses are no files: httpd does not look for any, but Location
# and Require hold for them, however the address is written and whatever
# Alias, rewriting and .htaccess make of it.
use strict;
use warnings;
use utf8;

use Test::More;

use Cpts::Server;

# In every file that lies where an address might lead.
my $SECRET = 'the text of a file';

sub config
{
    my ($self) = @_;
    my $folder = "$self->{dir}/htdocs";
    return <<"LINES";
<Directory "$folder">
    AllowOverride All
    Options All
    Require all granted
</Directory>
Alias "/cpts/api" "$folder/aliased"
AliasMatch "^/cpts/api/(health)\$" "$folder/aliased/\$1"
ScriptAlias "/cpts/api/script" "$folder/aliased"
Redirect "/old" "/cpts/api"
RewriteEngine On
RewriteRule "^/cpts/api/sheets\$" "$folder/aliased/sheets" [L]
RewriteRule "^/through/(.*)\$" "/cpts/api/\$1" [PT]
RewriteRule "^/file/(.*)\$" "/cpts/api/\$1" [L]
RewriteRule "^/cpts/api/away\$" "/plain.txt" [PT]

<Location "/cpts/api/territory">
    Require cpts-role coordinator
</Location>
<Location "/cpts/api/territory/contours">
    Require all denied
</Location>
<LocationMatch "^/cpts/api/sheets/[0-9]+/viewers\$">
    Require all denied
</LocationMatch>
<Location "/cpts/api/unmet">
    <If "%{HTTP:X-Open} != 'yes'">
        Require all denied
    </If>
</Location>
# sections of files have nothing to say
<Files "me">
    Require all granted
    SetHandler default-handler
</Files>
<Directory "$folder/aliased">
    SetHandler default-handler
    Satisfy Any
</Directory>
LINES
}

my $server = Cpts::Server->new(
    start => 0, modules => [qw(rewrite access_compat)],
    config => \&config, sheets => "$ENV{CPTS_SRCDIR}/examples/sheets.csv");

for my $folder (qw(cpts cpts/api aliased aliased/me through through/me)) {
    mkdir "$server->{dir}/htdocs/$folder" or die "mkdir $folder: $!\n";
}
for my $file (qw(plain.txt cpts/api/me aliased/health aliased/sheets
                 aliased/match through/me/x)) {
    Cpts::Server::write_file("$server->{dir}/htdocs/$file", $SECRET);
}
# where httpd walked down to a file, these would be obeyed
for my $folder (qw(. cpts cpts/api aliased)) {
    Cpts::Server::write_file("$server->{dir}/htdocs/$folder/.htaccess",
        "Require all granted\nSatisfy Any\nSetHandler default-handler\n");
}
$server->expect_refusals->expect_log(qr/AH10244: invalid URI path/)->start;

# What any answer of these addresses must not be.
sub no_file
{
    my ($answer, $name) = @_;
    unlike $answer->content, qr/\Q$SECRET\E/, "$name: no file";
    return;
}

my $OWN = '99900000012';

is $server->get('/plain.txt', base => '')->content, $SECRET,
    'a file is served elsewhere';

# --- nobody has signed in -----------------------------------------------------
my @path = ('/me', '/sheets', '/match', '/territory', '/script/me',
            "/sheets/$OWN", '/nothing', '');
for my $path (@path) {
    my $answer = $server->get($path);
    is $answer->status, 401, "GET $path: 401" or diag $answer->summary;
    no_file($answer, $path);
}
is $server->get('/health')->status, 200, 'what is open is open';
no_file($server->get('/health'), '/health');

# --- however it is written ------------------------------------------------
# status => addresses from the root, as they go over the line
my %written = (
    401 => [qw(/cpts/api/%6de /cpts/%61pi/me /%63pts/api/me /cpts//api//me
               //cpts/api/me /cpts/./api/me /cpts/x/../api/me
               /cpts/api/./me /cpts/api/x/../me /cpts/api/me? /cpts/api/me?x
               /x/../cpts/api/me /cpts/api/%2e/me /cpts/api/x/%2e%2e/me
               /cpts/api/%2e%2e/api/me /cpts/api/me;x /cpts/api/me/
               /cpts/api/.htaccess /cpts/api/me/x),
            '/cpts/api/me%20', '/cpts/api/me%3f'],
    # refused before there is a Location, or none of ours: no file either
    404 => [qw(/cpts/api%2fme /cpts/api/%2e%2e%2fme /cpts%2fapi/me
               /cpts/api/..%2f..%2fplain.txt /CPTS/API/me /cpts/API/me
               /cpts/apix/me /cpts/api/%00)],
    400 => ['/cpts/api/%zz', '/cpts/api' . '/..' x 3 . '/plain.txt'],
);
for my $status (sort keys %written) {
    for my $path (@{ $written{$status} }) {
        my $raw = $server->raw->send("GET $path HTTP/1.1\r\n"
            . "Host: 127.0.0.1\r\nConnection: close\r\n\r\n");
        my $answer = $raw->response;
        is $answer->status, $status, "GET $path: $status"
            or diag $answer->content;
        no_file($answer, $path);
    }
}

# --- signed in: the API answers, not a file ---------------------------------
sub as_doctor { return $server->get($_[0], as => 'docteur', @_[1 .. $#_]) }

is as_doctor('/me')->json->{account}, 'docteur', '/me, beside a file of it';
is $server->get('/sheets', as => 'coordination')->status, 200,
    '/sheets, rewritten to a file';
is as_doctor('/sheets')->status, 403, 'for the role that may';
is as_doctor('/script/me')->status, 404, 'no script';
is as_doctor('/health')->json->{status}, 'ok', '/health, aliased to a file';

# --- a Location within ours, and its Require --------------------------------
is $server->get('/territory', as => 'coordination')->status, 200,
    'Require of a Location within: granted';
is as_doctor('/territory')->status, 403, 'and refused';
is $server->get('/territory/contours', as => 'coordination')->status, 403,
    'all denied';
is $server->get("/sheets/$OWN/viewers", as => 'coordination')->status, 403,
    'by a LocationMatch';
is $server->get('/unmet', as => 'coordination')->status, 403, 'by an If';
is $server->get('/unmet', as => 'coordination',
                headers => { 'X-Open' => 'yes' })->status, 200,
    'that may be otherwise';

# --- rewriting ----------------------------------------------------------------
my @through = (base => '/through');
is $server->get('/me', @through)->status, 401,
    'rewritten to the API: one has to sign in';
is as_doctor('/me', @through)->json->{account}, 'docteur', 'then it is the API';
is as_doctor('/territory', @through)->status, 403,
    'with the Location of the address it has become';
is as_doctor('/me', base => '/file')->content, $SECRET,
    'rewritten to a file: that is what is served';
is as_doctor('/away')->content, $SECRET,
    'an address of the API that is rewritten to another one';
is $server->get('/me', base => '/old')->status, 302, 'a redirect is one';

$server->finish;
done_testing;
