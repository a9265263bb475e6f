#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Many sheets: the children share them by a file beside the database, which
# may be lost, damaged, of another state or half written, and holds nothing
# that was erased.
use strict;
use warnings;

use Fcntl qw(:DEFAULT :flock);
use File::Copy qw(copy);
use Test::More;
use Time::HiRes qw(sleep);

use Cpts::Check;
use Cpts::Server;

# more than those that need no such file
my $SHEETS = 1200;
my $FIRST  = 5000;

sub name { return "Docteur Fictif$_[0]." }

sub write_csv
{
    my ($file) = @_;
    my $text = "rpps,name,sex,phone,contact,sites.0.name,sites.0.address,"
        . "sites.0.commune,sites.0.structure,sites.0.accessible,languages,"
        . "availability.state,availability.capacity.places,"
        . "availability.capacity.period,availability.capacity.reserved\n";
    for my $i (0 .. $SHEETS - 1) {
        $text .= join(',', rpps($FIRST + $i), name($i), 'F', '0536490001',
            'phone', 'Cabinet fictif', '1 rue Fictive', '31113', 'practice',
            1, 'fr', 'open', 10, 'month', 0) . "\n";
    }
    Cpts::Server::write_file($file, $text);
    return $file;
}

my $server = Cpts::Server->new(start => 0, children => 2,
    directives => "CptsDailyConsultations 10000\n");
$server->expect_log(qr/child pid \d+ exit signal Killed|AH00052:/);
my $csv = write_csv("$server->{dir}/run/many.csv");
$server->ctl_ok('', 'import', 'sheets', $csv,
                '--communes', $server->communes_file);
my $database = "$server->{dir}/db/cpts.db";
($database) = glob "$server->{dir}/*/*.db" if !-e $database;
my $image = "$database.image";

# How many are candidates, asked until every child has answered.
sub candidates
{
    my (%need) = @_;
    my $mark = -s $server->access_log || 0;
    my $count;
    for my $try (1 .. 200) {
        my $answer = $server->post('/match', need(%need), as => 'coordination');
        return $answer->summary if $answer->status != 200;
        my $here = $answer->json->{candidates};
        return "$count, then $here" if defined $count && $here != $count;
        $count = $here;
        my %answered = map { $_ => 1 } answered_since($mark);
        return $count if !grep { !$answered{$_} } $server->children;
        sleep 0.01;
    }
    return "$count, but not by all children";
}

sub answered_since
{
    my ($mark) = @_;
    my $log = substr Cpts::Server::read_file($server->access_log), $mark;
    return $log =~ / (\d+) \d+$/mg;
}

# The children that have a file of this name mapped.
sub mappings
{
    my $line = $image . ($_[0] // '') . "\n";
    my @pid;
    for my $pid ($server->children) {
        open my $in, '<', "/proc/$pid/maps" or next;
        push @pid, $pid if grep { /\Q$line\E\z/ } <$in>;
    }
    return @pid;
}

# the number of a file that is gone is soon another's: its time belongs to it
sub identity { return join ' ', (Time::HiRes::stat($image))[1, 10] }

# Everything in the folder that has the text in it.
sub files_with
{
    my ($text) = @_;
    return grep { -f && index(Cpts::Server::read_file($_), $text) >= 0 }
        glob "$database*";
}

$server->start;
is candidates(), $SHEETS, 'all sheets are found by every child';
my @of_image    = stat $image;
my @of_database = stat $database;
is $of_image[2] & oct('7777'), oct('640'), 'the file has mode 0640';
is "@of_image[4, 5]", "@of_database[4, 5]", 'and the owner of the database';
ok !-e "$image.new", 'nothing half done is beside it';
# the one that made it has answered before
Cpts::Server::wait_for(sub { mappings() == $server->children });
is_deeply [ sort(mappings()) ], [ sort $server->children ],
    'all children have it in their memory';

subtest 'a change, then a restart' => sub {
    my $identity = identity();
    my $path = '/sheets/' . rpps($FIRST + 1);
    is $server->post("$path/leave", {}, as => 'coordination')->status, 200,
        'one leaves';
    is candidates(), $SHEETS - 1, 'every child knows';
    $server->restart;
    is candidates(), $SHEETS - 1, 'so do new ones';
    $server->graceful;
    is candidates(), $SHEETS - 1, 'and those of a graceful restart';
    is identity(), $identity, 'from the same file';
    is $server->post("$path/resume", {}, as => 'coordination')->status,
        200, 'and comes back';
    is candidates(), $SHEETS, 'every child knows';
};

subtest 'another configuration' => sub {
    my $identity = identity();
    $server->{directives} .= "CptsSheetValidity 30d\n";
    $server->restart;
    is candidates(), $SHEETS, 'all are there';
    isnt identity(), $identity, 'from another file';
};

subtest 'damaged' => sub {
    $server->stop;
    my $text = Cpts::Server::read_file($image);
    for my $bad (substr($text, 0, length($text) / 2), '',
                 substr($text, 0, -5000) . 'x' . substr($text, -4999)) {
        unlink $image;
        Cpts::Server::write_file($image, $bad);
        $server->start;
        is candidates(), $SHEETS, 'all are there';
        is -s $image, length $text, 'and the file is whole again';
        $server->stop;
    }
    $server->start;
};

subtest 'killed at any moment' => sub {
    for my $round (1 .. 8) {
        $server->stop;
        unlink $image;
        $server->start;
        my $pid = fork // die "fork: $!";
        if ($pid == 0) {
            eval { $server->get('/territory', as => 'coordination');
                   $server->post('/match', need(), as => 'coordination') };
            POSIX::_exit(0);
        }
        sleep 0.004 * $round;
        my %killed = map { $_ => kill 'KILL', $_ } $server->children;
        waitpid $pid, 0;
        Cpts::Server::wait_for(sub {
            my @child = $server->children;
            return @child >= 2 && !grep { $killed{$_} } @child;
        });
        my $found = candidates();
        is $found, $SHEETS, "all are there, round $round";
        ok !-e "$image.new", 'nothing half done stays';
    }
};

subtest 'restored' => sub {
    my $backup = "$server->{dir}/run/backup.db";
    $server->ctl_ok('', 'backup', $backup);
    ok !-e "$backup.image", 'a backup does without';
    for my $i (1 .. 3) {
        my $path = '/sheets/' . rpps($FIRST + $i);
        $server->post("$path/leave", {}, as => 'coordination');
    }
    is candidates(), $SHEETS - 3, 'three left';
    # a file of that state, as if one had been made just then
    $server->stop;
    unlink $image;
    $server->start;
    is candidates(), $SHEETS - 3, 'read anew';
    my $late = Cpts::Server::read_file($image);
    $server->stop;
    copy($backup, $database) or die "$database: $!";
    unlink "$database-wal", "$database-shm";
    $server->start;
    is candidates(), $SHEETS, 'restored: they are there again';
    # as many changes as had been made, on another way
    for my $i (4 .. 7) {
        my $path = '/sheets/' . rpps($FIRST + $i);
        $server->post("$path/leave", {}, as => 'coordination');
    }
    $server->stop;
    unlink $image;
    Cpts::Server::write_file($image, $late);
    $server->start;
    is candidates(), $SHEETS - 4, 'the file of the other way is refused';
};

subtest 'erased' => sub {
    my $name = name(9);
    ok scalar(grep { $_ eq $image } files_with($name)), 'it is in the file';
    my $answer = $server->delete('/sheets/' . rpps($FIRST + 9),
                                 as => 'coordination');
    is $answer->status, 204, 'erased';
    is_deeply [ files_with($name) ], [], 'and in no file any more';
    is candidates(), $SHEETS - 5, 'every child knows';
    is_deeply [ files_with($name) ], [], 'nor in one made since';
    ok -e $image, 'there is one';
    # requests that began before may still be at their end
    Cpts::Server::wait_for(sub { !mappings(' (deleted)') });
    is_deeply [ mappings(' (deleted)') ], [],
        'no child has the old one in its memory';
};

# Another process seems to be writing the file: a child that wants to do so,
# since somebody was erased, waits for it a second.
sub hold
{
    sysopen my $new, "$image.new", O_RDWR | O_CREAT, oct '640'
        or die "$image.new: $!";
    chown @of_database[4, 5], "$image.new";
    flock $new, LOCK_EX | LOCK_NB or die "$image.new: $!";
    return $new;
}

subtest 'told before it is taken up' => sub {
    $server->{directives} .= "CptsRefresh 60s\n";
    $server->restart;
    my $before = candidates();
    my $generation = $server->sqlite('SELECT generation FROM territory;') + 0;
    my $new = hold();
    my $mark = -s $server->access_log;
    my $change = $server->raw->send($server->wire(DELETE =>
        '/sheets/' . rpps($FIRST + 20), as => 'coordination'));
    Cpts::Server::wait_for(sub {
        $server->sqlite('SELECT generation FROM territory;') > $generation });
    ok !$change->is_answered, 'one is erased, and that is not told yet';
    my $wire = $server->wire(POST => '/match', json => need(),
                             as => 'coordination');
    my %found = map { ($_ ? $_->json->{candidates} : 'none') => 1 }
        $server->burst(($wire) x 12);
    is_deeply [ keys %found ], [ $before - 1 ], 'nobody proposes it';
    is $change->response->status, 204, 'then it is told';
    my %answered = map { $_ => 1 } answered_since($mark);
    is scalar(grep { $answered{$_} } $server->children), 2,
        'both children have answered';
    close $new;
};

$server->finish;

# The first request has read the sheets, and its client does not send the rest:
# the file is not made yet.
subtest 'put off, and then it cannot be' => sub {
    my $one = Cpts::Server->new(start => 0, children => 1);
    $one->ctl_ok('', 'import', 'sheets',
                 write_csv("$one->{dir}/run/many.csv"),
                 '--communes', $one->communes_file);
    my ($new) = map { "$_.image.new" } glob "$one->{dir}/*/cpts.db";
    $one->start;
    $one->expect_log(qr/CPTS00[56]:/);
    my $wire = $one->wire(POST => '/match', json => need(),
                          as => 'coordination');
    my $begun = $one->raw->send(substr $wire, 0, -1);
    Cpts::Server::wait_for(sub { -e $new });
    sleep 0.5;
    ok -e $new, 'the lock is kept';
    $one->sqlite('ALTER TABLE territory RENAME TO elsewhere;');
    $one->head('/territory', as => 'coordination') for 1 .. 10;
    $one->sqlite('ALTER TABLE elsewhere RENAME TO territory;');
    ok !-e $new, 'given up';
    is scalar(() = $one->log_text =~ /CPTS005:/g), 1, 'tried once';
    sleep 1.1;
    is $one->get('/territory', as => 'coordination')->status, 200,
        'served again';
    is $begun->send(substr $wire, -1)->response->status, 200, 'the first, too';
    $one->finish;
};

done_testing;
