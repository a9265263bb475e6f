#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Consultations under fire: many search while children are killed and httpd
# restarts gracefully; a ledger of every answer is compared with the journal.
#
# CPTS_LEDGER_SECONDS says for how long (15).
#
# Each client is an account of its own, so that its entries in the journal can
# be counted. Half of them send an Idempotency-Key, and send it again until
# they have an answer: each key is one entry. The others ask once: what was
# acknowledged is there, what was refused is not, and there is never more than
# was sent.
use strict;
use warnings;

use List::Util qw(max sum0);
use Test::More;
use Time::HiRes qw(sleep time);

use Cpts::Check;
use Cpts::Load;
use Cpts::Server;

my $SECONDS = $ENV{CPTS_LEDGER_SECONDS} || 15;
$SECONDS =~ /^[1-9]\d{0,4}\z/ or die "CPTS_LEDGER_SECONDS is no number\n";
# Who waits for an answer, or for a refusal, waits no longer, in seconds, than
# who only reads has to on the same machine, and this.
my $PATIENCE = $ENV{CPTS_HTTPD_WRAP} ? 30 : 5;
my $CLIENTS  = 10;

# Children are killed; and a child that httpd made while another one was killed
# in a graceful restart it may forget to tell that it should end: idle, it is
# killed when httpd stops. That is one child at most.
my $KILLED = qr/child pid \d+ exit signal Killed|AH00052:|AH0004[56]:/;

my @ACCOUNT = map { "pro$_" } 1 .. $CLIENTS;
my $server = Cpts::Server->new(
    children   => 3,
    accounts   => [
        [ 'coordination', 'coordinator' ], [ 'docteur', 'doctor', $OWN ],
        [ 'lecteur', 'professional' ],
        map { [ $_, 'professional' ] } @ACCOUNT,
    ],
    directives => "CptsDailyConsultations 10000\n",
)->expect_refusals->expect_log($KILLED);
create_sheet($server, rpps => $_) for $OWN, rpps(200), rpps(201);

# --- the clients ------------------------------------------------------------

my %is_keyed = map { $_ => 1 } @ACCOUNT[ 0 .. $CLIENTS / 2 - 1 ];
my $keys = 0;

# One answer, and how long it took.
sub ask
{
    my ($who, $path, $json, @headers) = @_;
    my $begin = time;
    my $answer = $path ? $server->post($path, $json, as => $who, @headers)
        : $server->get('/me', as => $who);
    return ($answer->status, time - $begin);
}

# Once, whatever comes of it.
sub once
{
    my ($who, @what) = @_;
    my ($status, $took) = ask($who, @what);
    return { who => $who, status => $status, tries => 1, took => $took };
}

# Under a key of its own, until it is answered, as clients do.
sub insist
{
    my ($who, @what) = @_;
    my $key = "fire-$$-" . ++$keys;
    my ($longest, $status, $took, $tries) = 0;
    for ($tries = 1; $tries <= 200; $tries++) {
        ($status, $took) = ask($who, @what,
            headers => { 'Idempotency-Key' => $key });
        $longest = max($longest, $took);
        last if $status !~ /^(?:599|503)$/;
        sleep 0.02 + rand 0.05;
    }
    return { who => $who, status => $status, tries => $tries, key => $key,
             took => $longest };
}

sub client
{
    my ($client) = @_;
    if ($client > $CLIENTS + 1) {
        my ($status, $took) = ask('lecteur');
        return Cpts::Server::encode_json({ read => $took });
    }
    my $who = $ACCOUNT[ $client - 1 ];
    my $note = !$who ? insist('docteur', "/sheets/$OWN/confirm", {})
        : $is_keyed{$who} ? insist($who, '/match', need())
        : once($who, '/match', need());
    return Cpts::Server::encode_json($note);
}

# the last but one makes changes, the last only reads
my $end  = time + $SECONDS;
my $load = Cpts::Load->start(\&client, $CLIENTS + 2);
my ($killed, $restarts) = (0, 0);
my $restart_at = time + 2;

# On a busy machine it takes longer until enough has happened.
sub enough
{
    return $killed >= 5 && $restarts
        && $server->sqlite('SELECT count(*) FROM journal;') >= 400;
}

while (time < $end || !enough() && time < $end + 120) {
    sleep 0.2 + rand 1.8;
    if (time >= $restart_at) {
        $server->graceful;
        $restarts++;
        $restart_at = time + 4;
    }
    # also those that are about to leave
    my @child = $server->children;
    $killed += kill 'KILL', $child[rand @child] if @child;
}
my @ledger = map { eval { Cpts::Server::decode_json($_) }
                       // { who => $_, status => 'bad line', took => 0 } }
    $load->stop;
my $read = max(0, map { $_->{read} // () } @ledger);
@ledger = grep { !defined $_->{read} } @ledger;

# --- the journal ------------------------------------------------------------
sub table
{
    my ($sql) = @_;
    return { map { split /\|/ } split /\n/, $server->sqlite($sql) };
}

my %journal = (
    rows => table(q{SELECT a.name, count(*) FROM journal j JOIN account a
        ON a.id = j.actor WHERE j.action IN ('match', 'sheet.confirm')
        GROUP BY a.name;}),
    keys => table(q{SELECT k.key, count(*) FROM shown_key k JOIN journal j
        ON j.id = k.journal_id AND j.actor = k.account_id
        AND j.action = 'match' AND j.sheets <> '[]' GROUP BY k.key;}),
);

sub judge
{
    my ($ledger, $journal) = @_;
    my (%sent, %refused, %acknowledged, @fault);
    for my $note (@$ledger) {
        my ($who, $status) = @$note{qw(who status)};
        $sent{$who}++;
        $acknowledged{$who}++ if $status eq '200';
        $refused{$who}++ if $status eq '503';
        push @fault, "$who was answered $status"
            if $status !~ ($note->{key} ? qr/^200$/ : qr/^(?:200|503|599)$/);
        push @fault, "$who waited for $note->{took} s"
            if $note->{took} > $PATIENCE + $read;
        push @fault, "$note->{key} is lost"
            if $note->{key} && $status eq '200' && $is_keyed{$who}
            && !$journal->{keys}{ $note->{key} };
    }
    for my $who (sort keys %sent) {
        my $rows = $journal->{rows}{$who} // 0;
        my $least = $acknowledged{$who} // 0;
        my $most = $sent{$who} - ($refused{$who} // 0);
        push @fault, "$who has $rows entries, not $least to $most"
            if $rows < $least || $rows > $most;
    }
    return @fault;
}

my %count;
$count{ ($_->{key} ? 'keyed' : 'once') . " $_->{status}" }++ for @ledger;
note "$_: $count{$_}" for sort keys %count;
note 'sent again: ', scalar grep { ($_->{tries} // 1) > 1 } @ledger;
note 'longest: ', max(map { $_->{took} } @ledger), ", of a reader: $read";

cmp_ok $killed, '>=', 5, "$killed children were killed";
cmp_ok $restarts, '>=', 1, "$restarts graceful restarts";
cmp_ok $count{'once 200'} // 0, '>=', 100, 'many were answered';
cmp_ok $count{'keyed 200'} // 0, '>=', 100, 'with a key too';
my @fault = judge(\@ledger, \%journal);
is scalar @fault, 0, 'none is lost, none double, nobody waited long';
diag $_ for splice @fault, 0, 10;

is $server->sqlite('PRAGMA integrity_check;'), "ok\n", 'a sound database';
like $server->ctl_ok('', 'journal', 'verify'), qr/the journal is whole/,
    'the journal is whole';

# --- afterwards all is as before: every child, at once
my @answer = $server->burst(
    ($server->wire(POST => '/match', as => 'pro1', json => need())) x 30);
is scalar(grep { $_ && $_->status == 200 } @answer), 30, 'all children serve';
my $viewers = $server->get("/sheets/$OWN/viewers", as => 'docteur')->json;
is scalar(grep { $_->{account} eq 'pro1' } @{ $viewers->{viewers} }[0 .. 9]),
    10, 'and the doctor sees who asked';

# --- planted: each of these is found ----------------------------------------
sub planted
{
    my ($name, $wanted, $change) = @_;
    my @notes = map { +{ %$_ } } @ledger;
    my %entries = (rows => { %{ $journal{rows} } },
                   keys => { %{ $journal{keys} } });
    $change->(\@notes, \%entries);
    my @found = judge(\@notes, \%entries);
    ok scalar(grep { $_ =~ $wanted } @found), "found when planted: $name"
        or diag join "\n", 'found instead:', splice @found, 0, 3;
    return;
}

my ($some_key) = keys %{ $journal{keys} };
planted('an answer that is not there', qr/^$ACCOUNT[-1] has/, sub {
    $_[1]{rows}{ $ACCOUNT[-1] } = -1
        + grep { $_->{who} eq $ACCOUNT[-1] && $_->{status} eq '200' }
          @{ $_[0] };
});
planted('a key that is not there', qr/^$some_key is lost/, sub {
    delete $_[1]{keys}{$some_key};
});
planted('one recorded twice', qr/^pro1 has/, sub { $_[1]{rows}{pro1}++ });
planted('a change made twice', qr/^docteur has/, sub {
    $_[1]{rows}{docteur}++;
});
planted('a refused one that is there', qr/^pro1 has/, sub {
    $_->{status} = 503 for grep { $_->{who} eq 'pro1' } @{ $_[0] };
});
planted('one that waited', qr/waited/, sub { $_[0][7]{took} = 999 });
planted('another answer', qr/was answered 500/, sub {
    $_[0][7]{status} = 500;
});

ok $server->stop, 'httpd stops';
my @forgotten = Cpts::Server::read_file($server->error_log) =~ /AH00046:/g;
cmp_ok scalar(@forgotten), '<=', 1, 'no child hangs when it stops';
$server->finish;
done_testing;
