#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The manual of the API is written from the contract, and its examples run.
use strict;
use warnings;
use utf8;

use File::Temp qw(tempdir);
use Test::More;

use Cpts::Check;
use Cpts::Docs qw(read_text blocks run_sh json_faults http_faults
    text_faults demo_lines);
use Cpts::Server;

my $top  = Cpts::Server::environment('CPTS_SRCDIR');
my $docs = "$top/docs";

# --- a server as the demonstration has it

sub demo_server
{
    my $server = Cpts::Server->new(
        start     => 0,
        accounts  => [],
        territory => demo_lines($top),
        sheets    => "$top/examples/sheets.csv",
    );
    my @account = (['docteur', 'doctor', '--rpps', $OWN],
                   ['pharmacie', 'professional', '--profession', 'Pharmacien',
                    '--structure', 'Pharmacie de la Fiction'],
                   ['coordination', 'coordinator']);
    for my $account (@account) {
        $server->ctl_ok("demo\n", 'account', 'add', @$account,
                        '--password-stdin', '--allow-weak');
    }
    $server->give_away;
    # a demonstration that is asked and stopped at once
    $server->expect_log(qr/AH03092: process_lingering_close/);
    $server->start;
    for my $account (qw(docteur pharmacie)) {
        my $answer = $server->post('/me/terms', { version => '2026-11' },
                                   as => $account, password => 'demo');
        die $answer->summary . "\n" if $answer->status != 200;
    }
    return $server;
}

my $demo = demo_server();
like read_text("$top/support/demo"), qr/add_account\ pharmacie\ professional
    \ --profession\ Pharmacien\ \\\n\s+--structure\ "Pharmacie\ de
    \ la\ Fiction"/x, 'the demonstration itself has that account';

# --- docs/api.md is what api-docs writes

my $contract = "$demo->{dir}/run/openapi.json";
Cpts::Server::write_file($contract, $demo->get('/openapi.json')->content);
my $command = "perl '$top/support/api-docs' '$docs/api.in.md' '$contract'";
my $written = `$command 2>&1`;
is($?, 0, 'api-docs writes the manual') or diag $written;
utf8::decode($written);
ok($written eq read_text("$docs/api.md"),
   'docs/api.md is up to date (else: make docs)');

# --- every code of a problem or a fault is explained

sub source_codes
{
    my %code;
    for my $file (glob "$top/mod_cpts/*/*.c") {
        my $text = read_text($file);
        # rows of the two tables, then calls
        $code{$1} = 1 while $text =~ /^    \{ \d{1,3}, "([a-z_]+)", "/gm;
        $code{$1} = 1
            while $text =~ /\[CPTS_DB_\w+\] = \{\s*"(\w+)",\s*[45]\d\d/g;
        $code{$1} = 1
            while $text =~ /\[CPTS_(?:ACTION|HOLD|INVITE|INVITATION|ERASE)_\w+\]
                \s*=\ \{\ (?:CHANGE\(\w+\),\ )?"(\w+)"/gx;
        $code{$1} = 1 while $text =~ /\{\s*HTTP_\w+,\s*"(\w+)",/g;
        # one by one, and rows of a file
        $code{$1} = 1 while $text =~ /(?:->code = |\w_CODE )"(\w+)"/g;
        $code{$1} = 1 while $text =~ /\bfault\((?:[^;"]|"rpps")*?,\s*
            "([a-z_]+)",\s*(?:"|apr_psprintf)/gx;
        my ($words) = $text =~ /placement_state_words\[\]\s*=\s*\{(.*?)\}/s;
        $code{"placement_$_"} = 1 for ($words // '') =~ /"(\w+)"/g;
        $code{$1} = 1
            while $text =~ /cpts_problem(?:_faults)?\([^;"]*?"(\w+)"/g;
        $code{$1} = 1
            while $text =~ /cpts_faults_add\((?:[^;"]|"\/[^"]*"
                |apr_psprintf\([^;]*?\))*?,\s*"([a-z_]+)",/gx;
    }
    return sort keys %code;
}

my $manual = read_text("$docs/api.md");
my @code = source_codes();
cmp_ok(scalar @code, '>=', 50, 'the codes are found in the source');
is_deeply([ grep { $manual !~ /`$_`/ } @code ], [],
          'docs/api.md explains every code');

# the first cells of the tables of codes
my ($errors) = $manual =~ /^## Errors\n(.*?)^## /ms;
my @told = grep { $_ ne 'code' }
    map { /`(\w+)`/g } $errors =~ /^\| (`[a-z].*?`) /gm;
my %code = map { $_ => 1 } @code;
is_deeply([ grep { !$code{$_} } @told ], [], 'and no other');

# --- the examples of docs/api.md, in its order, on one server

my $folder = tempdir(CLEANUP => 1);
my %compare = (json => \&json_faults, http => \&http_faults,
               text => \&text_faults);

sub run_examples
{
    my ($file) = @_;
    my ($status, $printed);
    my $address = "api=" . $demo->origin . "/cpts/api\n";
    my $ran = 0;
    for my $block (blocks(read_text("$docs/$file"))) {
        my $where = "$file:$block->{line} ($block->{above})";
        if ($block->{lang} eq 'sh') {
            # the line that says where the demonstration is
            next if $block->{text} =~ m{^api=\S+\n\z};
            ($status, $printed) = run_sh($address . $block->{text}, $folder);
            is($status, 0, "$where runs") or diag $printed;
            $ran++;
        }
        elsif (my $compare = $compare{ $block->{lang} }) {
            my @fault = $compare->($block->{text}, $printed);
            ok(!@fault, "$where is what comes") or diag join "\n", @fault;
        }
        else {
            fail("$where: a block \"$block->{lang}\" that no test runs");
        }
    }
    return $ran;
}

cmp_ok(run_examples('api.md'), '>=', 15, 'docs/api.md has its examples');
$demo->finish;

# --- the comparison itself is not blind

ok(json_faults('{"a":1}', '{"a":2}'),           'another value is found');
ok(json_faults('{"a":1}', '{"a":1,"b":1}'),     'another member is found');
ok(json_faults('[1,2]', '[1]'),                 'a missing item is found');
ok(json_faults('{"a":1}', '{"a":"1"}'),         'another type is found');
ok(!json_faults('{"a":[1,"…"],"…":"…"}', '{"a":[1,2],"b":1}'),
   'what is left out is not compared');
ok(!json_faults('["2026-01-01"]', '["2036-11-22"]'), 'days are not compared');
ok(http_faults("HTTP/1.1 200 OK\nAllow: GET\n",
               "HTTP/1.1 200 OK\r\nAllow: PUT\r\n\r\n"),
   'another header is found');
ok(text_faults('a', 'b'), 'another text is found');

# --- the examples of docs/directives.md pass httpd -t

# What an example needs around it; the files that it names are the examples.
sub configuration_of
{
    my ($text) = @_;
    $text =~ s{"/etc/cpts/(\w+\.csv)"}{"$top/examples/$1"}g;
    $text =~ s{"/etc/cpts/(\w+\.geojson)"}{"$top/t/data/territory/$1"}g;
    $text =~ s{"/etc/cpts/(\w+\.key)"}{"run/$1"}g;
    return "<Location \"/example\">\n$text</Location>\n"
        if $text =~ /^(?:Auth|Require)/;
    my %own = map { $_ => 1 } $text =~ /^(Cpts\w+)/gm;
    $text .= "CptsTerritory \"Exemple\"\n" if !$own{CptsTerritory};
    $text .= "CptsCommunes \"$top/examples/communes.csv\"\n"
        if !$own{CptsCommunes};
    return $text;
}

sub configtest
{
    my $text = configuration_of(@_) . dbd();
    utf8::encode($text);
    my $server = Cpts::Server->new(start => 0, main => 0, database => 0,
                                   config => $text, modules => ['session']);
    my $key = "$server->{dir}/run/session.key";
    Cpts::Server::write_file($key, join '', 'a' .. 'z', 0 .. 9);
    chmod 0600, $key or die "chmod: $!\n";
    my ($status, $printed) = $server->configtest;
    $server->remove;
    return ($status, $printed);
}

sub dbd { return "DBDriver sqlite3\nDBDParams \"file:/nowhere?mode=rw\"\n" }

my @example = grep { $_->{lang} eq '' || $_->{lang} eq 'apache' }
    blocks(read_text("$docs/directives.md"));
cmp_ok(scalar @example, '>=', 15, 'docs/directives.md has its examples');
for my $block (@example) {
    my ($status, $printed) = configtest($block->{text});
    is($status, 0, "directives.md:$block->{line} ($block->{above})")
        or diag "$block->{text}$printed";
}
my ($status) = configtest("CptsProposals 9\n");
isnt($status, 0, 'a wrong example would be found');

done_testing;
