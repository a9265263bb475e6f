#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# What happens by itself as days go by, in a running httpd and for cptsctl:
# the clock is moved, nothing else.
use strict;
use warnings;
use utf8;

use POSIX ();
use Test::More;

use Cpts::Check;
use Cpts::Clock;
use Cpts::Server;

my $missing = Cpts::Clock::missing();
plan skip_all => $missing if $missing;

my $DAY = 86400;
my @ME = (as => 'docteur');

# from noon of today, so that no step is near a midnight
my $clock = Cpts::Clock->new;
my @now = localtime;
my $noon = POSIX::mktime(0, 0, 12, @now[3 .. 5]) - time;

# Noon of the day so many days from today, whatever the clocks did meanwhile.
sub go_to
{
    my ($day) = @_;
    $clock->ahead(POSIX::mktime(0, 0, 12, $now[3] + $day, @now[4, 5]) - time);
    return;
}
go_to(0);

my $server = Cpts::Server->new(clock => $clock, directives => <<'LINES');
CptsAddress https://cpts.example/cpts/
CptsContactEmail coordination@cpts.example
CptsDailyConsultations 1000
CptsSheetValidity 30d
CptsReminder 10d
CptsRetention 60d
LINES

my $mail = "$server->{dir}/run/mail";
my $sendmail = "$server->{dir}/run/sendmail";
Cpts::Server::write_file($sendmail, "#!/bin/sh\ncat >'$mail'\n");
chmod 0755, $sendmail;

# What a run of cptsctl send sends now: its kind, or ''.
sub sent
{
    unlink $mail;
    $server->ctl_ok('', 'send', '--sendmail', $sendmail);
    return '' if !-e $mail;
    my ($kind) = Cpts::Server::read_file($mail) =~ /^Message-ID: <cpts\.(\w+)/m;
    return $kind;
}

# The token of the last mail.
sub token
{
    my ($token) = Cpts::Server::read_file($mail)
        =~ m{lien\.html(?:#|=23)((?:=\n|[0-9A-Z-])+)};
    return $token =~ s/=\n//gr;
}

# The doctors that are proposed now, as the last digits of their RPPS.
sub proposes
{
    my $answer = $server->post('/match', need(), as => 'pharmacie');
    die $answer->summary . "\n" if $answer->status != 200;
    return join ' ', sort { $a cmp $b } proposed($answer);
}

create_sheet($server);
is_status($server->post('/me/email', { email => 'dr@exemple.fr' }, @ME), 200,
    'an address');
my ($paused, $opening) = (rpps(1), rpps(2));

subtest 'a pause ends, an opening opens' => sub {
    create_sheet($server, rpps => $paused, availability =>
        open_state(state => 'paused', until => day(3)));
    create_sheet($server, rpps => $opening, availability =>
        open_state(state => 'opening', from => day(5)));
    my %all = ($OWN => 1, $paused => 1, $opening => 1);
    my @expected = (
        [ 0, $OWN ], [ 3, $OWN ],
        [ 4, join ' ', sort $OWN, $paused ],
        [ 5, join ' ', sort $OWN, $paused, $opening ],
    );
    for my $step (@expected) {
        my ($day, $who) = @$step;
        go_to($day);
        is proposes(), $who, "day $day";
    }
    for my $rpps ($paused, $opening) {
        is $server->get("/sheets?state=open&q=$rpps",
            as => 'coordination')->json->{sheets}[0]{rpps}, $rpps,
            'listed as open too';
        is_status($server->delete("/sheets/$rpps", as => 'coordination'), 204,
            'erased');
    }
};

subtest 'a sheet leaves the matching, its doctor is told' => sub {
    go_to(0);
    my %sent;
    for my $day (0, 1, 19, 20, 21, 29, 30, 31, 32, 45) {
        go_to($day);
        my $kind = sent();
        $sent{$day} = $kind if $kind ne '';
        is proposes(), $day <= 30 ? $OWN : '', "day $day: "
            . ($day <= 30 ? 'proposed' : 'not proposed');
    }
    is_deeply \%sent, { 20 => 'reminder', 31 => 'stale' },
        'a mail ten days before, and one on the first day without';
};

subtest 'a link lives for 30 days' => sub {
    go_to(50);
    is_status($server->post("/sheets/$OWN/confirm", {}, @ME), 200,
        'confirmed');
    is proposes(), $OWN, 'proposed again, at once';
    go_to(70);
    is sent(), 'reminder', 'due again after another confirmation';
    my $token = token();
    go_to(99);
    is_status($server->post('/links/open', { token => $token }), 200,
        'day 29');
    go_to(101);
    is_problem($server->post('/links/open', { token => $token }), 410,
        'link_expired');
    is sent(), 'stale', 'the next mail';
    $token = token();
    go_to(102);
    is_status($server->post('/links/use',
        { token => $token, action => 'confirm' }), 200, 'is followed');
    is proposes(), $OWN, 'and the sheet is proposed';
    is sent(), '', 'nothing to send';
};

subtest 'a hold expires' => sub {
    go_to(103);
    is proposes(), $OWN, 'proposed';
    my $held = $server->post('/placements',
        { rpps => $OWN, uses => 'general', places => 10 }, as => 'pharmacie');
    is_status($held, 201, 'all places are held');
    is proposes(), '', 'so nobody is proposed';
    go_to(109);
    is proposes(), '', 'six days later neither';
    go_to(111);
    is proposes(), $OWN, 'then the places are back';
    is $server->get('/placements/' . $held->json->{code},
        as => 'pharmacie')->json->{state}, 'expired', 'it says so';
};

subtest 'what is over goes' => sub {
    my $out = $server->ctl_ok('', 'purge');
    like $out, qr/1 holds written down as expired/, 'the hold';
    like $out, qr/0 placements removed/, 'which stays for now';
    like $out, qr/[1-9]\d* entries of the journal removed/,
        'entries older than CptsRetention';
    go_to(111 + 61);
    $out = $server->ctl_ok('', 'purge');
    like $out, qr/1 placements removed/, 'later it goes';
    like $out, qr/[1-9]\d* links removed/, 'links too';
    like $out, qr/[1-9]\d* mails removed/, 'and mails';
    $server->ctl_ok('', 'journal', 'verify');
    ok 1, 'the journal is whole';
    is sent(), 'stale', 'the sheet is stale: one mail';
    $server->ctl_ok('', 'purge');
    is sent(), '', 'not twice';
};

$server->finish;
done_testing;
