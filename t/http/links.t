#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Links in mails: what they show, the one thing they do, once; and the address
# that they are sent to.
use strict;
use warnings;
use utf8;

use Test::More;

use Cpts::Check;
use Cpts::Server;

my @ME = (as => 'docteur');
my @BY = (as => 'coordination');

my $server = Cpts::Server->new(directives => <<'LINES')->expect_refusals;
CptsAddress https://cpts.example/cpts/
CptsContactEmail coordination@cpts.example
CptsContactPhone "05 00 00 00 00"
LINES
my $rpps = $OWN;
create_sheet($server);

# A sendmail that keeps the last mail.
my $mail = "$server->{dir}/run/mail";
my $sendmail = "$server->{dir}/run/sendmail";
Cpts::Server::write_file($sendmail, "#!/bin/sh\ncat >'$mail'\n");
chmod 0755, $sendmail;

sub sql
{
    my ($query) = @_;
    open my $in, '-|', 'sqlite3', '-batch', $server->{file}, $query
        or die "sqlite3: $!\n";
    local $/;
    my $out = <$in> // '';
    close $in or die "sqlite3: $?\n";
    return $out =~ s/\n\z//r;
}

# A new link of the account, from a mail that is due.
my $confirmed = 80;
sub new_link
{
    unlink $mail;
    $confirmed++;
    sql("UPDATE practitioner SET confirmed_on = '" . day(-$confirmed)
        . "' WHERE rpps = '$rpps'; DELETE FROM outbox");
    $server->ctl_ok('', 'send', '--sendmail', $sendmail);
    my ($token) = Cpts::Server::read_file($mail)
        =~ m{lien\.html(?:#|=23)(?:=\n)?([0-9A-Z=\n-]+)};
    return $token =~ s/=\n//gr =~ s/\n.*//sr;
}

sub open_link { return $server->post('/links/open', { token => $_[0] }) }

sub use_link
{
    my ($token, $action, %more) = @_;
    return $server->post('/links/use',
                         { token => $token, action => $action, %more });
}

# --- the address that mails go to -------------------------------------------
subtest 'address' => sub {
    is_deeply $server->get('/me/email', @ME)->json, { email => undef },
        'none at first';
    is_status($server->post('/me/email', { email => 'dr@exemple.fr' }, @ME),
              200, 'set');
    is_deeply $server->get('/me/email', @ME)->json,
        { email => 'dr@exemple.fr' }, 'kept';
    is_deeply $server->get('/me/email', @BY)->json, { email => undef },
        'one’s own only';
    has_fault($server->post('/me/email', {}, @ME), '/email', 'required');
    for my $bad ('x', 'a@b', "a\@b.fr\nBcc: c\@d.fr", 'a b@c.fr',
                 'x' x 250 . '@exemple.fr') {
        has_fault($server->post('/me/email', { email => $bad }, @ME),
                  '/email');
    }
    has_fault($server->post('/me/email', { email => 'a@b.fr', x => 1 }, @ME),
              '/x', 'unknown_field');
    is_status($server->post('/me/email', { email => undef }, @ME), 200,
              'none again');
    is_status($server->post('/me/email', { email => 'dr@exemple.fr' }, @ME),
              200, 'and set');
    my @key = (headers => { 'Idempotency-Key' => 'address-1' });
    $server->post('/me/email', { email => 'dr@exemple.fr' }, @ME, @key);
    is_deeply $server->post('/me/email', { email => 'dr@exemple.fr' }, @ME,
        @key)->json, { email => 'dr@exemple.fr' }, 'once for one key';
    is sql(q(SELECT group_concat(action || ' ' || outcome) FROM journal
        WHERE action = 'account.change' AND outcome = 'email')),
        join(',', ('account.change email') x 4), 'the journal tells';
    unlike sql('SELECT * FROM journal'), qr/exemple/, 'without the address';
};

# --- what httpd tells cptsctl -------------------------------------------------
is_deeply { map { split /\|/ } split /\n/, sql('SELECT * FROM setting') }, {
    territory => $Cpts::Server::TERRITORY,
    address => 'https://cpts.example/cpts/',
    contact_email => 'coordination@cpts.example',
    contact_phone => '05 00 00 00 00', sheet_validity => 90, reminder => 14,
    invitation_validity => 30, retention => 365,
}, 'the directives are in the database';
{
    local $server->{directives} = $server->{directives}
        =~ s/CptsContactPhone.*/CptsReminder 20d\nCptsRetention 400d/r;
    $server->restart;
    $server->get('/territory', @ME);
    is sql('SELECT group_concat(value) FROM setting WHERE name IN
        ("contact_phone", "reminder", "retention") ORDER BY name'), '20,400',
        'after a restart what they say now';
}
$server->restart;
$server->get('/territory', @ME);

# --- looking --------------------------------------------------------------------
my $token = new_link();
like $token, qr/^[0-9A-Z-]{30}$/, 'a mail has a link';
subtest 'open' => sub {
    my $answer = open_link($token);
    is_status($answer, 200, 'opened');
    like $answer->header('cache-control'), qr/no-store/, 'not kept';
    my $json = $answer->json;
    my $on = $json->{confirmed_on};
    is_deeply $json, {
        rpps => $rpps, doctor => 'Dr Fictive Exemple', state => 'open',
        from => undef, until => undef, confirmed_on => $on,
        fresh_until => $json->{fresh_until},
        stale => $json->{fresh_until} lt today() ? JSON::PP::true()
            : JSON::PP::false(),
    }, 'what the page needs, and no more';
    is_status(open_link($token), 200, 'as often as one likes');
    is_status(open_link(lc $token =~ s/-/ /gr), 200, 'as people type it');
    is_status($server->get("/sheets/$rpps", @ME), 200, 'still there');
    is $server->get("/sheets/$rpps", @ME)->json->{confirmed_on}, $on,
        'nothing changed';
};

subtest 'refused' => sub {
    my $other = $token =~ tr/0-9A-HJKMNP-TV-Z/1-9A-HJKMNP-TV-Z0/r;
    has_fault(open_link(' '), '/token', 'length');
    has_fault(use_link(' ', 'confirm'), '/token', 'length');
    for my $bad ('x', $other, "$token$token", '-') {
        is_problem(open_link($bad), 404, 'link_unknown') if length $bad < 64;
        is_problem(use_link($bad, 'confirm'), 404, 'link_unknown')
            if length $bad < 64;
    }
    has_fault(open_link(''), '/token');
    has_fault(open_link('x' x 65), '/token', 'length');
    has_fault($server->post('/links/open', {}), '/token', 'required');
    has_fault($server->post('/links/open', { token => $token, more => 1 }),
              '/more', 'unknown_field');
    has_fault(use_link($token, 'leave'), '/action');
    has_fault($server->post('/links/use', { token => $token }), '/action',
              'required');
    has_fault(use_link($token, 'pause'), '/until', 'required');
    has_fault(use_link($token, 'pause', until => day(-1)), '/until', 'past');
    has_fault(use_link($token, 'confirm', until => day(3)), '/until',
              'not_with_action');
    is_problem($server->post('/links/use',
        { token => $token, action => 'confirm' },
        headers => { 'Sec-Fetch-Site' => 'cross-site' }), 403,
        'cross_origin');
    is_problem($server->get("/links/open?token=$token"), 405);
    is_problem($server->post("/links/open?token=$token", {}), 400,
               'unknown_parameter');
    is_status(open_link($token), 200, 'none of that used it up');
};

# --- using ------------------------------------------------------------------------
subtest 'confirm' => sub {
    my $answer = use_link($token, 'confirm');
    is_status($answer, 200, 'confirmed');
    is $answer->json->{confirmed_on}, today(), 'today';
    my $sheet = $server->get("/sheets/$rpps", @BY)->json;
    is "$sheet->{confirmed_on} $sheet->{confirmed_by}", today() . ' doctor',
        'the sheet says so, by the doctor';
    is sql(q(SELECT a.name || ' ' || j.role || ' ' || j.action || ' '
        || j.outcome FROM journal AS j JOIN account AS a ON a.id = j.actor
        ORDER BY j.id DESC LIMIT 1)), 'docteur doctor sheet.confirm link',
        'the journal too';
    is_problem(use_link($token, 'confirm'), 410, 'link_used');
    is_problem(use_link($token, 'pause', until => day(3)), 410, 'link_used');
    is_problem(open_link($token), 410, 'link_used');
};

subtest 'pause' => sub {
    my $link = new_link();
    my $before = $server->get("/sheets/$rpps", @BY)->json->{confirmed_on};
    my $answer = use_link($link, 'pause', until => day(5));
    is_status($answer, 200, 'paused');
    is $answer->json->{state} . ' ' . $answer->json->{until},
        'paused ' . day(5), 'until then';
    is $server->get("/sheets/$rpps", @BY)->json->{confirmed_on}, $before,
        'which confirms nothing';
    is_problem(use_link($link, 'confirm'), 410, 'link_used');
    is_status($server->post("/sheets/$rpps/resume", {}, @ME), 200, 'resumed');

    $link = new_link();
    sql(q(UPDATE practitioner SET sheet = json_set(sheet,
        '$.availability.state', 'closed')));
    is_problem(use_link($link, 'pause', until => day(5)), 409,
               'not_on_list');
    is_status(use_link($link, 'confirm'), 200,
              'what was refused did not use up the link');
    is_status($server->post("/sheets/$rpps/resume", {}, @ME), 200, 'resumed');
};

# --- a text that is not accepted ----------------------------------------------------
subtest 'terms' => sub {
    local $server->{directives} = $server->{directives}
        . "CptsTerms doctor charte-2 /cpts/charte.html\n";
    $server->restart;
    my $link = new_link();
    my $before = $server->get("/sheets/$rpps", @BY)->json->{confirmed_on};
    is_status(open_link($link), 200, 'the link may be looked at');
    for my $accepted ('NULL', "'charte-1'") {
        sql("UPDATE account SET terms = $accepted WHERE name = 'docteur'");
        is_problem(use_link($link, 'confirm'), 403, 'terms_required');
    }
    is $server->get("/sheets/$rpps", @BY)->json->{confirmed_on}, $before,
        'nothing is confirmed';
    is_status($server->post('/me/terms', { version => 'charte-2' }, @ME),
        200, 'accepted');
    is_status(use_link($link, 'confirm'), 200, 'the same link confirms');

    sql(q(UPDATE account SET terms = NULL WHERE name = 'docteur'));
    is_status(use_link(new_link(), 'pause', until => day(5)), 200,
        'who has not accepted may pause');
    is_status($server->post('/me/terms', { version => 'charte-2' }, @ME),
        200, 'accepted');
    is_status($server->post("/sheets/$rpps/resume", {}, @ME), 200,
        'resumed');
};
$server->restart;

# --- once, whoever tries ------------------------------------------------------------
subtest 'race' => sub {
    my $link = new_link();
    my @wire = map {
        $server->wire('POST', '/links/use', json => { token => $link,
            $_ % 2 ? (action => 'confirm')
                   : (action => 'pause', until => day(9)) });
    } 1 .. 30;
    my $before = sql(q(SELECT count(*) FROM journal WHERE outcome = 'link'));
    my @answer = $server->burst(@wire);
    my %status;
    $status{ $_ ? $_->status : 'none' }++ for @answer;
    is_deeply \%status, { 200 => 1, 410 => 29 }, '30 at once: one of them';
    is sql(q(SELECT count(*) FROM journal WHERE outcome = 'link')),
        $before + 1, 'one entry';
    $server->post("/sheets/$rpps/resume", {}, @ME);
};

# --- dead links ---------------------------------------------------------------------
subtest 'dead' => sub {
    my $link = new_link();
    sql('UPDATE link SET expires_at = ' . (time - 1)
        . ' WHERE used_at IS NULL');
    is_problem(open_link($link), 410, 'link_expired');
    is_problem(use_link($link, 'confirm'), 410, 'link_expired');

    $link = new_link();
    $server->ctl_ok('', 'account', 'disable', 'docteur');
    is_problem(open_link($link), 410, 'link_dead');
    is_problem(use_link($link, 'confirm'), 410, 'link_dead');
    $server->ctl_ok('', 'account', 'enable', 'docteur');
    is_status(open_link($link), 200, 'alive again');
    $server->ctl_ok('', 'account', 'role', 'docteur', 'professional');
    is_problem(use_link($link, 'confirm'), 410, 'link_dead');
    $server->ctl_ok('', 'account', 'role', 'docteur', 'doctor', '--rpps',
                    '99900000020');
    is_problem(use_link($link, 'confirm'), 410, 'link_dead');
    $server->ctl_ok('', 'account', 'role', 'docteur', 'doctor', '--rpps',
                    $rpps);
    is_status(open_link($link), 200, 'alive again');
    is_status($server->delete("/sheets/$rpps", @ME), 204, 'sheet erased');
    is_problem(open_link($link), 404, 'link_unknown');
    is_problem(use_link($link, 'confirm'), 404, 'link_unknown');
    $token = $link;
};

# --- no trace of a token --------------------------------------------------------------
for my $file ($server->error_log, $server->access_log, $server->{file},
              "$server->{file}-wal") {
    next if !-e $file;
    my $bytes = Cpts::Server::read_file($file);
    ok index($bytes, $token) < 0 && index($bytes, $token =~ s/-//gr) < 0,
        "no token in $file";
}
$server->ctl_ok('', 'journal', 'verify');
$server->finish;
done_testing;
