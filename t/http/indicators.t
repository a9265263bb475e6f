#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Fairness and unmet need: counted right, whole months only, small counts
# hidden in every table and between any two answers.
use strict;
use warnings;
use utf8;

use POSIX qw(mktime);
use Test::More;

use Cpts::Check;
use Cpts::Server;

my $TRUE = JSON::PP::true();
my ($YEAR, $MONTH) = (localtime)[ 5, 4 ];

# Noon of a day of the month so many months before this one.
sub at
{
    my ($back, $day) = @_;
    return mktime(0, 0, 12, $day // 14, $MONTH - $back, $YEAR, 0, 0, -1);
}

# The first moment of that month.
sub edge { return mktime(0, 0, 0, 1, $MONTH - $_[0], $YEAR, 0, 0, -1) }

sub month
{
    my ($year, $month) = (localtime at($_[0]))[ 5, 4 ];
    return sprintf '%04d-%02d', $year + 1900, $month + 1;
}

sub day_of { return POSIX::strftime('%Y-%m-%d', localtime $_[0]) }

my $server = Cpts::Server->new(
    accounts => [ @Cpts::Server::ACCOUNTS, [ 'infirmiere', 'professional' ],
                  [ 'ancien', 'professional' ] ],
)->expect_refusals;
my $OTHER = '99900000020';
my $THIRD = rpps(31);
create_sheet($server, rpps => $OWN, name => 'Alice Un');
create_sheet($server, rpps => $OTHER, name => 'Bob Deux');
create_sheet($server, rpps => $THIRD, name => 'Carl Trois');
$server->sqlite(<<'SQL');
UPDATE account SET profession = 'Pharmacien' WHERE name IN ('pharmacie',
    'ancien');
UPDATE account SET profession = 'Infirmier' WHERE name = 'infirmiere';
SQL
my %sheet = map { split /\|/ } split /\n/,
    $server->sqlite('SELECT rpps, id FROM practitioner;');
my %account = map { split /\|/ } split /\n/,
    $server->sqlite('SELECT name, id FROM account;');

# Entries of the journal as they would have been written then; what is read
# here does not look at the chain.
my $placement = 1000;

sub entries
{
    my (@entry) = @_;
    my $sql = "BEGIN;\n";
    for my $entry (@entry) {
        my ($at, $who, $action, $sheets, $number) = @$entry;
        my $role = $who =~ /^doc/ ? 'doctor'
            : $who eq 'coordination' ? 'coordinator' : 'professional';
        my $list = join ',', map { $sheet{$_} } @$sheets;
        $number = defined $number ? $number : 'NULL';
        $sql .= 'INSERT INTO journal (id, at, actor, role, action, sheets, '
            . "placement) SELECT last + 1, $at, $account{$who}, '$role', "
            . "'$action', '[$list]', $number FROM journal_end;\n"
            . "UPDATE journal_end SET last = last + 1;\n";
    }
    $server->sqlite("${sql}COMMIT;");
    return;
}

sub match_entries
{
    my ($back, $who, $count, @sheets) = @_;
    return map { [ at($back, 1 + $_ % 28), $who, 'match', \@sheets ] }
        1 .. $count;
}

# A hold, and an acceptance by the doctor.
sub placed
{
    my ($back, $who, $count, $sheet, $accepted) = @_;
    my @entry;
    for my $i (1 .. $count) {
        $placement++;
        push @entry, [ at($back), $who, 'placement.hold', [$sheet],
                       $placement ];
        push @entry, [ at($back, 20), 'docteur', 'placement.accept',
                       [$sheet], $placement ] if $i <= $accepted;
    }
    return @entry;
}

sub ask
{
    my ($path) = @_;
    my $answer = $server->get($path, as => 'coordination');
    is_status($answer, 200, $path);
    return $answer->json;
}

sub figure
{
    my ($told) = @_;
    return !$told->{hidden} ? $told->{from}
        : $told->{from} . '..' . ($told->{to} // '');
}

sub measures { return map { figure($_[0]{$_}) } qw(proposals holds acceptances) }

sub by_doctor
{
    my ($json) = @_;
    return { map { ($_->{name} // '') => join ' ', measures($_) }
        @{ $json->{doctors} } };
}

sub by_profession
{
    my ($json) = @_;
    return { map { join('/', $_->{role} // '', $_->{profession} // '')
        => join ' ', measures($_) } @{ $json->{professions} } };
}

# --- counted right, nothing hidden ------------------------------------------
entries(
    match_entries(1, 'pharmacie', 20, $OWN, $OTHER),
    match_entries(1, 'infirmiere', 7, $OWN),
    match_entries(2, 'docteur2', 3, $OWN),
    match_entries(2, 'ancien', 4, $OTHER),
    match_entries(4, 'pharmacie', 50, $THIRD),
    match_entries(0, 'pharmacie', 9, $THIRD),
    placed(1, 'pharmacie', 15, $OWN, 12),
    placed(2, 'docteur2', 2, $OTHER, 1),
    [ edge(0) - 1, 'coordination', 'match', [$OWN] ],
    [ edge(0), 'coordination', 'match', [$OWN] ],
    [ edge(3), 'coordination', 'match', [$OWN] ],
    [ edge(3) - 1, 'coordination', 'match', [$OWN] ],
);
sub threshold
{
    my ($value) = @_;
    $server->{directives} = "CptsSmallCount $value\n";
    $server->stop;
    $server->start;
    return;
}

threshold(0);
my $fair = ask('/fairness');
is_deeply by_doctor($fair), {
    'Alice Un' => '32 15 12', 'Bob Deux' => '24 2 1', 'Carl Trois' => '0 0 0',
    '' => '0 0 0' }, 'by doctor, three whole months';
is_deeply by_profession($fair), {
    'professional/Pharmacien' => '44 15 12',
    'professional/Infirmier' => '7 0 0', 'professional/' => '0 0 0',
    'doctor/' => '3 2 1', 'coordinator/' => '2 0 0', '/' => '0 0 0' },
    'by profession: an acceptance counts for who asked';
is join(' ', measures($fair->{sums})), '56 17 13', 'the denominators';
is_deeply $fair->{provenance}, {
    territory => $Cpts::Server::TERRITORY, from => day_of(edge(3)),
    to => day_of(edge(0) - 1), computed_on => today(), source => 'journal',
    threshold => 0 }, 'of what, from what, when';
is_deeply [ map { $_->{name} } @{ $fair->{doctors} } ],
    [ 'Alice Un', 'Bob Deux', 'Carl Trois', undef ],
    'in the order of names, which tells nothing';
is by_doctor(ask('/fairness?months=1'))->{'Bob Deux'}, '20 0 0', 'one month';
is by_doctor(ask('/fairness?months=12'))->{'Carl Trois'}, '50 0 0',
    'twelve months';
for my $months (0, 13, 'x', '') {
    is_problem($server->get("/fairness?months=$months",
        as => 'coordination'), 400, undef, "months=$months");
    is_problem($server->get("/unmet?months=$months", as => 'coordination'),
        400, undef, "unmet, months=$months");
}

# --- hidden -----------------------------------------------------------------
threshold(11);
$fair = ask('/fairness?months=1');
# proposals of that month: 28 and 20 by doctor; 40, 7 and 1 by profession
my $professions = by_profession($fair);
unlike $professions->{'professional/Infirmier'}, qr/^\d+ /,
    'seven proposals are hidden';
unlike $professions->{'coordinator/'}, qr/^\d+ /, 'and so is one';
my %truth = ('professional/Pharmacien' => 40, 'professional/Infirmier' => 7,
             'professional/' => 0, 'doctor/' => 0, 'coordinator/' => 1,
             '/' => 0);
for my $row (@{ $fair->{professions} }) {
    my $name = join '/', $row->{role} // '', $row->{profession} // '';
    my $told = $row->{proposals};
    ok $told->{from} <= $truth{$name}
        && (!defined $told->{to} || $told->{to} >= $truth{$name}),
        "$name: " . figure($told) . " holds $truth{$name}";
    ok !defined $told->{to} || $told->{to} - $told->{from} >= 9
        || !$told->{hidden}, "$name: and ten others at least"
        if $truth{$name} > 0 && $truth{$name} < 11;
}
my @told = map { my $row = $_; map { $row->{$_} }
    qw(proposals holds acceptances) } @{ $fair->{professions} },
    @{ $fair->{doctors} };
is scalar(grep { !$_->{hidden} && $_->{from} > 0 && $_->{from} < 11 } @told),
    0, 'no count from 1 to 10 is told';

# no two answers together tell more than the months one by one
my @sum;
for my $months (1 .. 12) {
    my $json = ask("/fairness?months=$months");
    push @sum, $json;
}
for my $i (1 .. 11) {
    for my $row (0 .. $#{ $sum[0]{doctors} }) {
        for my $measure (qw(proposals holds acceptances)) {
            my ($less, $more) = map { $sum[$_]{doctors}[$row]{$measure} }
                $i - 1, $i;
            next if $less->{hidden} || $more->{hidden};
            my $month = $more->{from} - $less->{from};
            ok $month == 0 || $month >= 11,
                "$measure, row $row, month $i: $month" or diag explain
                [ $less, $more ];
        }
    }
}

# --- erasing changes no sum, and no line of a profession --------------------
threshold(0);
my $before = ask('/fairness');
is_status($server->request('DELETE', "/sheets/$OTHER", as => 'coordination'),
    204, 'a doctor is erased');
my $after = ask('/fairness');
is_deeply by_profession($after), by_profession($before),
    'by profession as before: ' . by_profession($after)->{'doctor/'};
is_deeply [ measures($after->{sums}) ], [ measures($before->{sums}) ],
    'the sums too';
is by_doctor($after)->{''}, by_doctor($before)->{'Bob Deux'},
    'the erased ones are counted together';
is_status($server->request('DELETE', '/me', as => 'ancien'), 204,
    'a professional is erased');
is by_profession(ask('/fairness'))->{'professional/'}, '4 0 0',
    'whose profession is not known any more';

# --- unmet need: what is counted --------------------------------------------
sub counters
{
    return $server->sqlite('SELECT commune, month, requirement, count '
        . 'FROM unmet ORDER BY 1, 2, 3;');
}

sub hope
{
    my ($need, %option) = @_;
    my $answer = $server->post('/match', $need, as => 'pharmacie', %option);
    is_status($answer, 200, 'a match');
    return $answer->json;
}

my $journal = 'SELECT count(*), max(id) FROM journal;';
isnt scalar @{ hope(need())->{proposals} }, 0, 'a need that has an answer';
hope(need(followed => $TRUE));
is counters(), '', 'is not counted, nor one that is not searched';
my $answer = hope(need(languages => ['tlh'], home_visit => $TRUE));
is_deeply $answer->{proposals}, [], 'a need that has none';
my %expected = (none => 1,
    map { $_->{requirement} => 1 } @{ $answer->{excluded} });
is counters(), join('', map { '31113|' . month(0) . "|$_|$expected{$_}\n" }
    sort keys %expected), 'is counted once, and under what stood against it';
my $point = hope({ point => { lat => 43.5, lon => 1.5 }, age => 40,
                   languages => ['tlh'] });
is_deeply $point->{proposals}, [], 'a point has no answer either';
unlike counters(), qr/\|2$/m, 'and is in no commune';

# under one key it is one need
my $key = { 'Idempotency-Key' => 'unmet-1' };
hope(need(languages => ['tlh']), headers => $key) for 1 .. 3;
like counters(), qr/\|none\|2$/m, 'sent three times under one key: one more';
my ($entry) = $server->sqlite('SELECT sheets, outcome, placement, actor '
    . 'FROM journal ORDER BY id DESC LIMIT 1;') =~ /(.*)/;
is $entry, "[]|||$account{pharmacie}", 'the journal holds nothing of it';
is_deeply ask('/unmet?months=12')->{communes}, [],
    'this month is not over: nothing is told of it';

# --- unmet need: what is told -----------------------------------------------
sub unmet
{
    my ($back, $commune, %count) = @_;
    $server->sqlite(join '', map {
        "INSERT INTO unmet VALUES ('$commune', '" . month($back)
            . "', '$_', $count{$_});\n" } keys %count);
    return;
}

unmet(1, '31113', none => 40, distance => 40, home_visit => 12,
    language => 3, sex => 35);
unmet(1, '31035', none => 4, distance => 4);
unmet(2, '31113', none => 11, places => 10);
unmet(3, '01001', none => 20);
threshold(11);
my $unmet = ask('/unmet');
my %told;
for my $row (@{ $unmet->{communes} }) {
    my $name = "$row->{commune} $row->{month}";
    $told{$name} = join ' ', figure($row->{needs}),
        map { "$_->{requirement}=" . figure($_->{needs}) }
        sort { $a->{requirement} cmp $b->{requirement} }
        @{ $row->{requirements} };
}
is_deeply \%told, {
    '31113 ' . month(1) => '40 distance=40 home_visit=12 language=1..39 '
        . 'sex=1..39',
    '31035 ' . month(1) => '1..10 distance=1..10',
    '31113 ' . month(2) => '11 places=1..10',
    '01001 ' . month(3) => '20',
}, 'small counts are hidden, and small rests';
is_deeply [ sort map { $_->{name} // '' } @{ $unmet->{communes} } ],
    [ '', 'Auzeville-Tolosane', 'Castanet-Tolosan', 'Castanet-Tolosan' ],
    'communes by name, if they are known';
is_deeply [ map { $_->{month} . ' ' . figure($_->{searches}) }
            @{ $unmet->{searches} } ],
    [ month(3) . ' 1..10', month(2) . ' 1..10', month(1) . ' 28' ],
    'the denominators, hidden where they are small';
is $unmet->{provenance}{source}, 'unmet', 'where it comes from';

# --- a journal that was purged ----------------------------------------------
$server->sqlite('UPDATE journal_end SET floor = (SELECT max(id) FROM journal '
    . 'WHERE at < ' . at(2, 20) . "); DELETE FROM journal WHERE id <= "
    . '(SELECT floor FROM journal_end);');
my ($first) = $server->sqlite('SELECT at FROM journal ORDER BY id LIMIT 1;')
    =~ /(\d+)/;
$fair = ask('/fairness?months=12');
cmp_ok $fair->{provenance}{from} // '9', 'gt', day_of($first),
    'months that are not whole any more are left out';
$server->sqlite('DROP TRIGGER journal_no_update; UPDATE journal SET at = '
    . at(2, 20) . ' WHERE id = (SELECT min(id) FROM journal);');
$unmet = ask('/unmet?months=12');
is $unmet->{provenance}{from}, month(2) . '-01',
    'of unmet needs, those that were over';
is_deeply [ map { $_->{month} } @{ $unmet->{searches} } ],
    [ month(2), month(1) ], 'are left out';
is figure($unmet->{searches}[0]{searches}), '0..',
    'of one that was not the searches are unknown';
is_deeply [ sort map { "$_->{commune} $_->{month}" }
            @{ $unmet->{communes} } ],
    [ '31035 ' . month(1), '31113 ' . month(2), '31113 ' . month(1) ],
    'but not the needs';

$server->finish;
done_testing;
