#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Accounts that children remember: whatever changes one of them holds at once,
# in every child, for a session and for a password alike.
use strict;
use warnings;
use utf8;

use Test::More;
use Time::HiRes qw(sleep);

use Cpts::Raw;
use Cpts::Server;

my $SECRET = 'q3v8z1m5w9k2t7r4y6b0n1x8c3j5h7g2';

# Children look by themselves once a minute only: what is seen before was
# told to them.
sub site
{
    my (%option) = @_;
    my $refresh = delete $option{refresh} // '60s';
    my $server = Cpts::Server->new(start => 0, %option,
        modules => [qw(request session session_cookie auth_form)]);
    my $key = "$server->{dir}/run/session.key";
    Cpts::Server::write_file($key, "$SECRET\n");
    chmod 0600, $key or die "chmod: $!\n";
    $server->{directives} = "CptsRefresh $refresh\nCptsSessionKey \"$key\"\n"
        . ($option{directives} // '');
    $server->{config} = <<'LINES';
<LocationMatch "^/form/(api|login)(/|$)">
    AuthType Form
    AuthName "CPTS"
    AuthFormProvider cpts
    Session On
    SessionCookieName cpts path=/form;HttpOnly
    SessionMaxAge 1800
    SessionExpiryUpdateInterval 60
    AuthzSendForbiddenOnFailure On
</LocationMatch>
<Location "/form/api">
    SetHandler cpts
    Require cpts-role doctor professional coordinator delegate
</Location>
<Location "/form/login">
    SetHandler form-login-handler
    AuthFormLoginSuccessLocation "/form/in"
    Require all granted
</Location>
LINES
    return $server->expect_refusals->expect_log(qr{AH01808:});
}

sub cookie
{
    my ($server, $name) = @_;
    my $password = Cpts::Server::password($name) =~ s/ /+/gr;
    my $answer = $server->request('POST', '/form/login', base => '',
        body => "httpd_username=$name&httpd_password=$password",
        type => 'application/x-www-form-urlencoded');
    my ($cookie) = ($answer->header('Set-Cookie') // '')
        =~ /\b(cpts=[^;,]+)/;
    return $cookie;
}

# Each from an address of its own: who fails does not make others wait.
my $address = 0;

sub burst
{
    my ($server, @wire) = @_;
    my @connection = map {
        $address = $address % 250 + 1;
        Cpts::Raw->new($server->{port}, from => "127.0.1.$address")->send($_);
    } @wire;
    return map { scalar $_->response(timeout => 30) } @connection;
}

# The different statuses of one request sent to all children, both ways.
sub statuses
{
    my ($server, $name, $cookie, %option) = @_;
    my ($method, $path) = @option{qw(method path)};
    my @wire = (
        $server->wire($method // 'GET', $path // '/me', as => $name, %option),
        $server->wire($method // 'GET', $path // '/me', base => '/form/api',
                      headers => { Cookie => $cookie }, %option));
    my %seen = map { ($_ ? $_->status : 'none') => 1 }
        burst($server, (@wire) x 8);
    return join ' ', sort keys %seen;
}

my @CTL = ([ 'docteur3', 'doctor', '99900000038' ],
           map({ [ "pro$_", 'professional' ] } 1 .. 12),
           [ 'chef', 'coordinator' ]);
my $server = site(accounts => [ @Cpts::Server::ACCOUNTS, @CTL ])->start;

# An account with its session, known to all children.
sub known
{
    my ($name) = @_;
    my $cookie = cookie($server, $name);
    # more than once: a child that loads its sheets has not remembered
    is statuses($server, $name, $cookie), '200', "$name is let in"
        for 1 .. 2;
    return ($name, $cookie);
}

# --- what shows that accounts are remembered at all --------------------------
subtest 'remembered' => sub {
    my @who = known('pro1');
    $server->sqlite("UPDATE account SET disabled = 1 WHERE name = 'pro1';");
    is statuses($server, @who), '200',
        'nobody tells of what the sqlite3 command does';
    $server->ctl_ok('', 'account', 'disable', 'pro2');
    is statuses($server, @who), '401',
        'but cptsctl does: all accounts are looked at again';
    $server->sqlite("UPDATE account SET disabled = 0 WHERE name = 'pro1';");
    is statuses($server, @who), '200', 'no refusal is remembered';
};

# --- cptsctl ------------------------------------------------------------------
subtest 'cptsctl account disable, enable' => sub {
    my @who = known('pro3');
    $server->ctl_ok('', 'account', 'disable', 'pro3');
    is statuses($server, @who), '401', 'disabled: neither way in';
    $server->ctl_ok('', 'account', 'enable', 'pro3');
    is statuses($server, @who), '200', 'enabled: both';
};

subtest 'cptsctl account password' => sub {
    my @who = known('pro4');
    $server->ctl_ok("another one\n", 'account', 'password', 'pro4',
                    '--password-stdin', '--allow-weak');
    is statuses($server, @who), '401',
        'neither the old one nor the sessions made with it';
    is $server->get('/me', as => 'pro4', password => 'another one')->status,
        200, 'the new one';
};

subtest 'cptsctl account role' => sub {
    my @who = known('chef');
    is statuses($server, @who, path => '/sheets'), '200', 'may list sheets';
    $server->ctl_ok('', 'account', 'role', 'chef', 'professional');
    is statuses($server, @who, path => '/sheets'), '403', 'may not any more';
    $server->ctl_ok('', 'account', 'role', 'chef', 'coordinator');
    is statuses($server, @who, path => '/sheets'), '200', 'may again';
};

subtest 'cptsctl account erase' => sub {
    my @who = known('pro5');
    $server->ctl_ok('', 'account', 'erase', 'pro5');
    is statuses($server, @who), '401', 'erased';
    $server->account_add('pro5', 'professional');
    is statuses($server, @who), '200', 'one of the same name and password';
};

# --- the API ------------------------------------------------------------------
subtest 'DELETE /me' => sub {
    my @who = known('pro6');
    is $server->delete('/me', as => 'pro6')->status, 204, 'erased by oneself';
    is statuses($server, @who), '401', 'out';
};

subtest 'a terms text is accepted' => sub {
    my $site = site(directives => "CptsTerms professional 1 /a\n")->start;
    my @who = ('pharmacie', cookie($site, 'pharmacie'));
    my @need = (method => 'POST', path => '/match',
                json => { commune => '31113', age => 40 });
    is statuses($site, @who, @need), '403', 'not yet' for 1 .. 2;
    is $site->post('/me/terms', { version => '1' }, as => 'pharmacie')
        ->status, 200, 'accepted';
    is statuses($site, @who, @need), '200', 'all children know';
    $site->finish;
};

subtest 'another httpd on the same database' => sub {
    my @who = known('pro7');
    my $other = site(database => 0);
    $other->{file} = $server->{file};
    $other->start;
    is $other->get('/me', as => 'pro7')->status, 200, 'knows the account';
    is $other->delete('/me', as => 'pro7')->status, 204, 'and erases it';
    is statuses($server, @who), '401', 'all children of the first one know';
    $other->finish;
};

# --- sheets too ---------------------------------------------------------------
subtest 'sheets that cptsctl imports' => sub {
    my $candidates = sub {
        my $wire = $server->wire('POST', '/match', as => 'coordination',
                                 json => { commune => '31113', age => 40 });
        my %seen = map { ($_ ? $_->json->{candidates} : 'none') => 1 }
            $server->burst(($wire) x 10);
        return join ' ', sort keys %seen;
    };
    is $candidates->(), '0', 'none yet';
    $server->ctl_ok('', 'import', 'sheets',
        "$ENV{CPTS_SRCDIR}/examples/sheets.csv", '--communes',
        Cpts::Server::communes_file());
    like $candidates->(), qr/^[1-9]\d*$/, 'all children see them at once';
};

# --- the file of the counter ------------------------------------------------
subtest 'FILE.live' => sub {
    my $file = "$server->{file}.live";
    my @database = stat $server->{file};
    my @live = stat $file;
    ok @live, 'it is there' or return;
    is $live[7], 4096, '4 KiB';
    is $live[2] & 0777, $database[2] & 0666, 'with the mode of the database';
    is $live[4], $database[4], 'and its owner';
    $server->graceful;
    my @who = known('pro8');
    $server->ctl_ok('', 'account', 'disable', 'pro8');
    is statuses($server, @who), '401', 'it is the same after a restart';
};
$server->finish;

subtest 'FILE.live goes away' => sub {
    my $site = site(refresh => '1s', accounts => \@CTL)->start;
    my @who = ('pro1', cookie($site, 'pro1'));
    is statuses($site, @who), '200', 'let in' for 1 .. 2;
    unlink "$site->{file}.live" or die "unlink: $!\n";
    $site->ctl_ok('', 'account', 'disable', 'pro1');
    ok Cpts::Server::wait_for(sub { statuses($site, @who) eq '401' }, 5),
        'then CptsRefresh counts';
    sleep 1.1;
    statuses($site, @who);
    ok -e "$site->{file}.live", 'and httpd makes it again';
    @who = ('pro2', cookie($site, 'pro2'));
    is statuses($site, @who), '200', 'another is let in' for 1 .. 2;
    $site->ctl_ok('', 'account', 'disable', 'pro2');
    is statuses($site, @who), '401', 'and out at once';
    $site->finish;
};

# each is in the way: a folder, somebody's file, a link to one
for my $case ([ 'a folder', sub { mkdir $_[0] } ],
              [ 'a file', sub {
                  Cpts::Server::write_file($_[0], 'x' x 4096) } ],
              [ 'a link', sub { symlink '/etc/passwd', $_[0] } ]) {
    my ($name, $make) = @$case;
    subtest "FILE.live is $name" => sub {
        my $site = site(accounts => \@CTL);
        $make->("$site->{file}.live");
        $site->give_away if $name ne 'a link';
        $site->start;
        my @who = ('pro1', cookie($site, 'pro1'));
        is statuses($site, @who), '200', 'let in' for 1 .. 2;
        my $told = () = $site->log_text =~ /CPTS015:/g;
        is $told, $site->children, 'each child says so once';
        $site->ctl_ok('', 'account', 'disable', 'pro1');
        is statuses($site, @who), '401',
            'without it nothing is remembered, and cptsctl minds not';
        is Cpts::Server::read_file("$site->{file}.live"), 'x' x 4096,
            'nobody has written to it' if $name eq 'a file';
        $site->finish;
    };
}

subtest 'CptsRefresh 0' => sub {
    my $site = site(refresh => 0, accounts => \@CTL)->start;
    my @who = ('pro1', cookie($site, 'pro1'));
    is statuses($site, @who), '200', 'let in' for 1 .. 2;
    $site->sqlite("UPDATE account SET disabled = 1 WHERE name = 'pro1';");
    is statuses($site, @who), '401', 'each request looks';
    $site->finish;
};

subtest 'CptsRefresh 1s' => sub {
    my $site = site(refresh => '1s', accounts => \@CTL)->start;
    my @who = ('pro1', cookie($site, 'pro1'));
    is statuses($site, @who), '200', 'let in' for 1 .. 2;
    $site->sqlite("UPDATE account SET disabled = 1 WHERE name = 'pro1';");
    sleep 1.1;
    is statuses($site, @who), '401', 'what nobody told is seen within it';
    $site->finish;
};

done_testing;
