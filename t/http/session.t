#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Sessions sealed with CptsSessionKey: what opens them, and what does not.
use strict;
use warnings;
use utf8;

use MIME::Base64 qw(encode_base64);
use Test::More;

use Cpts::Clock;
use Cpts::Server;

my @SESSION = qw(request session session_cookie auth_form);

# Random text, as a line of a file of keys.
sub secret
{
    return join '', map { ('a' .. 'z', 0 .. 9)[ rand 36 ] } 1 .. 64;
}

sub write_keys
{
    my ($file, @line) = @_;
    Cpts::Server::write_file($file, join '', map { "$_\n" } @line);
    chmod 0600, $file or die "chmod: $!\n";
    return;
}

# Locations where people sign in with a form.
sub form_lines
{
    my ($further) = @_;
    return <<"LINES";
<LocationMatch "^/form/(api|login|logout)(/|\$)">
    AuthType Form
    AuthName "CPTS"
    AuthFormProvider cpts
    Session On
    SessionCookieName cpts path=/form;HttpOnly
    SessionMaxAge 1800
    SessionExpiryUpdateInterval 60
    AuthzSendForbiddenOnFailure On
    $further
</LocationMatch>
<Location "/form/api">
    SetHandler cpts
    Require cpts-role doctor professional coordinator delegate
</Location>
<Location "/form/login">
    SetHandler form-login-handler
    AuthFormLoginSuccessLocation "/form/in"
    AuthFormLoginRequiredLocation "/form/out"
    Require all granted
</Location>
<Location "/form/logout">
    SetHandler form-logout-handler
    AuthFormLogoutLocation "/form/out"
    SessionMaxAge 1
    Require all granted
</Location>
LINES
}

# A server with both ways to sign in: basic below /cpts, a form below /form.
# Options of Cpts::Server, and
#   keys => [...]     lines of the file of keys; undef: no CptsSessionKey
#   session => TEXT   further lines where sessions are
#   late => 1         load the modules of sessions after mod_cpts
sub site
{
    my (%option) = @_;
    my ($keys, $further, $late) = delete @option{qw(keys session late)};
    my @module = (@SESSION, @{ delete $option{modules} // [] });
    my $server = Cpts::Server->new(start => 0, %option);
    $server->{key} = "$server->{dir}/run/session.key";
    write_keys($server->{key}, @$keys) if $keys;
    $server->{directives}
        = ($keys ? "CptsSessionKey \"$server->{key}\"\n" : '')
        . ($option{directives} // '');
    $server->{modules} = \@module if !$late;
    my $load = $late ? join '', map {
        "LoadModule ${_}_module \"$ENV{CPTS_MODULEDIR}/mod_$_.so\"\n"
    } @module : '';
    $further = $further->($server) if ref $further;
    $server->{config} = $load . form_lines($further // '');
    $server->expect_refusals;
    return $server->start;
}

sub cookie_of
{
    my ($answer) = @_;
    my ($cookie) = ($answer->header('Set-Cookie') // '') =~ /\bcpts=([^;,]*)/;
    return $cookie // '';
}

# Signs in; returns the value of the cookie.
sub sign_in
{
    my ($server, $name, $password) = @_;
    $password //= Cpts::Server::password($name) =~ s/ /+/gr;
    my $answer = $server->request('POST', '/form/login', base => '',
        body => "httpd_username=$name&httpd_password=$password",
        type => 'application/x-www-form-urlencoded');
    return cookie_of($answer);
}

sub with
{
    my ($cookie, %option) = @_;
    return (base => '/form/api', %option,
            headers => { Cookie => "cpts=$cookie" });
}

sub status
{
    my ($server, $cookie) = @_;
    return $server->get('/me', with($cookie))->status;
}

# The statuses of requests that every child gets some of.
sub statuses
{
    my ($server, $cookie) = @_;
    my $wire = $server->wire('GET', '/me', with($cookie));
    my %seen = map { ($_ ? $_->status : 'none') => 1 }
        $server->burst(($wire) x 10);
    return join ' ', sort keys %seen;
}

# The same once the children of before a graceful restart are gone.
sub becomes
{
    my ($server, $cookie, $expected, $name) = @_;
    my $seen = '';
    Cpts::Server::wait_for(
        sub { return ($seen = statuses($server, $cookie)) eq $expected }, 10);
    return is $seen, $expected, $name;
}

my $KEY = secret();
my $server = site(keys => [ '# a comment', '', $KEY ]);

subtest 'a session' => sub {
    my $cookie = sign_in($server, 'pharmacie');
    like $cookie, qr/^[\w-]{100,300}$/, 'one word';
    is length $cookie, length sign_in($server, 'docteur'),
        'whose length does not tell that of name and password';
    isnt $cookie, sign_in($server, 'pharmacie'), 'never twice the same';
    my $answer = $server->get('/me', with($cookie));
    is $answer->status, 200, 'opens the API' or diag $answer->summary;
    is $answer->json->{account}, 'pharmacie', 'to whom it was given';
    is $answer->header('Set-Cookie'), undef,
        'and is not given again with each answer';
    is statuses($server, $cookie), '200', 'in all children';
    $server->graceful;
    is statuses($server, $cookie), '200', 'and after a restart';
    is $server->get('/me', base => '/form/api')->header('Set-Cookie'), undef,
        'nobody gets a session who has not signed in';
};

subtest 'no session' => sub {
    my $cookie = sign_in($server, 'pharmacie');
    my $plain = 'CPTS-user=pharmacie&CPTS-pw=secret+of+pharmacie'
        . '&expiry=' . (time + 1000) . '000000';
    my $mark = $server->log_size;
    my %none = (
        'nothing'           => '',
        'a word'            => 'x',
        'plain text'        => $plain,
        'the same in base 64' => encode_base64($plain, '') =~ tr{+/=}{-_}dr,
        'cut at the end'    => substr($cookie, 0, -1),
        'cut by four'       => substr($cookie, 0, -4),
        'cut by half'       => substr($cookie, 0, length($cookie) / 2),
        'cut in front'      => substr($cookie, 4),
        'longer'            => $cookie . 'AAAA',
        'twice'             => $cookie x 2,
        'with padding'      => "$cookie=",
        'a character beyond' => "$cookie%",
        'zeros'             => 'A' x length $cookie,
        'as long as a header may be' => 'A' x 7000,
    );
    for my $name (sort keys %none) {
        my $answer = $server->get('/me', with($none{$name}));
        is $answer->status, 401, $name or diag $answer->summary;
    }
    my @wrong;
    for my $at (0 .. length($cookie) - 1) {
        my $changed = $cookie;
        my $char = substr $changed, $at, 1;
        substr $changed, $at, 1, $char eq 'A' ? 'B' : 'A';
        push @wrong, $at if status($server, $changed) != 401;
    }
    is_deeply \@wrong, [], 'one character changed, whichever';
    is status($server, $cookie), 200, 'the session itself is one still';
    my $log = $server->log_since($mark);
    like $log, qr/CPTS035:/, 'the log tells';
    unlike $log, qr/:error\]/, 'but an error it is not';
};

subtest 'keys' => sub {
    my $old = sign_in($server, 'pharmacie');
    my $new = secret();
    write_keys($server->{key}, $new, $KEY);
    $server->graceful;
    becomes $server, $old, '200', 'a new key above: the old one opens';
    my $cookie = sign_in($server, 'pharmacie');
    write_keys($server->{key}, $new);
    $server->graceful;
    becomes $server, $cookie, '200', 'the new one has sealed';
    becomes $server, $old, '401', 'the old one opens no more';
    write_keys($server->{key}, $KEY, map { secret() } 1 .. 7);
    $server->graceful;
    becomes $server, $old, '200', 'the old one again';
    becomes $server, $cookie, '401', 'without the new one';
};

subtest 'signing out' => sub {
    my $cookie = sign_in($server, 'coordination');
    my $answer = $server->get('/form/logout', with($cookie), base => '');
    is $answer->status, 307, 'leads away' or diag $answer->summary;
    my $after = cookie_of($answer);
    isnt $after, $cookie, 'with another cookie';
    is status($server, $after), 401, 'that opens nothing';
};
$server->finish;

# --- time ---------------------------------------------------------------
subtest 'a session ends' => sub {
    plan skip_all => Cpts::Clock::missing() if Cpts::Clock::missing();
    my $clock = Cpts::Clock->new;
    my $site = site(keys => [$KEY], clock => $clock, session => <<'LINES');
    SessionMaxAge 300
    SessionExpiryUpdateInterval 100
LINES
    my $first = sign_in($site, 'pharmacie');
    my $cookie = $first;
    for my $try (1 .. 4) {
        $clock->ahead(120 * $try);
        my $answer = $site->get('/me', with($cookie));
        is $answer->status, 200, 'who asks now and then stays';
        $cookie = cookie_of($answer) || $cookie;
    }
    isnt $cookie, $first, 'with a cookie that is given anew';
    is status($site, $first), 401, 'the first one is over';
    $clock->ahead(900);
    is status($site, $cookie), 401, 'and so is who did not ask';
    $site->finish;
};

# --- one key for two territories ------------------------------------------
subtest 'the session of another territory' => sub {
    my $other = site(keys => [$KEY]);
    my $site = site(keys => [$KEY]);
    my $cookie = sign_in($site, 'pharmacie');
    is status($site, $cookie), 200, 'is good there';
    is status($other, $cookie), 401,
        'not here: same key, same name, same password';
    $_->finish for $site, $other;
};

# --- with mod_session_crypto ------------------------------------------------
my $crypto = sub { return "SessionCryptoPassphrase \"another secret\"" };

subtest 'mod_session_crypto alone' => sub {
    plan skip_all => 'no mod_session_crypto'
        if !-e "$ENV{CPTS_MODULEDIR}/mod_session_crypto.so";
    my $site = site(modules => ['session_crypto'], session => $crypto);
    my $cookie = sign_in($site, 'pharmacie');
    is status($site, $cookie), 200, 'works as ever';
    is status($site, substr $cookie, 4), 401, 'with its own seal';
    $site->expect_log(qr/AH01817|AH01842|AH01839/);
    $site->finish;
};

for my $late (0, 1) {
    subtest 'both' . ($late ? ', loaded after mod_cpts' : '') => sub {
        plan skip_all => 'no mod_session_crypto'
            if !-e "$ENV{CPTS_MODULEDIR}/mod_session_crypto.so";
        my $site = site(keys => [$KEY], modules => ['session_crypto'],
                        session => $crypto, late => $late);
        my $cookie = sign_in($site, 'pharmacie');
        is statuses($site, $cookie), '200', 'a session';
        # without the one or the other it is none
        $site->{config} =~ s/SessionCryptoPassphrase .*//;
        $site->graceful;
        becomes $site, $cookie, '401', 'was sealed by both';
        $site->finish;
    };
}

subtest 'modules of sessions loaded after mod_cpts' => sub {
    my $site = site(keys => [$KEY], late => 1);
    my $cookie = sign_in($site, 'pharmacie');
    is statuses($site, $cookie), '200', 'a session';
    unlike $cookie, qr/pharmacie/, 'that is sealed';
    $site->finish;
};

done_testing;
