#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Places under fire: many hold, answer and give up at random while holds end
# by themselves and children are killed; a ledger of every answer is replayed.
#
# CPTS_LEDGER_SECONDS says for how long (20).
#
# What is judged in the end, by a model that is written here and nowhere else:
# the order of the journal is the order in which things happened; in it no
# doctor ever has more places taken than the capacity; what was answered is
# there, what was not answered is not; no code is given or used twice.
use strict;
use warnings;

use List::Util qw(sum0);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use Cpts::Check;
use Cpts::Load;
use Cpts::Server;

my $SECONDS = $ENV{CPTS_LEDGER_SECONDS} || 20;
$SECONDS =~ /^[1-9]\d{0,4}\z/ or die "CPTS_LEDGER_SECONDS is no number\n";

# places and how many of them are reserved, by RPPS
my %CAPACITY = ($OWN => [ 4, 1 ], rpps(200) => [ 3, 0 ], rpps(201) => [ 7, 3 ]);
my @RPPS = sort keys %CAPACITY;
my @PROFESSIONAL = map { "pro$_" } 1 .. 5;
my @REASON = qw(full away outside_perimeter patient_chose_another
    patient_absent other);

my $server = Cpts::Server->new(
    children   => 3,
    accounts   => [
        [ 'coordination', 'coordinator' ],
        (map { [ "doc$_", 'doctor', $RPPS[$_] ] } 0 .. $#RPPS),
        (map { [ $_, 'professional' ] } @PROFESSIONAL),
    ],
    directives => "CptsDailyConsultations 10000\nCptsHeldPlaces 1000\n",
)->expect_refusals->expect_log(qr/child pid \d+ exit signal Killed|AH00052:/);
for my $rpps (@RPPS) {
    my ($places, $reserved) = @{ $CAPACITY{$rpps} };
    create_sheet($server, rpps => $rpps, availability => open_state(
        capacity => { places => $places, period => 'month',
                      reserved => $reserved }));
}
for my $who (@PROFESSIONAL, 'coordination') {
    my $answer = $server->post('/match', need(age => 80), as => $who);
    die $answer->summary if (proposed($answer)) != @RPPS;
}
# Days become seconds, by another hand on the file, as httpd runs no trigger: a
# hold ends after one or two.
my $test  = $$;
my $hurry = fork // die "fork: $!";
if (!$hurry) {
    open my $sql, '|-', 'sqlite3', '-cmd', '.timeout 5000', $server->{file}
        or POSIX::_exit(99);
    $sql->autoflush(1);
    my $now = q{CAST(strftime('%s', 'now') AS INTEGER)};
    while (getppid == $test) {
        print $sql "UPDATE placement SET expires_at = $now + 1 + "
            . "abs(random()) % 2 WHERE state IN ('held', 'contacted') "
            . "AND expires_at > $now + 3;\n";
        sleep 0.1;
    }
    POSIX::_exit(0);
}

# --- the clients ------------------------------------------------------------

# One request under a key of its own, sent again until it is answered, as
# clients do; what was answered in the end.
my $keys = 0;

sub insist
{
    my ($path, $json, $who) = @_;
    my $key = "ledger-$$-" . ++$keys;
    my ($answer, $tries);
    for ($tries = 1; $tries <= 200; $tries++) {
        $answer = $server->post($path, $json, as => $who,
            headers => { 'Idempotency-Key' => $key });
        last if $answer->status !~ /^(?:599|503)$/;
        sleep 0.05 + rand 0.1;
    }
    my $body = $answer->json;
    $body = {} if ref $body ne 'HASH';
    return { who => $who, key => $key, path => $path, sent => $json,
             status => $answer->status, tries => $tries,
             map { $_ => $body->{$_} } qw(code state rpps places reserved) };
}

my $end = time + $SECONDS;
my @mine;           # codes of this client, newest last
my $declared = 0;   # by this client

sub hold
{
    my ($who) = @_;
    my $note = insist('/placements', {
        rpps => $RPPS[rand @RPPS], places => 1 + int rand(3) * rand,
        uses => rand() < 0.4 ? 'reserved' : 'general' }, $who);
    push @mine, $note->{code} if $note->{status} == 201;
    shift @mine if @mine > 8;
    return { %$note, did => 'hold' };
}

sub happen
{
    my ($who, $code, @event) = @_;
    my $event = $event[rand @event];
    my $json = $event eq 'refuse' ? { reason => $REASON[rand @REASON] } : {};
    return { %{ insist("/placements/$code/$event", $json, $who) },
             did => $event, about => $code };
}

# Whoever may see several acts on any of them: against the requester.
sub any_of
{
    my ($who, @event) = @_;
    my $state = (qw(held contacted accepted))[rand 3];
    my $json = $server->get("/placements?state=$state", as => $who)->json;
    my @code = map { $_->{code} }
        ref $json eq 'HASH' ? @{ $json->{placements} || [] } : ();
    if (!@code) {
        sleep 0.02;
        return { did => 'nothing', status => 0 };
    }
    return happen($who, $code[rand @code], @event);
}

sub client
{
    my ($client) = @_;
    # places of the declared ones never come back: a few will do
    my @declare = $declared < 3 ? 'declare' : ();
    my $note = $client > @PROFESSIONAL + @RPPS
        ? any_of('coordination', qw(accept refuse cancel), @declare)
        : $client > @PROFESSIONAL
        ? any_of('doc' . ($client - @PROFESSIONAL - 1),
                 qw(accept refuse))
        : @mine && rand() < 0.5
        ? happen($PROFESSIONAL[$client - 1], $mine[rand @mine],
                 qw(contact contact accept refuse cancel))
        : hold($PROFESSIONAL[$client - 1]);
    $declared++ if $note->{did} eq 'declare' && $note->{status} == 200;
    return Cpts::Server::encode_json($note);
}

my $load = Cpts::Load->start(\&client, @PROFESSIONAL + @RPPS + 1);
my $killed = 0;

# On a busy machine it takes longer until each thing has happened.
sub enough
{
    my $seen = $server->sqlite('SELECT count(DISTINCT action) = 7'
        . " AND count(*) >= 150 FROM journal WHERE action LIKE"
        . " 'placement.%';");
    return $killed >= 2 && $seen + 0;
}

while (time < $end || !enough() && time < $end + 120) {
    sleep 1.5 + rand 1.5;
    my @child = $server->children;
    $killed += kill 'KILL', $child[rand @child] if @child;
}
my @ledger = map { eval { Cpts::Server::decode_json($_) }
                       // { did => $_, status => 'bad line' } } $load->stop;
cmp_ok $killed, '>=', 2, "$killed children were killed";

# --- what the database says -------------------------------------------------
sub table
{
    my ($sql, @name) = @_;
    return map { my %row; @row{@name} = split /\|/; \%row }
        split /\n/, $server->sqlite($sql);
}

my @journal = table(<<'SQL', qw(id at who did code rpps outcome));
SELECT j.id, j.at, coalesce(a.name, '-'), substr(j.action, 11), p.code,
       d.rpps, coalesce(j.outcome, '-')
  FROM journal AS j LEFT JOIN account AS a ON a.id = j.actor
  LEFT JOIN placement AS p ON p.id = j.placement
  LEFT JOIN practitioner AS d ON j.sheets = '[' || d.id || ']'
 WHERE j.action LIKE 'placement.%' ORDER BY j.id;
SQL
my @row = table(<<'SQL', qw(code rpps general reserved state month expires));
SELECT p.code, d.rpps, p.general, p.reserved, p.state,
       substr(p.held_on, 1, 7), p.expires_at
  FROM placement AS p JOIN practitioner AS d ON d.id = p.practitioner_id;
SQL

# --- the model --------------------------------------------------------------
my %FOLLOWS = (
    contact => { held => 'contacted' },
    accept  => { held => 'accepted',  contacted => 'accepted' },
    refuse  => { held => 'refused',   contacted => 'refused',
                 accepted => 'refused' },
    declare => { accepted => 'declared' },
    cancel  => { held => 'cancelled', contacted => 'cancelled' },
    expire  => { held => 'expired',   contacted => 'expired' },
);
my %FREE = map { $_ => 1 } qw(refused expired cancelled);

# One entry after the other; the states that each code went through.
sub replay
{
    my ($journal, $rows, $fault) = @_;
    my %row = map { $_->{code} => $_ } @$rows;
    my (%taken, %history);
    for my $entry (@$journal) {
        my ($did, $code) = @$entry{qw(did code)};
        my $row = $row{$code}
            or push @$fault, "entry $entry->{id} is about no placement"
            and next;
        push @$fault, "entry $entry->{id}: another sheet"
            if $entry->{rpps} ne $row->{rpps};
        my $past = $history{$code} //= [];
        my $pool = $taken{"$row->{rpps} $row->{month}"} //= [ 0, 0 ];
        my $sign = 0;
        if ($did eq 'hold') {
            push @$fault, "$code is given twice" if @$past;
            push @$past, 'held';
            $sign = 1;
        }
        else {
            my $next = $FOLLOWS{$did}{ $past->[-1] // 'nothing' };
            push @$fault, "$code: $did of " . ($past->[-1] // 'nothing')
                and next if !$next;
            push @$past, $next;
            $sign = -1 if $FREE{$next};
            push @$fault, "$code has expired too early"
                if $did eq 'expire' && $entry->{at} < $row->{expires};
            push @$fault, "$code: $did after its end"
                if $did ne 'expire' && $did !~ /^(?:declare|refuse)$/
                && $entry->{at} >= $row->{expires};
        }
        $pool->[0] += $sign * $row->{general};
        $pool->[1] += $sign * $row->{reserved};
        my ($places, $reserved) = @{ $CAPACITY{ $row->{rpps} } };
        push @$fault, "entry $entry->{id}: $row->{rpps} is overbooked, "
            . "$pool->[0] and $pool->[1] reserved"
            if $pool->[0] > $places - $reserved || $pool->[1] > $reserved;
    }
    for my $row (@$rows) {
        my $state = $history{ $row->{code} }[-1] // 'nothing';
        push @$fault, "$row->{code} is $row->{state}, not $state"
            if $row->{state} ne $state;
    }
    return \%history;
}

# Each answer is in the journal, and nothing else is.
sub compare
{
    my ($ledger, $journal, $rows, $history, $fault) = @_;
    my %row = map { $_->{code} => $_ } @$rows;
    my %entry = map { ("$_->{did} $_->{code}" => $_) } @$journal;
    my %by_key;
    for my $note (grep { $_->{did} ne 'nothing' } @$ledger) {
        my ($did, $status) = @$note{qw(did status)};
        my $code = $note->{about} // $note->{code} // '';
        if ($status =~ /^20[01]$/) {
            push @$fault, "$did $code was answered twice"
                if $by_key{"$did $code"}++;
            my $entry = $entry{"$did $code"}
                or push @$fault, "$did $code is lost" and next;
            push @$fault, "$did $code is $entry->{who}'s, not $note->{who}'s"
                if $entry->{who} ne $note->{who};
            push @$fault, "$did $code: reason $entry->{outcome}"
                if $did eq 'refuse'
                && $entry->{outcome} ne $note->{sent}{reason};
            my $row = $row{$code};
            push @$fault, "$code has other places than were answered"
                if $row->{general} + $row->{reserved} != $note->{places}
                || $row->{reserved} != $note->{reserved}
                || $row->{rpps} ne $note->{rpps};
            push @$fault, "$code has other places than were asked for"
                if $did eq 'hold' && ($note->{places} != $note->{sent}{places}
                    || $note->{rpps} ne $note->{sent}{rpps}
                    || $note->{reserved} && $note->{sent}{uses} ne 'reserved');
        }
        elsif ($status == 409 && $note->{code} =~ /^placement_(\w+)$/) {
            # expired: perhaps nobody has written it down
            push @$fault, "$did $note->{about}: it never was $1"
                if !grep { $_ eq $1 } @{ $history->{ $note->{about} } }
                and $1 ne 'expired';
        }
        elsif (!($status == 409 && $note->{code} eq 'no_place_left')) {
            push @$fault, "$did $code: status $status, after "
                . ($note->{tries} // 0) . ' tries';
        }
    }
    for my $entry (grep { $_->{did} ne 'expire' } @$journal) {
        push @$fault, "$entry->{did} $entry->{code} was never answered"
            if !$by_key{"$entry->{did} $entry->{code}"};
    }
    return;
}

sub judge
{
    my ($journal, $rows, $ledger) = @_;
    my @fault;
    my $history = replay($journal, $rows, \@fault);
    compare($ledger, $journal, $rows, $history, \@fault);
    return @fault;
}

my %count;
$count{"$_->{did} $_->{status}"}++ for @ledger;
note "$_: $count{$_}" for sort keys %count;
note 'expired: ', scalar grep { $_->{did} eq 'expire' } @journal;
my @again = grep { ($_->{tries} // 1) > 1 } @ledger;
note 'sent again: ', scalar @again;

cmp_ok scalar @journal, '>=', 150,
    @journal . ' things happened, ' . @row . ' placements';
for my $did (qw(hold contact accept refuse declare cancel expire)) {
    ok scalar(grep { $_->{did} eq $did } @journal), "there was $did";
}
ok $count{'hold 409'}, 'and more wanted places than there were';
my @fault = judge(\@journal, \@row, \@ledger);
is scalar @fault, 0, 'every answer holds, no place is overbooked or lost';
diag $_ for splice @fault, 0, 10;

# --- the same by SQL, over time ---------------------------------------------
my $most = $server->sqlite(<<'SQL');
WITH step AS (
    SELECT j.id, p.practitioner_id AS sheet, substr(p.held_on, 1, 7) AS month,
           iif(j.action = 'placement.hold', 1, -1) AS sign,
           p.general, p.reserved
      FROM journal AS j JOIN placement AS p ON p.id = j.placement
     WHERE j.action IN ('placement.hold', 'placement.refuse',
                        'placement.cancel', 'placement.expire')),
taken AS (
    SELECT sheet, sum(sign * general) OVER past AS general,
           sum(sign * reserved) OVER past AS reserved FROM step
    WINDOW past AS (PARTITION BY sheet, month ORDER BY id))
SELECT d.rpps, max(t.general), max(t.reserved),
       min(t.general) >= 0 AND min(t.reserved) >= 0
  FROM taken AS t JOIN practitioner AS d ON d.id = t.sheet
 GROUP BY d.rpps ORDER BY d.rpps;
SQL
for my $line (split /\n/, $most) {
    my ($rpps, $general, $reserved, $never_below) = split /\|/, $line;
    my ($places, $of_which) = @{ $CAPACITY{$rpps} };
    ok $general <= $places - $of_which && $reserved <= $of_which,
        "SQL: $rpps had $general and $reserved reserved places taken at most";
    ok $never_below, 'and never less than none';
}

# --- in the end every place that is free can be had, and no more ------------
ok Cpts::Server::wait_for(sub {
    return $server->sqlite("SELECT count(*) FROM placement WHERE state IN"
        . " ('held', 'contacted') AND expires_at >="
        . " CAST(strftime('%s', 'now') AS INTEGER);") eq "0\n";
}), 'what is still held ends';
my $kept = sub {
    my ($rpps, $pool) = @_;
    my $month = substr today(), 0, 7;
    return sum0 map { $_->{$pool} } grep {
        $_->{rpps} eq $rpps && $_->{month} eq $month
            && $_->{state} =~ /^(?:accepted|declared)$/
    } @row;
};
kill 'KILL', $hurry;
waitpid $hurry, 0;
for my $rpps (@RPPS) {
    my ($places, $reserved) = @{ $CAPACITY{$rpps} };
    my %left = (general => $places - $reserved - $kept->($rpps, 'general'),
                reserved => $reserved - $kept->($rpps, 'reserved'));
    my $answer = $server->get("/sheets/$rpps/places", as => 'coordination');
    is_deeply { map { $_ => $answer->json->{"${_}_left"} } keys %left },
        \%left, "$rpps: what is left";
    for my $uses (qw(reserved general)) {
        my $can = $left{$uses};
        my %ask = (rpps => $rpps, uses => $uses, places => 1);
        my @status = map { $server->post('/placements', \%ask,
            as => 'coordination')->status } 1 .. $can;
        is scalar(grep { $_ != 201 } @status), 0, "$can $uses ones are had";
    }
    is_problem($server->post('/placements', { rpps => $rpps, places => 1,
        uses => 'reserved' }, as => 'coordination'), 409, 'no_place_left');
}

is $server->sqlite('PRAGMA integrity_check;'), "ok\n", 'a sound database';
my ($status, $said) = $server->ctl('', '-d', $server->{file}, 'journal',
                                   'verify');
is $status, 0, 'the journal is whole' or diag $said;

# --- planted: each of these is found ----------------------------------------
sub planted
{
    my ($name, $wanted, $change) = @_;
    my ($journal, $rows, $ledger) = map { [ map { +{ %$_ } } @$_ ] }
        \@journal, \@row, \@ledger;
    $change->($journal, $rows, $ledger);
    my @found = judge($journal, $rows, $ledger);
    ok scalar(grep { $_ =~ $wanted } @found), "found when planted: $name"
        or diag join "\n", 'found instead:', splice @found, 0, 3;
    return;
}

sub first_of
{
    my ($list, $test) = @_;
    my ($index) = grep { $test->($list->[$_]) } 0 .. $#$list;
    return $index;
}

my $hold = sub { $_[0]{did} eq 'hold' };
planted('a place too many', qr/overbooked/, sub {
    $_->{general}++ for grep { $_->{general} } @{ $_[1] };
});
planted('a freed place that was not', qr/overbooked/, sub {
    @{ $_[0] } = grep { $_->{did} ne 'expire' } @{ $_[0] };
});
planted('an answer that is not there', qr/is lost/, sub {
    splice @{ $_[0] }, first_of($_[0], sub { $_[0]{did} eq 'refuse' }), 1;
});
planted('a placement nobody was told of', qr/was never answered/, sub {
    splice @{ $_[2] }, first_of($_[2], sub { $_[0]{did} eq 'hold'
        && $_[0]{status} == 201 }), 1;
});
planted('a code given twice', qr/is given twice/, sub {
    push @{ $_[0] }, { %{ $_[0][ first_of($_[0], $hold) ] } };
});
planted('a code used twice', qr/was answered twice/, sub {
    push @{ $_[2] }, { %{ $_[2][ first_of($_[2], sub {
        $_[0]{did} eq 'accept' && $_[0]{status} == 200 }) ] } };
});
planted('a state that does not follow', qr/accept of refused/, sub {
    my $at = first_of($_[0], sub { $_[0]{did} eq 'refuse' });
    push @{ $_[0] }, { %{ $_[0][$at] }, did => 'accept' };
});
planted('a row in another state', qr/is \w+, not \w+/, sub {
    $_[1][0]{state} = 'contacted';
});
planted('another reason', qr/: reason other than/, sub {
    $_->{outcome} = 'other than' for @{ $_[0] };
});
planted('ended too early', qr/has expired too early/, sub {
    $_->{expires} += 1000 for @{ $_[1] };
});
planted('another account', qr/is stranger's/, sub {
    $_[0][ first_of($_[0], $hold) ]{who} = 'stranger';
});
planted('places that were not asked for', qr/than were answered/, sub {
    $_->{general}-- for grep { $_->{general} } @{ $_[1] };
});

$server->finish;
done_testing;
