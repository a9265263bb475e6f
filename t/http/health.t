#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Broken databases: httpd starts, says what is wrong and what to do, creates
# nothing, and serves again once the file is put right.
use strict;
use warnings;

use File::Copy qw(copy);
use Test::More;

use Cpts::Check;
use Cpts::Server;

my $NOISE = qr/AH006\d\d:|CPTS\d{3}:/;

my $server = Cpts::Server->new(start => 0)->expect_log($NOISE);
my $file = $server->{file};
my $good = "$server->{dir}/good.db";

# enough sheets for some tens of pages
$server->start;
create_sheet($server, rpps => rpps($_), note => 'x' x 900) for 1 .. 150;
is_status($server->get('/health'), 200, 'a sound database');
is $server->get('/health')->json->{status}, 'ok', 'status ok';
$server->stop;
$server->sqlite('PRAGMA wal_checkpoint(TRUNCATE);');
copy($file, $good) or die "copy: $!";
my $SCHEMA = $server->sqlite('PRAGMA user_version;') + 0;
my $key    = Cpts::Server::read_file("$file.key");

sub mend
{
    remove($file);
    copy($good, $file) or die "copy: $!";
    put_key($key);
    chmod 0640, $file, "$file.key";
    $server->give_away;
    return;
}

# The key of the journal, without which nothing can be recorded.
sub put_key
{
    my ($text) = @_;
    unlink "$file.key";
    Cpts::Server::write_file("$file.key", $text) if defined $text;
    $server->give_away;
    return;
}

sub remove
{
    my ($path) = @_;
    chmod 0700, $path;
    rmdir $path if -d $path;
    unlink $path, "$path-wal", "$path-shm";
    return;
}

# Overwrites bytes of the database file.
sub scribble
{
    my ($offset, $bytes) = @_;
    open my $out, '+<:raw', $file or die "$file: $!";
    seek $out, $offset, 0;
    print {$out} $bytes;
    close $out;
    return;
}

sub set_pragma
{
    my ($text) = @_;
    return sub {
        $server->sqlite("PRAGMA $text; PRAGMA wal_checkpoint(TRUNCATE);");
        $server->give_away;
    };
}

sub set_mode
{
    my ($mode) = @_;
    return sub { chmod $mode, $file or die "chmod: $!" };
}

my $garbage = join '', map { chr($_ * 37 % 256) } 1 .. 4096;

# name, code, how to break it; "mend": how to put it right while httpd runs
# (a file that is open cannot be replaced under it: then httpd is restarted);
# "after": what else must hold
my @CASE = (
    [ 'missing', 'database_missing', sub { remove($file) },
      after => sub { ok !-e $file, 'missing: no file was created' },
      mend => \&mend ],
    [ 'empty', qr/^database_(?:foreign|older|corrupt)$/,
      sub { remove($file); Cpts::Server::write_file($file, '');
            $server->give_away },
      after => sub { is -s $file, 0, 'empty: still empty' } ],
    [ 'older', 'database_older', set_pragma('user_version = 0'),
      mend => set_pragma("user_version = $SCHEMA") ],
    [ 'newer', 'database_newer', set_pragma('user_version = 999'),
      mend => set_pragma("user_version = $SCHEMA") ],
    [ 'foreign', 'database_foreign', set_pragma('application_id = 7'),
      mend => set_pragma('application_id = 1129337939') ],
    [ 'another program\'s', 'database_foreign', sub {
        remove($file);
        $server->sqlite('CREATE TABLE t(x); INSERT INTO t VALUES (1);');
        $server->give_away;
      } ],
    [ 'not a database', 'database_corrupt',
      sub { scribble(0, $garbage) } ],
    [ 'text', qr/^database_(?:corrupt|foreign)$/,
      sub { remove($file);
            Cpts::Server::write_file($file, "hello\n" x 2000);
            $server->give_away } ],
    [ 'damaged in the middle', 'database_corrupt', sub {
        my $pages = -s $file;
        for (my $at = 4096 * 3; $at + 4096 <= $pages; $at += 4096) {
            scribble($at, $garbage);
        }
      } ],
    [ 'cut short', 'database_corrupt',
      sub { truncate $file, 4096 * 3 } ],
    [ 'unreadable', 'database_unreadable', set_mode(0),
      mend => set_mode(0640) ],
    # an open connection stays one for reading: a restart is needed
    [ 'read-only', 'database_unreadable', set_mode(0444) ],
    [ 'a directory', 'database_unreadable',
      sub { remove($file); mkdir $file }, mend => \&mend ],
    [ 'without its key', 'journal_key', sub { put_key(undef) },
      after => sub { ok !-e "$file.key", 'no other key was made' },
      mend  => sub { put_key($key) } ],
    [ 'with a key that cannot be read', 'journal_key',
      sub { chmod 0, "$file.key" or die "chmod: $!" },
      mend => sub { chmod 0640, "$file.key" or die "chmod: $!" } ],
    [ 'with an empty key', 'journal_key', sub { put_key('') },
      mend => sub { put_key($key) } ],
    [ 'with a key cut short', 'journal_key',
      sub { put_key(substr $key, 1) }, mend => sub { put_key($key) } ],
    [ 'with a key that is none', 'journal_key',
      sub { put_key('x' x 64 . "\n") }, mend => sub { put_key($key) } ],
);

sub fingerprint
{
    return -f $file && -r _ ? Cpts::Server::read_file($file) : '';
}

sub check_broken
{
    my ($name, $code) = @_;
    my $health = $server->get('/health');
    is_problem($health, 503, ref $code ? undef : $code, "$name: /health");
    like $health->code, $code, "$name: code" if ref $code;
    my $json = $health->json // {};
    cmp_ok length($json->{detail} // ''), '>', 20, "$name: says what to do";
    like $health->header('retry-after') // '', qr/^\d+$/,
        "$name: Retry-After";
    unlike $health->content, qr/\Q$server->{dir}\E|cpts\.db/,
        "$name: no path in the answer";
    for my $request ([ GET => '/me' ], [ GET => '/sheets' ],
                     [ GET => '/sheets/' . rpps(1) ],
                     [ POST => '/match', json => need() ],
                     [ POST => '/sheets', json => sheet() ],
                     [ DELETE => '/sheets/' . rpps(1) ]) {
        my $answer = $server->request(@$request, as => 'coordination');
        is_problem($answer, 503, ref $code ? undef : $code,
            "$name: $request->[0] $request->[1]");
    }
    is_status($server->get('/openapi.json'), 200, "$name: the contract");
    return;
}

for my $case (@CASE) {
    my ($name, $code, $break, %then) = @$case;
    mend();
    $break->();
    my $before = fingerprint();
    $server->start;
    check_broken($name, $code);
    ok fingerprint() eq $before, "$name: the file is as it was";
    $then{after}->() if $then{after};
    if ($then{mend}) {
        $then{mend}->();
        ok Cpts::Server::wait_for(\&all_well, 15),
            "$name: every child comes back by itself";
        $server->stop;
    }
    else {
        $server->stop;
        mend();
        $server->start;
        ok all_well(), "$name: put right, after a restart";
        $server->stop;
    }
}

# Do all children serve?
sub all_well
{
    my $wire = $server->wire(GET => '/sheets/' . rpps(1),
                             as => 'coordination');
    return !grep { !$_ || $_->status != 200 } $server->burst(($wire) x 20);
}

# --- what a running server sees ---------------------------------------------
subtest 'details are the coordinator\'s' => sub {
    mend();
    my $server = Cpts::Server->new(health_location => <<'LINES');
AuthMerging Off
Require cpts-role coordinator doctor professional
LINES
    $server->expect_refusals;
    my $plain = $server->get('/health', as => 'pharmacie');
    my $full  = $server->get('/health', as => 'coordination');
    is_status($plain, 200, 'professional');
    is_status($full, 200, 'coordinator');
    my %plain = map { $_ => 1 } members($plain->json);
    my @more = grep { !$plain{$_} } members($full->json);
    ok scalar @more, "the coordinator sees more: @more";
    $server->finish;
};

$server->finish;
done_testing;
