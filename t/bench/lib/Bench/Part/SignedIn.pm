# SPDX-License-Identifier: Apache-2.0
# A signed-in request beside the same without authentication: by the cookie
# of a session, and by name and password with each request.
package Bench::Part::SignedIn;

use strict;
use warnings;

use Bench::Bed;
use Bench::Load qw(interleave tell);
use Bench::Part::Match;
use Cpts::Server;

my @MODULES = qw(request auth_form session session_cookie);

# The account that signs in.
my $NAME = 'pharmacie';

sub module_missing
{
    for my $name (@MODULES) {
        return "no mod_$name.so" if !-e "$ENV{CPTS_MODULEDIR}/mod_$name.so";
    }
    return '';
}

# Two more addresses of the same API, each behind its way to sign in.
sub lines
{
    my ($server) = @_;
    my $key = "$server->{dir}/run/session.key";
    return <<"LINES";
CptsSessionKey "$key"
<Location "/basic/api">
    SetHandler cpts
    AuthType Basic
    AuthName "basic"
    AuthBasicProvider cpts
    AuthzSendForbiddenOnFailure On
    Require cpts-role doctor professional coordinator delegate
</Location>
<LocationMatch "^/form/(api|login)(/|\$)">
    AuthType Form
    AuthName "form"
    AuthFormProvider cpts
    Session On
    SessionCookieName cpts path=/form;HttpOnly;SameSite=Strict
    SessionMaxAge 1800
    SessionExpiryUpdateInterval 60
    AuthzSendForbiddenOnFailure On
</LocationMatch>
<Location "/form/login">
    SetHandler form-login-handler
    AuthFormLoginSuccessLocation "/"
    Require all granted
</Location>
<Location "/form/api">
    SetHandler cpts
    Require cpts-role doctor professional coordinator delegate
</Location>
LINES
}

# Before the server starts: an account with a password, a key for sessions.
sub prepare
{
    my ($server) = @_;
    my $key = "$server->{dir}/run/session.key";
    Cpts::Server::write_file($key, join '', map { chr 97 + rand 26 }
                             1 .. 48);
    chmod 0600, $key;
    $server->{modules} = \@MODULES;
    return;
}

# What a browser would send after it has signed in.
sub cookie
{
    my ($server) = @_;
    my $password = Cpts::Server::password($NAME) =~ s/ /+/gr;
    my $answer = $server->request('POST', '/form/login', base => '',
        type => 'application/x-www-form-urlencoded',
        body => "httpd_username=$NAME&httpd_password=$password");
    my ($cookie) = ($answer->header('Set-Cookie') // '')
        =~ /\b(cpts=[^;,]+)/;
    die 'nobody can sign in: ' . $answer->summary . "\n"
        if $answer->status != 302 || !defined $cookie;
    return $cookie;
}

# Signed in it answers 200, and otherwise it does not.
sub check_access
{
    my ($bed, $path, %header) = @_;
    my $need = $bed->{world}{need}[0];
    for my $header ({}, \%header) {
        my $answer = $bed->{server}->request('POST', $path, base => '',
            json => $need, headers => $header);
        my $wanted = %$header ? 200 : 401;
        die "$path: " . $answer->summary . ", not $wanted\n"
            if $answer->status != $wanted;
    }
    return;
}

sub run
{
    my ($table, $name, $aim) = @_;
    my $bed = Bench::Bed->of($name);
    my $server = $bed->{server};
    prepare($server);
    $bed->serve(config => lines($server))->check('/match-only');
    $server->account_add($NAME, 'professional');
    $bed->tell;
    my @way = ([ 'session', 'form', Cookie => cookie($server) ],
               [ 'cached Basic', 'basic',
                 Authorization => Cpts::Server::basic($NAME) ]);
    my @target = ($bed->target('/match-only'));
    for my $way (@way) {
        my ($told, $base, $header, $value) = @$way;
        check_access($bed, "/$base/api/match-only", $header => $value);
        push @target, $bed->target('/match-only', name => "$told",
            path => "/$base/api/match-only",
            headers => ["$header: $value"]);
    }
    my @figure = interleave(\@target);
    tell($target[$_], $figure[$_]) for 0 .. $#target;
    Bench::Part::Match::row($table, "signed in, $way[ $_ - 1 ][0]",
        'req/s to the same without', $figure[$_], $figure[0], $aim)
        for 1 .. $#target;
    return;
}

1;
