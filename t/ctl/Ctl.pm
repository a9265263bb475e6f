# SPDX-License-Identifier: Apache-2.0
# What the tests of cptsctl share: a folder, runs of the command, SQL.
package Ctl;

use strict;
use warnings;

use Exporter qw(import);
use File::Temp qw(tempdir);
use IPC::Open2 qw(open2);
use Test::More ();

our @EXPORT = qw(ctl ctl_fails ctl_ok examples folder have_sqlite on_terminal
    slurp spew sql);

my $command = $ENV{CPTS_CTL} or die "CPTS_CTL says where cptsctl is\n";
my $source  = $ENV{CPTS_SRCDIR} // '.';
my $folder  = tempdir('cpts-ctl-XXXXXX', TMPDIR => 1, CLEANUP => 1);

# those who are not root must get in as well
chmod 0777, $folder;
chdir $folder or die "$folder: $!\n";
END { chdir '/' }

delete $ENV{CPTS_DATABASE};

sub folder   { return $folder }
sub examples { return "$source/examples/$_[0]" }

sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or return;
    local $/;
    return scalar <$in>;
}

sub spew {
    my ($file, $text) = @_;
    open my $out, '>:raw', $file or die "$file: $!\n";
    print $out $text;
    close $out or die "$file: $!\n";
    return $file;
}

# Run cptsctl with these words; options first, in a hash: stdin => TEXT,
# uid => NUMBER. Gives {code, out, err}.
sub ctl {
    my %with = ref $_[0] ? %{ shift() } : ();
    my @words = @_;

    spew('.stdin', $with{stdin} // '');
    chmod 0666, '.stdin';
    my $child = fork() // die "fork: $!\n";
    if (!$child) {
        open STDIN,  '<', '.stdin'  or die;
        open STDOUT, '>', '.stdout' or die;
        open STDERR, '>', '.stderr' or die;
        if ($with{uid}) {
            $) = "$with{uid} $with{uid}";
            ($(, $<, $>) = ($with{uid}) x 3;
        }
        exec { $command } $command, @words or die "$command: $!\n";
    }
    waitpid $child, 0;
    return {
        code => $? & 127 ? "signal $?" : $? >> 8,
        out  => slurp('.stdout'),
        err  => slurp('.stderr'),
    };
}

sub report {
    my ($run) = @_;
    Test::More::diag("exit $run->{code}\n$run->{out}$run->{err}");
    return;
}

# It must go well; gives the run.
sub ctl_ok {
    my $run = ctl(@_);
    my @words = grep { !ref } @_;

    Test::More::is($run->{code}, 0, "cptsctl @words") or report($run);
    return $run;
}

# It must be refused with this exit code and message; gives the run.
sub ctl_fails {
    my ($code, $message, @words) = @_;
    my $run = ctl(@words);
    my $name = join ' ', grep { !ref } @words;

    Test::More::ok($run->{code} eq $code && $run->{err} =~ $message,
        "refused: cptsctl $name")
        or report($run);
    return $run;
}

sub have_sqlite {
    return system('command -v sqlite3 >/dev/null 2>&1') == 0;
}

# What the sqlite3 command prints, without the last line feed.
sub sql {
    my ($file, $query) = @_;
    open my $in, '-|', 'sqlite3', '-batch', $file, $query or die;
    local $/;
    my $out = <$in> // '';
    close $in;
    $out =~ s/\n\z//;
    return $out;
}

# Run cptsctl on a terminal (script of util-linux gives one) and answer its
# prompts, in order. Gives all it printed and its exit code.
sub on_terminal {
    my ($answers, @words) = @_;
    my $line = join ' ', map { "'$_'" } $command, @words;
    my $pid = open2(my $out, my $in, 'script', '-qec', $line, '/dev/null');
    my ($seen, $all) = ('', '');

    local $SIG{ALRM} = sub { kill 'KILL', $pid; die "@words: no answer\n" };
    alarm 60;
    while (sysread $out, my $some, 4096) {
        $seen .= $some;
        $all  .= $some;
        if (@$answers && $seen =~ /: \z/) {
            $seen = '';
            syswrite $in, shift(@$answers) . "\n";
        }
    }
    waitpid $pid, 0;
    alarm 0;
    return ($all, $? >> 8);
}

1;
