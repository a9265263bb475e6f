#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# A full disk: 507, nothing half written, and on it goes once there is room.
use strict;
use warnings;

use Test::More;

use Cpts::Check;
use Cpts::Server;

plan skip_all => 'only root can mount a small disk' if $> != 0;

my $server = Cpts::Server->new(start => 0, database => 0,
    directives => "CptsDailyConsultations 10000\n");
my $disk = "$server->{dir}/db";
my $mounted = system("mount -t tmpfs -o size=4m,mode=0755 tmpfs '$disk' "
    . '2>/dev/null') == 0;
if (!$mounted) {
    $server->remove;
    plan skip_all => 'mounting a small disk is not allowed here';
}

END {
    my $status = $?;
    if ($mounted) {
        $server->kill_all if $server->{pid};
        system "umount '$disk'";
    }
    $? = $status;
}

$server->make_database;
$server->give_away;
$server->start->expect_log(qr/CPTS\d{3}:/);
create_sheet($server, rpps => $OWN);

# A hold and an invitation from before.
$server->post('/match', need(), as => 'pharmacie');
my %HOLD = (rpps => $OWN, uses => 'general', places => 1);
my $code = $server->post('/placements', \%HOLD, as => 'pharmacie')
    ->json->{code};
my $invited = $server->post('/invitations', { role => 'professional',
    name => 'x' }, as => 'coordination')->json;

# Takes all the room that is left.
my $filler = "$disk/filler";

sub fill
{
    open my $out, '>:raw', $filler or die "$filler: $!";
    $out->autoflush(1);
    1 while print {$out} 'x' x 4096;
    close $out;
    return;
}

my $number = 100;

# Creates sheets until one is refused; returns that answer.
sub until_refused
{
    for (1 .. 500) {
        my $answer = $server->post('/sheets', sheet(rpps => rpps($number++),
            note => 'x' x 1900), as => 'coordination');
        return $answer if $answer->status != 201;
    }
    return;
}

fill();
my $refused = until_refused();
ok $refused, 'the disk is full' or die "no disk was filled\n";
is_problem($refused, 507, 'database_full');
my $lost = rpps($number - 1);
is_problem($server->get("/sheets/$lost", as => 'coordination'), 404, undef,
    'the refused sheet is not there');

# reading goes on
is_status($server->get("/sheets/$OWN", as => 'docteur'), 200, 'a sheet');
is_status($server->get('/sheets', as => 'coordination'), 200, 'the list');
is_status($server->get('/health'), 200, 'health');

# a match cannot be recorded, so it is not answered
my $match;
for (1 .. 50) {
    $match = $server->post('/match', need(), as => 'pharmacie');
    last if $match->status != 200;
}
is_problem($match, 507, 'database_full');
is_problem($server->post("/sheets/$OWN/confirm", {}, as => 'docteur'), 507,
    'database_full');

# nor is any change of a placement, an invitation or an account made
my @COORDINATION = (as => 'coordination');
my @CHANGE = (
    [ 'POST', '/placements', \%HOLD, as => 'pharmacie' ],
    [ 'POST', "/placements/$code/contact", {}, as => 'pharmacie' ],
    [ 'POST', '/invitations', { role => 'professional', name => 'x' },
      @COORDINATION ],
    [ 'POST', '/invitations/batch', { name => 'x', csv => "rpps,name\n"
      . join '', map { rpps($_) . ',' . 'x' x 100 . "\n" } 5000 .. 5200 },
      @COORDINATION ],
    [ 'POST', "/invitations/$invited->{id}/renew", {}, @COORDINATION ],
    [ 'POST', '/invitations/open', { token => $invited->{token} } ],
    [ 'POST', '/invitations/use', { token => $invited->{token},
      account => 'late', password => 'correct horse battery' } ],
    [ 'POST', '/me/email', { email => 'full@mail.example' },
      as => 'pharmacie' ],
    [ 'GET', '/me/export', undef, as => 'pharmacie' ],
    [ 'DELETE', '/me', undef, as => 'pharmacie' ],
);
for my $change (@CHANGE) {
    my ($method, $path, $json, @as) = @$change;
    is_problem($server->request($method, $path, $json ? (json => $json) : (),
        @as), 507, 'database_full');
}
is $server->get("/placements/$code", as => 'pharmacie')->json->{state},
    'held', 'a placement is as it was';

# room again
unlink $filler or die "unlink: $!";
is_status($server->post('/match', need(), as => 'pharmacie'), 200,
    'room again: a match');
is_status($server->post("/sheets/$OWN/confirm", {}, as => 'docteur'), 200,
    'a confirmation');
is_status($server->post('/sheets', sheet(rpps => $lost),
    as => 'coordination'), 201, 'and the sheet that was refused');
is_status($server->post("/placements/$code/contact", {}, as => 'pharmacie'),
    200, 'a placement goes on');
is_status($server->post('/invitations/open', { token => $invited->{token} }),
    200, 'an invitation is opened');
is_status($server->post('/invitations/use', { token => $invited->{token},
    account => 'late', password => 'correct horse battery' }), 201,
    'the invitation is as good as before');
is $server->sqlite('PRAGMA integrity_check;'), "ok\n",
    'the database is sound';
my ($broken, $said) = $server->ctl('', '-d', $server->{file}, 'journal',
                                   'verify');
is $broken, 0, 'the journal is whole' or diag $said;
my $rows = $server->sqlite('SELECT count(*) FROM practitioner;') + 0;
is $rows, $number - 100 + 1, 'every acknowledged sheet is there';

$server->stop;
system "umount '$disk'" and die "umount\n";
$mounted = 0;
$server->finish;
done_testing;
