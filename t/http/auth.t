#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Signing in: the providers "cpts" and "cpts-role", back-off, remembered
# logins, and the two complete sites of conf/ started for real.
use strict;
use warnings;
use utf8;

use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use Cpts::Server;

my $COMMUNES = Cpts::Server::communes_file();
my $SRC = $ENV{CPTS_SRCDIR};

# --- basic authentication ---------------------------------------------------
my $server = Cpts::Server->new(
    start    => 0,
    accounts => [ @Cpts::Server::ACCOUNTS,
                  map({ [ "pro$_", 'professional' ] } 1 .. 15),
                  [ 'parti', 'coordinator' ] ],
    # the same accounts behind another module's authentication
    config   => sub {
        my ($self) = @_;
        my $base = $self->{base};
        return <<"LINES";
<Location "/file/api">
    SetHandler cpts
    AuthType Basic
    AuthName "file"
    AuthBasicProvider file
    AuthUserFile "$self->{dir}/run/users"
    AuthzSendForbiddenOnFailure On
    Require cpts-role coordinator
</Location>
<Location "/open/api">
    SetHandler cpts
    Require all granted
</Location>
<Location "/nofail/api">
    SetHandler cpts
    AuthType Basic
    AuthName "x"
    AuthBasicProvider cpts
    Require cpts-role coordinator
</Location>
LINES
    },
);
# crypt as openssl and htpasswd -m write it is not in core Perl: SHA-1 is
Cpts::Server::write_file("$server->{dir}/run/users", join '', map {
    require Digest::SHA;
    my $digest = Digest::SHA::sha1_base64('file password');
    "$_:{SHA}$digest=\n"
} qw(coordination pharmacie parti nobody));
chmod 0644, "$server->{dir}/run/users";
$server->ctl_ok('', 'account', 'disable', 'parti');
$server->give_away;
$server->expect_refusals;
$server->expect_log(qr/CPTS025:/);
$server->start;

sub status { return $server->get('/me', @_)->status }

subtest 'right and wrong' => sub {
    my $answer = $server->get('/me', as => 'docteur');
    is $answer->status, 200, 'a right password' or diag $answer->summary;
    is_deeply $answer->json, { account => 'docteur', role => 'doctor',
        rpps => '99900000012', terms => undef }, 'who it is';
    for my $case ([ 'a wrong password', 'docteur', 'x' ],
                  [ 'an unknown account', 'inconnu', 'x' ],
                  [ 'a disabled account', 'parti', undef ],
                  [ 'an empty password', 'docteur', '' ],
                  [ 'a name that cannot be one', "d'or", 'x' ],
                  [ 'a password beyond what bcrypt reads', 'docteur',
                    Cpts::Server::password('docteur') . 'x' x 73 ]) {
        my ($name, $account, $password) = @$case;
        my $wrong = $server->get('/me', as => $account,
                                 password => $password);
        is $wrong->status, 401, $name or diag $wrong->summary;
        is $wrong->code, 'wrong_login', 'the same problem';
        like $wrong->header('WWW-Authenticate'), qr/^Basic/,
            'WWW-Authenticate';
        is $wrong->header('Content-Type'), 'application/problem+json',
            'as problem+json';
        is $wrong->header('Cache-Control'), 'no-store', 'not stored';
    }
    is $server->get('/me')->code, 'unauthorized', 'no password';
    is status(as => 'docteur'), 200, 'the right one is still right';
};

subtest 'roles' => sub {
    my $refused = $server->get('/sheets', as => 'pharmacie');
    is $refused->status, 403, 'signed in, but not the role';
    is $refused->code, 'forbidden', 'as a problem';
    is $server->get('/me', as => 'pharmacie', base => '/nofail/api')->status,
        401, 'without AuthzSendForbiddenOnFailure httpd says 401';
};

subtest 'authenticated by another module' => sub {
    my @file = (base => '/file/api', password => 'file password');
    my $me = $server->get('/me', as => 'coordination', @file);
    is $me->status, 200, 'an account of that name' or diag $me->summary;
    is $me->json->{role}, 'coordinator', 'has its role';
    is $server->get('/me', as => 'pharmacie', @file)->status, 403,
        'another role';
    is $server->get('/me', as => 'nobody', @file)->status, 403,
        'no account of that name';
    is $server->get('/me', as => 'parti', @file)->status, 403,
        'a disabled account';
};

subtest 'nobody has to sign in' => sub {
    is $server->get('/me', base => '/open/api')->status, 401,
        'a Location that is open by mistake stays closed';
    is $server->get('/health', base => '/open/api')->status, 200,
        'what is for anyone is open';
    my $details = sub {
        return $server->get('/health', @_)->json->{territories}[0]{details};
    };
    is $details->(), undef, '/health: no details for anyone';
    is $details->(as => 'pharmacie'), undef, 'nor for a professional';
    ok $details->(as => 'coordination'), 'for the coordinator';
    is $server->get('/health', as => 'coordination', password => 'x')
        ->status, 401, 'who signs in wrongly is told so';
    is status(as => 'coordination'), 200, 'and may go on';
};

# --- what cptsctl changes holds at once -------------------------------------
subtest 'changes of accounts' => sub {
    my @all = map { { as => 'pro1' } } 1 .. 8;
    my $wire = $server->wire('GET', '/me', as => 'pro1');
    my $statuses = sub {
        return join ' ', map { $_ ? $_->status : '-' }
            $server->burst(($_[0]) x 8);
    };
    is $statuses->($wire), join(' ', (200) x 8), 'known in all children';
    $server->ctl_ok("a new password\n", 'account', 'password', 'pro1',
                    '--password-stdin', '--allow-weak');
    my $new = $server->wire('GET', '/me', as => 'pro1',
                            password => 'a new password');
    is status(as => 'pro1'), 401, 'the old password is no longer right';
    is $statuses->($new), join(' ', (200) x 8), 'the new one is';
    $server->ctl_ok('', 'account', 'disable', 'pro1');
    is status(as => 'pro1', password => 'a new password'), 401,
        'nor the new one once the account is disabled';
    $server->ctl_ok('', 'account', 'enable', 'pro1');
    is $statuses->($new), join(' ', (200) x 8), 'enabled again';
    $server->ctl_ok('', 'account', 'role', 'pro1', 'coordinator');
    is $server->get('/me', as => 'pro1', password => 'a new password')
        ->json->{role}, 'coordinator', 'another role at once';
};

# --- time -------------------------------------------------------------------
# What the children have used of the processors so far, in seconds: whatever
# else a busy machine does.
sub used
{
    my $ticks = 0;
    for my $pid ($server->children) {
        my ($fields) = Cpts::Server::read_file("/proc/$pid/stat")
            =~ /.*\) (.*)/;
        my ($user, $system) = (split ' ', $fields)[ 11, 12 ];
        $ticks += $user + $system;
    }
    return $ticks / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

subtest 'time' => sub {
    plan skip_all => 'under a sanitizer time tells nothing'
        if $ENV{CPTS_HTTPD_WRAP};
    my $took = sub {
        my ($times, @who) = @_;
        my $before = used();
        $server->get('/me', @$_) for (@who) x $times;
        return (used() - $before) / ($times * @who);
    };
    # four failures each at most: one less than what makes wait
    my $wrong    = $took->(4, map { [ as => $_, password => 'x' ] }
                                  qw(pro2 pro3));
    my $unknown  = $took->(4, map { [ as => $_, password => 'x' ] }
                                  qw(nobody2 nobody3));
    my $disabled = $took->(3, [ as => 'parti', password => 'x' ]);
    note sprintf 'wrong %.4f s, unknown %.4f s, disabled %.4f s', $wrong,
        $unknown, $disabled;
    cmp_ok $unknown / $wrong, '>', 0.6, 'an unknown account takes as long';
    cmp_ok $unknown / $wrong, '<', 1.6, 'and no longer';
    cmp_ok $disabled / $wrong, '>', 0.6, 'a disabled one too';

    $server->burst(($server->wire('GET', '/me', as => 'pro4')) x 16);
    my $known = $took->(20, [ as => 'pro4' ]);
    note sprintf 'known %.4f s', $known;
    cmp_ok $known, '<', $wrong / 3, 'a right password is remembered';
};

# --- back-off ---------------------------------------------------------------
sub failures
{
    my ($name, $times) = @_;
    return map { $server->get('/me', as => $name, password => 'x')->status }
        1 .. $times;
}

# What must be seen within a wait is only judged if it came in time: a busy
# machine gets another account and another chance.
sub within
{
    my ($limit, $names, $do) = @_;
    for my $name (@$names) {
        failures($name, 5);
        my $begin = time;
        my @seen = $do->($name);
        return ($name, @seen) if time - $begin < $limit;
    }
    BAIL_OUT('this machine is too slow to see a wait of a second');
}

for my $names ([ map { "pro$_" } 5, 8 .. 15 ],
               [ map { "nobody$_" } 5, 8 .. 15 ]) {
    my $real = $names->[0] =~ /pro/;
    subtest "back-off: $names->[0]" => sub {
        my ($name, $answer, @again) = within(0.9, $names, sub {
            my ($name) = @_;
            return ($server->get('/me', as => $name),
                    $server->burst(
                        ($server->wire('GET', '/me', as => $name)) x 8));
        });
        is $answer->status, 429, 'after five one must wait, right or wrong'
            or diag $answer->summary;
        is $answer->code, 'too_many_failures', 'the problem says why';
        is $answer->header('Retry-After'), 1, 'one second at first';
        is_deeply [ map { $_->status } @again ], [ (429) x 8 ],
            'in all children, at once';
        is status(as => 'pro6'), 200, 'other accounts are not concerned';
        sleep 1.1;
        is_deeply [ failures($name, 1) ], [401], 'after the wait one may try';
        sleep 2.1;
        $server->graceful if $real;
        is_deeply [ failures($name, 1) ], [401], 'and again after the next';
        cmp_ok $server->get('/me', as => $name)->header('Retry-After') // 0,
            '>=', 2, 'the waits grow, and a restart forgets nothing';
        return if !$real;
        sleep 4.1;
        is status(as => $name), 200, 'the right password ends it';
        is_deeply [ failures($name, 4) ], [ (401) x 4 ], 'all is forgotten';
        is status(as => $name), 200, 'and may go on';
    };
}

subtest 'many at once cannot guess more' => sub {
    my @wire = map { $server->wire('GET', '/me', as => 'pro7',
        password => $_ == 15 ? undef : "guess $_") } 0 .. 15;
    my @answer = $server->burst(@wire);
    my $told = grep { $_ && $_->status == 401 } @answer;
    cmp_ok $told, '<=', 5 + 16, 'at most what was under way is told';
    is status(as => 'pro7'), 429, 'and one has to wait';
};

# A form sent to the API by another site's page is no attempt to sign in.
is $server->request('POST', '/match', as => 'pharmacie', body => 'a=b',
                    type => 'application/x-www-form-urlencoded')->status,
    415, 'a form is refused';
$server->finish;

# --- the complete sites of conf/ --------------------------------------------

# A site as shipped, with this machine's paths and without TLS.
sub site
{
    my ($self, $file) = @_;
    my $text = Cpts::Server::read_file("$SRC/conf/$file");
    my %path = (
        '/var/lib/cpts/cpts.db'          => $self->{file},
        '/etc/cpts/communes.csv'         => $COMMUNES,
        '/etc/cpts/session.key'          => "$self->{dir}/run/session.key",
        '/usr/share/mod_cpts/htdocs'     => "$self->{dir}/htdocs",
        '/var/www/html'                  => "$self->{dir}/htdocs",
        '${APACHE_LOG_DIR}/cpts-error.log'  => $self->error_log,
        '${APACHE_LOG_DIR}/cpts-access.log' => "$self->{dir}/logs/site.log",
        '*:443'                          => "127.0.0.1:$self->{port}",
    );
    my $known = join '|', map { quotemeta } keys %path;
    $text =~ s/($known)/$path{$1}/g;
    $text =~ s/^\s*SSL\w+ .*\n//mg;
    my $modules = '';
    for my $name (qw(filter deflate dir reqtimeout session session_cookie request
                     auth_form)) {
        my $so = "$ENV{CPTS_MODULEDIR}/mod_$name.so";
        $modules .= "LoadModule ${name}_module \"$so\"\n" if -e $so;
    }
    return $modules . "LogFormat \"%h %u %r %>s\" combined\n" . $text;
}

sub site_server
{
    my ($file) = @_;
    my $site = Cpts::Server->new(start => 0, main => 0,
        config => sub { return site($_[0], $file) });
    Cpts::Server::write_file("$site->{dir}/run/session.key",
                             join '', map { chr 97 + rand 26 } 1 .. 48);
    chmod 0600, "$site->{dir}/run/session.key";
    Cpts::Server::write_file("$site->{dir}/htdocs/index.html", '<p>pages');
    $site->expect_refusals;
    return $site->start;
}

subtest 'conf/site-basic.conf' => sub {
    my $site = site_server('site-basic.conf');
    is $site->get('/me', as => 'docteur')->status, 200, 'a doctor';
    is $site->get('/me')->status, 401, 'nobody';
    is $site->get('/sheets', as => 'docteur')->status, 403,
        'a refusal is 403';
    is $site->get('/health')->status, 200, 'health is for anyone';
    is $site->get('/openapi.json')->status, 200, 'the contract too';
    $site->finish;
};

subtest 'conf/site-form.conf' => sub {
    my $site = site_server('site-form.conf');
    my $form = sub {
        my ($path, $body, %header) = @_;
        return $site->request('POST', $path, base => '', body => $body,
            type => 'application/x-www-form-urlencoded', headers => \%header);
    };
    my $login = sub {
        my ($name, $password, %header) = @_;
        $password //= Cpts::Server::password($name) =~ s/ /+/gr;
        return $form->('/cpts/login', "httpd_username=$name"
            . "&httpd_password=$password", %header);
    };
    my $cookie_of = sub {
        my ($cookie) = ($_[0]->header('Set-Cookie') // '')
            =~ /\b(cpts=[^;,]+)/;
        return $cookie // '';
    };
    # mod_session gives a cookie to everyone: what counts is what it opens
    my $signed_in = sub {
        return $site->get('/me', headers => {
            Cookie => $cookie_of->($_[0]) })->status == 200;
    };

    is $site->get('/cpts/', base => '')->status, 200, 'the pages are public';
    like $site->get('/cpts/', base => '')->header('Content-Security-Policy'),
        qr/default-src 'self'/, 'with a policy';
    is $site->get('/me')->status, 401, 'the API is not';
    is $site->get('/me')->code, 'unauthorized', 'and says so in JSON';
    is $site->get('/health')->status, 200, 'but its health is';

    my $answer = $login->('coordination');
    is $answer->status, 302, 'signing in' or diag $answer->summary;
    is $answer->header('Location'), '/cpts/espace/', 'leads to the pages';
    my $cookie = $cookie_of->($answer);
    isnt $cookie, '', 'a session';
    ok $signed_in->($answer), 'that is signed in';
    like $answer->header('Set-Cookie'), qr/HttpOnly.*Secure.*SameSite=Strict/,
        'kept from scripts and other sites';
    unlike $cookie, qr/secret|coordination/, 'and encrypted';

    my $me = $site->get('/me', headers => { Cookie => $cookie });
    is $me->status, 200, 'the session is enough' or diag $me->summary;
    is $me->json->{role}, 'coordinator', 'with the role';
    is $site->get('/sheets', headers => {
        Cookie => $cookie_of->($login->('docteur')) })->status, 403,
        'a refusal is 403';

    my %json = ('Content-Type' => 'application/json', Cookie => $cookie);
    my $need = '{"commune":"31113","age":40}';
    is $site->request('POST', '/match', body => $need,
        headers => \%json)->status, 200, 'a POST with the session';
    is $site->request('POST', '/match', body => $need, headers => {
        %json, 'Sec-Fetch-Site' => 'cross-site' })->code, 'cross_origin',
        'not from another site';
    my $tried = $form->('/cpts/api/match', 'httpd_username=coordination'
        . '&httpd_password=' . Cpts::Server::password('coordination'));
    is $tried->status, 415, 'the API is no place to sign in';
    ok !$signed_in->($tried), 'and gives no session';

    my $wrong = $login->('coordination', 'x');
    is $wrong->status, 302, 'a wrong password';
    is $wrong->header('Location'), '/cpts/connexion.html?echec=#echec',
        'leads to the form';
    ok !$signed_in->($wrong), 'gives no session';
    my $cross = $login->('coordination', undef,
                         'Sec-Fetch-Site' => 'cross-site');
    is $cross->status, 403, 'another site cannot sign anyone in'
        or diag $cross->summary;
    ok !$signed_in->($cross), 'no session either';

    $site->ctl_ok('', 'account', 'disable', 'coordination');
    is $site->get('/me', headers => { Cookie => $cookie })->status, 401,
        'the session of a disabled account is worth nothing';
    # nor does it stand in the way of what is for anyone
    my $open = sub {
        my ($whose) = @_;
        for my $path (qw(/health /contact /openapi.json)) {
            is $site->get($path, headers => { Cookie => $cookie })->status,
                200, "$path with the session of $whose";
        }
        my %body = (token => '00000-00000-00000-00000-000000');
        for my $case ([ '/invitations/open', \%body ],
            [ '/invitations/use', { %body, account => 'x',
                password => 'correct horse battery' } ],
            [ '/links/open', \%body ],
            [ '/links/use', { %body, action => 'confirm' } ]) {
            is $site->post(@$case, headers => { Cookie => $cookie })->status,
                404, "$case->[0] with the session of $whose";
        }
    };
    $open->('a disabled account');
    $site->ctl_ok('', 'account', 'enable', 'coordination');
    $site->ctl_ok("another horse\n", 'account', 'password', 'coordination',
                  '--password-stdin');
    $open->('an account with another password');
    $site->ctl_ok('', 'account', 'erase', 'coordination');
    $open->('nobody any more');
    $site->expect_log(qr/AH01808: user 'coordination' not found/);
    is $site->get('/me', headers => { Cookie => $cookie })->status, 401,
        'which opens nothing else';
    my $logout = $site->get('/cpts/logout', base => '',
                            headers => { Cookie => $cookie });
    is $logout->status, 307, 'signing out' or diag $logout->summary;
    is $logout->header('Location'), '/cpts/connexion.html?sortie',
        'leads to the form';
    ok !$signed_in->($logout), 'without a session';
    $site->finish;
};

done_testing;
