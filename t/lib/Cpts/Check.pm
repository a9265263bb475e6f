# SPDX-License-Identifier: Apache-2.0
# Checks and examples that the HTTP tests share: problems, sheets, needs.
package Cpts::Check;

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP ();
use POSIX ();
use Test::More ();

our @EXPORT = qw($OWN is_status is_problem has_fault sheet rpps day today
    create_sheet site open_state need proposed members);

# names of tests are UTF-8 as the source is
binmode Test::More->builder->$_, ':encoding(UTF-8)'
    for qw(output failure_output todo_output);

# "today" is one day for a whole test: at the end of one it waits for the next
my @CLOCK = localtime;
my $LEFT = 86_400 - $CLOCK[2] * 3600 - $CLOCK[1] * 60 - $CLOCK[0];
sleep $LEFT + 1 if $LEFT <= 120;

my %TYPE = (problem => qr{^application/problem\+json\b},
            json    => qr{^application/json\b});

# One test: the status, and the answer shown when it is another.
sub is_status
{
    my ($answer, $status, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $good = Test::More::is($answer->status, $status,
        $name // $answer->what);
    Test::More::diag($answer->summary) if !$good;
    return $good;
}

# What is wrong with a problem answer, as a list of sentences.
sub problem_faults
{
    my ($answer, $status, $code) = @_;
    my @fault;
    push @fault, 'status ' . $answer->status . " instead of $status"
        if $answer->status ne $status;
    push @fault, 'content type ' . ($answer->header('content-type') // 'none')
        if ($answer->header('content-type') // '') !~ $TYPE{problem};
    push @fault, 'Cache-Control is not no-store'
        if ($answer->header('cache-control') // '') !~ /\bno-store\b/;
    my $json = $answer->json;
    return @fault, 'no JSON object' if ref $json ne 'HASH';
    for my $member (qw(type title detail code)) {
        push @fault, "no $member"
            if ref $json->{$member} || !length($json->{$member} // '');
    }
    push @fault, "member status is not $status"
        if ($json->{status} // '') ne $status;
    push @fault, 'code is ' . ($json->{code} // 'none') . " instead of $code"
        if defined $code && ($json->{code} // '') ne $code;
    push @fault, 'code is not snake_case'
        if ($json->{code} // '') !~ /^[a-z][a-z0-9_]*$/;
    push @fault, 'SQL or a path in the answer'
        if $answer->content =~ m{\bSELECT\b|\bINSERT\b|sqlite|/tmp/|\.db\b};
    # a key used twice is no fault of one field
    push @fault, error_faults($json)
        if $status == 422 && $json->{code} ne 'idempotency_key_reused';
    return @fault;
}

sub error_faults
{
    my ($json) = @_;
    my $errors = $json->{errors};
    return 'no errors' if ref $errors ne 'ARRAY' || !@$errors;
    my @fault;
    for my $error (@$errors) {
        push @fault, 'an error is not {pointer, code, detail}'
            if join(' ', sort keys %$error) ne 'code detail pointer'
            || $error->{pointer} !~ m{^(?:/.*)?$}s
            || !length $error->{detail};
    }
    return @fault;
}

# One test: a complete problem+json of this status (and code).
sub is_problem
{
    my ($answer, $status, $code, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @fault = problem_faults($answer, $status, $code);
    my $good = Test::More::ok(!@fault, $name // $answer->what
        . " is a problem $status" . (defined $code ? " $code" : ''));
    Test::More::diag(join("\n", @fault, $answer->summary)) if !$good;
    return $good;
}

# One test: a 422 whose errors name this pointer (and code).
sub has_fault
{
    my ($answer, $pointer, $code, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @fault = problem_faults($answer, 422, undef);
    my $json = $answer->json;
    my $errors = ref $json eq 'HASH' ? $json->{errors} : undef;
    my @there = grep {
        $_->{pointer} eq $pointer && (!defined $code || $_->{code} eq $code)
    } @{ ref $errors eq 'ARRAY' ? $errors : [] };
    push @fault, "no error at '$pointer'" . (defined $code ? " $code" : '')
        if !@there;
    my $good = Test::More::ok(!@fault, $name // "fault at '$pointer'");
    Test::More::diag(join("\n", @fault, $answer->summary)) if !$good;
    return $good;
}

# --- examples ---------------------------------------------------------------

# The sheet of the account "docteur".
our $OWN = '99900000012';

# A fictional RPPS with its Luhn key right: 9990 and a number.
sub rpps
{
    my ($number) = @_;
    my $stem = sprintf '9990%06d', $number;
    my ($sum, $double) = (0, 1);
    for my $digit (reverse split //, $stem) {
        my $value = $double ? $digit * 2 : $digit;
        $sum += $value > 9 ? $value - 9 : $value;
        $double = !$double;
    }
    return $stem . ((10 - $sum % 10) % 10);
}

# The day so many days from today, YYYY-MM-DD.
sub day
{
    my ($offset) = @_;
    # noon: no change of clock moves it to another day
    my @today = localtime;
    return POSIX::strftime('%Y-%m-%d', 0, 0, 12,
        $today[3] + $offset, $today[4], $today[5], 0, 0, -1);
}
sub today { return day(0) }

my $TRUE  = JSON::PP::true();
my $FALSE = JSON::PP::false();

# A complete, valid sheet as a client sends it; every field can be another.
sub sheet
{
    my (%other) = @_;
    my $sheet = {
        rpps      => $OWN,
        name      => 'Dr Fictive Exemple',
        sex       => 'F',
        phone     => '0536490001',
        mssante   => 'fictive.exemple@fictif.mssante.example',
        contact   => 'phone',
        sites     => [ site('31113') ],
        languages => ['fr'],
        sector    => '1',
        skills    => [],
        equipment => [],
        trains_students  => $FALSE,
        teleconsultation => $FALSE,
        home_visits      => undef,
        availability     => open_state(),
        retirement       => undef,
        note             => undef,
        %other,
    };
    return $sheet;
}

sub site
{
    my ($commune, %other) = @_;
    return {
        name => 'Cabinet fictif', address => '1 rue Fictive',
        commune => $commune, point => undef, structure => 'practice',
        accessible => $TRUE, %other,
    };
}

sub open_state
{
    my (%other) = @_;
    return {
        state => 'open', from => undef, until => undef,
        capacity => { places => 10, period => 'month', reserved => 0 },
        %other,
    };
}

# Posts a sheet as the coordination; dies when it is refused.
sub create_sheet
{
    my ($server, %other) = @_;
    my $answer = $server->post('/sheets', sheet(%other),
                               as => 'coordination');
    die $answer->summary . "\n" if $answer->status != 201;
    return $answer;
}

sub need { return { commune => '31113', age => 40, @_ } }

# The RPPS numbers of an answer, in its order.
sub proposed
{
    my ($answer) = @_;
    my $json = $answer->json;
    return map { $_->{rpps} } @{ $json->{proposals} || [] };
}

# Every member name in a JSON value, at any depth.
sub members
{
    my ($value) = @_;
    return map { members($_) } @$value if ref $value eq 'ARRAY';
    return map { ($_, members($value->{$_})) } sort keys %$value
        if ref $value eq 'HASH';
    return ();
}

1;
