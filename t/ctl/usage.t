#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# cptsctl: the command line itself, its help and its manual.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Test::More;

use Ctl;

my $help = ctl_ok('--help')->{out};
is ctl_ok('help')->{out}, $help, 'help is --help';
like $help, qr/^usage: cptsctl \[-d FILE\] COMMAND$/m, 'usage';
like ctl_ok('--version')->{out}, qr/^cptsctl \d+\.\d+\.\d+$/, 'version';

ctl_fails(2, qr/^usage: cptsctl/);
ctl_fails(2, qr/no command "frob"/, '-d', 'a.db', 'frob');
ctl_fails(2, qr/no command "account"/, '-d', 'a.db', 'account');
ctl_fails(2, qr/no command "account frob"/, '-d', 'a.db', 'account', 'frob');
ctl_fails(2, qr/which database\?/, 'check');
ctl_fails(2, qr/which database\?/, '-d', '', 'check');
ctl_fails(2, qr/-x is no option/, '-x', 'check');
ctl_fails(2, qr/-d is no option, or lacks/, '-d');
ctl_fails(2, qr/one word too many/, '-d', 'a.db', 'check', 'more');
ctl_fails(2, qr/backup takes: FILE/, '-d', 'a.db', 'backup');
ctl_fails(2, qr/--update is no option of this/, '-d', 'a.db', 'check',
    '--update');
ctl_fails(2, qr/--rpps is no option of this command, or lacks its value/,
    '-d', 'a.db', 'account', 'add', 'a', 'doctor', '--rpps');
ok !-e 'a.db', 'nothing was made';

# the environment names the database; -d goes before it
{
    local $ENV{CPTS_DATABASE} = 'env.db';
    ctl_ok('init');
    ok -e 'env.db', 'CPTS_DATABASE';
    ctl_ok('-d', 'other.db', 'init');
    ok -e 'other.db', '-d';
}

# a name that looks like an option, a name that SQLite might take for a URI
ctl_ok('-d', 'env.db', 'export', 'sheets', '--', '--odd.csv');
ok -e '--odd.csv', '-- ends the options';
for my $name ('file:x.db?mode=memory', ':memory:') {
    ctl_ok('-d', $name, 'init');
    ok -e $name, "$name is a file like any other";
}

# output that cannot be written is a failure
SKIP: {
    skip 'no /dev/full', 1 if !-c '/dev/full';
    my $code = system("'$ENV{CPTS_CTL}' --help >/dev/full 2>/dev/null");
    is $code >> 8, 1, 'standard output is full';
}

# every command of the help is in the manual, with an example
my $manual = slurp(($ENV{CPTS_SRCDIR} // '.') . '/docs/cptsctl.8');
ok defined $manual, 'the manual is there';
my %commands;
while ($help =~ /^  cptsctl -d FILE ([a-z]+(?: [a-z]+)?)(.*)$/mg) {
    $commands{$1} = $2;
}
cmp_ok scalar(keys %commands), '>=', 15, 'at least fifteen commands';
for my $command (sort keys %commands) {
    like $manual, qr/^\.It Cm \Q$command\E/m, "manual: $command";
    like $manual, qr/^\.Dl .*cptsctl.* \Q$command\E/m, "example: $command";
    for my $option ($commands{$command} =~ /--(\w[\w-]*)/g) {
        like $manual, qr/Fl -\Q$option\E/, "manual: --$option";
    }
}
SKIP: {
    skip 'no mandoc', 1 if system('command -v mandoc >/dev/null 2>&1');
    my $file = ($ENV{CPTS_SRCDIR} // '.') . '/docs/cptsctl.8';
    is `mandoc -Tlint -Wwarning '$file'`, '', 'mandoc has nothing to say';
}

done_testing;
