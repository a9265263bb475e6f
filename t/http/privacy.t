#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# No criterion of a patient is kept: plants unusual needs, then searches
# every log, every byte of the database and every answer that is an error.
use strict;
use warnings;

use File::Find qw(find);
use Test::More;

use Cpts::Check;
use Cpts::Server;

my $TRUE = JSON::PP::true();

# A commune that no sheet, perimeter or account names.
my $COMMUNE = '31568';
my @PLANT = (
    { lat => 43.487123987, lon => 1.529456741 },    # points
    { lat => 43.511998877, lon => 1.488112233 },
);
my $WORD = 'zqxplantzqx';    # inside refused bodies

# What to look for.  The names of criteria must not occur either: a record
# {"age":...} would show by its name whatever the value.  Nothing here can be
# a part of a time, of a process number or of a hash by chance.
my %MARK = (
    (map { $_ => qr/\b\Q$_\E/ }
        qw(43.4871239 1.52945674 43.5119988 1.48811223)),
    (map { $_ => qr/\b\Q$_\E\b/ } $COMMUNE, qw(xho tlh)),
    $WORD => qr/$WORD/,
    'the name of a criterion' =>
        qr/\b(?:age|ald|precarity|household|home_visit|followed)["']?\s*[=:]/,
);

my @NEED = (
    { point => $PLANT[0], age => 113, ald => $TRUE, household => 9 },
    { point => $PLANT[1], age => 127, precarity => $TRUE,
      languages => [ 'xho', 'tlh' ] },
    { commune => $COMMUNE, age => 113, home_visit => $TRUE, sex => 'F',
      household => 8 },
    { commune => $COMMUNE, age => 119, accessible => $TRUE,
      teleconsultation => $TRUE, followed => $TRUE },
    { commune => $COMMUNE, age => 70, ald => $TRUE, precarity => $TRUE },
);

# Refused in every way that there is: errors must not carry it out.
my @REFUSED = (
    [ json => { commune => $COMMUNE, age => $WORD } ],
    [ json => { commune => $WORD, age => 113 } ],
    [ json => { commune => $COMMUNE, age => 113, languages => [$WORD] } ],
    [ json => { commune => $COMMUNE, point => $PLANT[0], age => 500 } ],
    [ json => { point => { lat => 443.487123987, lon => 1.529456741 },
                age => 3 } ],
    [ json => { point => $PLANT[0], age => 88, home_visit => $TRUE } ],
    [ json => { commune => $COMMUNE, age => 88, sex => $WORD } ],
    [ json => { commune => $COMMUNE, age => 88, name => $WORD } ],
    [ body => "{\"commune\":\"$COMMUNE\",\"age\":113,$WORD" ],
    [ body => "{\"commune\":\"$COMMUNE\",\"commune\":\"$WORD\"}" ],
    [ body => "{\"commune\":\"$COMMUNE\",\"x\":\"$WORD\xff\"}" ],
    [ body => "\"$WORD $COMMUNE\"" ],
    [ body => "{\"commune\":\"$COMMUNE\"}", type => 'text/plain' ],
    [ body => "{\"commune\":\"$COMMUNE\",\"n\":\"$WORD"
      . 'x' x 100_000 . '"}' ],
    [ json => { commune => $COMMUNE, age => 113 },
      headers => { Origin => 'https://evil.example' } ],
    [ json => { commune => $COMMUNE, age => 113 }, as => undef ],
);

# Which criteria show up in a text.
sub found
{
    my ($bytes) = @_;
    $bytes =~ s/\b[pt]id \d+//g;
    return grep { $bytes =~ $MARK{$_} } sort keys %MARK;
}

sub search_folder
{
    my ($server, $what) = @_;
    my ($files, @found) = (0);
    find({ no_chdir => 1, wanted => sub {
        return if !-f $_ || /httpd\.conf$/;
        $files++;
        my $name = s{^\Q$server->{dir}\E/}{}r;
        push @found, map { "$name: $_" } found(Cpts::Server::read_file($_));
    } }, $server->{dir});
    cmp_ok $files, '>=', 4, "$what: $files files searched";
    is_deeply \@found, [], "$what: no criterion in any of them";
    return;
}

sub drive
{
    my ($server) = @_;
    my @answered;
    for my $who (qw(pharmacie coordination docteur)) {
        for my $need (@NEED) {
            my $answer = $server->post('/match', $need, as => $who);
            is_status($answer, 200, "a need is answered for $who");
        }
        for my $refused (@REFUSED) {
            my $answer = $server->request(POST => '/match', as => $who,
                                          @$refused);
            like $answer->status, qr/^4\d\d$/, 'refused';
            is_deeply [ found($answer->content) ], [],
                'no criterion in the error';
        }
    }
    # the ceiling, a key used twice, a broken connection
    my @key = (headers => { 'Idempotency-Key' => 'privacy-1' });
    $server->post('/match', $_, as => 'pharmacie', @key) for @NEED[ 0, 0, 1 ];
    $server->raw->send(substr $server->wire(POST => '/match',
        as => 'pharmacie', json => $NEED[2]), 0, -10)->end->response;
    $server->post('/match', $NEED[2], as => 'pharmacie') for 1 .. 60;
    my $last = $server->post('/match', $NEED[2], as => 'pharmacie');
    is_problem($last, 429, undef, 'and over the ceiling');
    is_deeply [ found($last->content) ], [], 'no criterion in the 429';
    return;
}

for my $level ('info', 'debug', 'debug cpts:trace8') {
    subtest "LogLevel $level" => sub {
        my $server = Cpts::Server->new(log_level => $level)
            ->expect_refusals;
        create_sheet($server, rpps => $OWN, sites => [ site('31113') ],
            home_visits => { communes => ['31113'], perimeters => [],
                             radius_km => 30 });
        create_sheet($server, rpps => rpps(11), sites => [ site('31446') ]);
        drive($server);

        search_folder($server, 'while it runs');
        # a database that fails in the middle of a consultation
        $server->expect_log(qr/CPTS\d{3}:|AH006\d\d:/);
        chmod 0, glob "$server->{dir}/db/*";
        $server->post('/match', $NEED[0], as => 'docteur');
        chmod 0640, glob "$server->{dir}/db/*";
        $server->graceful;
        $server->post('/match', $NEED[0], as => 'docteur');
        $server->stop;
        search_folder($server, 'after it has stopped');

        my @table = map { [ split /\|/ ] } split /\n/, $server->sqlite(
            "SELECT m.name, p.name FROM sqlite_schema m, "
            . "pragma_table_info(m.name) p WHERE m.type = 'table' "
            . "AND m.name IN ('journal', 'journal_sheet', 'journal_run', "
            . "'journal_end', "
            . "'shown_key', 'placement') ORDER BY 1, 2;");
        is_deeply [ map { join '.', @$_ } @table ], [ qw(
            journal.action journal.actor journal.at journal.id journal.link
            journal.outcome journal.placement journal.role journal.sheets
            journal_end.floor journal_end.floor_link journal_end.id
            journal_end.indexed journal_end.last journal_end.last_link
            journal_end.seal journal_run.id journal_run.newest
            journal_run.oldest journal_sheet.entries journal_sheet.id
            placement.account_id placement.changed_at placement.code
            placement.expires_at placement.general placement.held_at
            placement.held_on placement.id placement.practitioner_id
            placement.reason placement.reserved placement.state
            shown_key.account_id shown_key.at shown_key.journal_id
            shown_key.key) ],
            'the record has no room for a criterion';
        is $server->sqlite('SELECT count(*) FROM journal WHERE action = '
            . "'match' AND (outcome IS NOT NULL OR placement IS NOT NULL);"),
            "0\n", 'and nothing but the sheets is said of a consultation';
        # a digest of so few possible needs would give the need away
        is $server->sqlite('SELECT count(*) FROM outcome;'), "0\n",
            'no digest of a need is kept with an Idempotency-Key';
        $server->finish;
    };
}

# --- the whole loop: places, answers, letters, figures, exports ---------------

# A commune that no need but the unmet ones names.
my $UNMET = '31575';

# Whatever is sent with a placement, nothing is there to take it.
my @OVERFULL = (
    { name => $WORD }, { patient => $WORD }, { note => $WORD },
    { age => 113 }, { ald => $TRUE }, { commune => $COMMUNE },
);

sub loop
{
    my ($server) = @_;
    my %start = (rpps => $OWN, uses => 'reserved', places => 1);
    $server->post('/match', { commune => $COMMUNE, age => 113,
        ald => $TRUE, home_visit => $TRUE }, as => 'pharmacie');
    for my $more (@OVERFULL) {
        my $answer = $server->post('/placements', { %start, %$more },
                                   as => 'pharmacie');
        is_problem($answer, 422, undef, 'a placement has no room for '
            . join ' ', keys %$more);
        is_deeply [ found($answer->content) ], [], 'and its error is silent'
            if !grep { /age|ald/ } keys %$more;
    }
    for my $steps ([], ['cancel'], ['contact', 'accept', 'declare'],
                   ['contact', 'refuse']) {
        my $code = $server->post('/placements', \%start, as => 'pharmacie')
            ->json->{code};
        for my $step (@$steps) {
            is_status($server->post("/placements/$code/$step",
                $step eq 'refuse' ? { reason => 'other' } : {},
                as => $step eq 'accept' ? 'docteur' : 'pharmacie'), 200, $step);
        }
    }
    is_problem($server->post('/placements', { %start, rpps => rpps(77) },
        as => 'pharmacie'), 409, 'not_proposed');
    # nobody speaks it: counted as unmet, by commune
    is_status($server->post('/match', { commune => $UNMET, age => 113,
        ald => $TRUE, languages => ['tlh'] }, as => 'pharmacie'), 200,
        'an unmet need');
    is_status($server->get($_, as => 'coordination'), 200, $_)
        for qw(/journal /fairness /unmet /placements /activity /me/export),
            "/sheets/$OWN/export";
    is_status($server->post('/invitations', { role => 'professional',
        name => 'Zoé Fictive', profession => 'Infirmière' },
        as => 'coordination'), 201, 'an invitation');
    $server->ctl_ok('', 'purge', '--keep', 365);
    return;
}

subtest 'after everything ran' => sub {
    my $server = Cpts::Server->new(log_level => 'debug cpts:trace8')
        ->expect_refusals;
    create_sheet($server, rpps => $OWN, sites => [ site('31113') ],
        availability => open_state(capacity => { places => 10,
            period => 'month', reserved => 5 }),
        home_visits => { communes => [], perimeters => [], radius_km => 30 });
    loop($server);
    $server->stop;
    search_folder($server, 'after everything');
    like $server->sqlite('SELECT DISTINCT commune FROM unmet;'), qr/^$UNMET$/,
        'an unmet need is counted by its commune';
    is $server->sqlite("SELECT count(*) FROM unmet WHERE count <> 1 OR "
        . "requirement NOT IN ('none', 'distance', 'availability', "
        . "'freshness', 'home_visit', 'accessibility', 'sex', 'language', "
        . "'places');"), "0\n", 'and by the words of the requirements';
    is_deeply [ split /\n/, $server->sqlite("SELECT name FROM "
        . "pragma_table_info('unmet') ORDER BY 1;") ],
        [qw(commune count month requirement)], 'which keep no combination';
    for my $file (glob "$server->{dir}/logs/*") {
        unlike Cpts::Server::read_file($file), qr/\b$UNMET\b/,
            'the commune is in no log';
    }
    $server->finish;
};

# --- the search itself finds what is there ----------------------------------
subtest 'the alarm rings' => sub {
    my $server = Cpts::Server->new;
    my $place = "$server->{dir}/logs/planted";
    Cpts::Server::write_file($place, "x {\"age\":113} $COMMUNE y");
    is_deeply [ found(Cpts::Server::read_file($place)) ],
        [ $COMMUNE, 'the name of a criterion' ],
        'a planted criterion is found';
    $server->finish;
};

done_testing;
