#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The commands of README.md, docs/install.md, docs/cptsctl.8 and the others
# run: cptsctl and the copying of files for real, in a folder that stands for
# the machine; what would build or change the machine is looked up instead.
use strict;
use warnings;
use utf8;

use Cwd qw(abs_path);
use File::Copy qw(copy);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;

use Cpts::Docs qw(read_text blocks run_sh);

binmode Test::More->builder->$_, ':encoding(UTF-8)'
    for qw(output failure_output todo_output);

my %env;
for my $name (qw(CPTS_SRCDIR CPTS_BUILDDIR CPTS_CTL CPTS_MODULEDIR)) {
    $env{$name} = $ENV{$name}
        or BAIL_OUT("$name is not set: run this with make check");
}
delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS CPTS_DATABASE)};
my $top   = $env{CPTS_SRCDIR};
my $build = $env{CPTS_BUILDDIR};

my $root = abs_path(tempdir('cpts-docs-XXXXXX', TMPDIR => 1, CLEANUP => 1));
chmod 0755, $root;
make_path(map { "$root/$_" } qw(bin work etc/apache2/mods-available
    etc/apache2/sites-available etc/systemd/system var/lib/cpts srv/backup
    usr/local));
symlink "$top/conf", "$root/work/conf" or die "conf: $!\n";

# --- the commands that are looked up and not run, as scripts of their own

# A password where nobody is at a terminal.
my $CTL = <<'SH';
set -- ${CPTS_CTL_WRAP-} "$CPTS_CTL" "$@"
case " $* " in
*--password-stdin*) exec "$@" ;;
*' account add '*|*' account password '*)
    echo 'a long password' | "$@" --password-stdin ;;
*) exec "$@" ;;
esac
SH

# Only root can give files away.
my $INSTALL = <<'SH';
if [ "$(id -u)" -ne 0 ]; then
    for word; do
        shift
        case $word in
        -o|-g) skip=1; continue ;;
        esac
        if [ -n "${skip-}" ]; then skip=; continue; fi
        set -- "$@" "$word"
    done
fi
PATH=/usr/sbin:/usr/bin:/sbin:/bin exec install "$@"
SH

# Every target has to be one of the Makefile, every test has to be there;
# "install" puts the files of share/ where the manual goes on from.
my $MAKE = <<'SH';
while [ $# -gt 0 ]; do
    case $1 in
    -C) shift ;;
    PROVE=*|CPTS_*=*) ;;
    TESTS_ONLY=*)
        for name in ${1#*=}; do
            [ -e "$CPTS_SRCDIR/$name" ] || [ -e "$CPTS_SRCDIR/$name.c" ] || {
                echo "no such test: $name"; exit 1; }
        done ;;
    *=*) echo "unknown variable: $1"; exit 1 ;;
    install)
        make=$(PATH=/usr/bin:/bin command -v make)
        "$make" -s -C "$CPTS_BUILDDIR" DESTDIR="$ROOT" prefix=/usr/local \
            install-dist_confDATA install-nodist_confDATA \
            install-dist_examplesDATA >/dev/null || exit ;;
    *)
        grep -q "^$1:" "$CPTS_BUILDDIR/Makefile" || {
            echo "no target $1"; exit 1; } ;;
    esac
    shift
done
SH

# Each module has to be one of httpd, or have been made available before.
my $A2ENMOD = <<'SH';
for name; do
    [ -e "$CPTS_MODULEDIR/mod_$name.so" ] \
        || [ -e "$ROOT/etc/apache2/mods-available/$name.load" ] \
        || [ "$name" = authn_core ] || {
        echo "no module $name"; exit 1; }
done
SH

my %script = (
    cptsctl   => $CTL,
    install   => $INSTALL,
    make      => $MAKE,
    a2enmod   => $A2ENMOD,
    a2ensite  => '[ -e "$ROOT/etc/apache2/sites-available/$1.conf" ]',
    # the complete sites are started by t/http/auth.t
    apachectl => '[ "$1" = configtest ]',
    systemctl => 'case $* in "restart apache2") ;;'
        . ' "enable --now cptsctl.timer") [ -e "$ROOT/etc/systemd/system/"'
        . 'cptsctl.timer ] ;; *) exit 1 ;; esac',
    # nothing is due in these databases: nobody is written to
    sendmail  => 'exit 1',
    sudo      => "if [ \"\$1\" = -u ]; then shift 2; fi\nexec \"\$@\"",
    chown     => "[ \"\$(id -u)\" -ne 0 ] || exec /bin/chown \"\$@\"",
    pwgen     => 'echo abcdefghijklmnopqrst',
    # no test asks other machines
    curl      => '[ "$1" = -o ] && : >"$2"',
);

sub write_script
{
    my ($file, $text) = @_;
    open my $out, '>', $file or die "$file: $!\n";
    print {$out} "#!/bin/sh\n$text\n" or die "$file: $!\n";
    close $out or die "$file: $!\n";
    chmod 0755, $file or die "$file: $!\n";
    return;
}

write_script("$root/bin/$_", $script{$_}) for keys %script;
# scripts of the top: there, and only looked up
write_script("$root/work/configure", '[ -e "$CPTS_SRCDIR/configure.ac" ]');
write_script("$root/work/bootstrap",
    "[ -x \"\$CPTS_SRCDIR/bootstrap\" ] && exec make \"\$@\"");
$ENV{PATH} = "$root/bin:$ENV{PATH}";
$ENV{ROOT} = $root;
for my $name (qw(sheets communes)) {
    copy("$top/examples/$name.csv", "$root/work/$name.csv")
        or die "$name.csv: $!\n";
}

# --- running them

# The machine's folders are those of the folder that stands for it.
sub moved
{
    my ($text) = @_;
    $text =~ s#(?<![\w.}])/(etc|var|usr|srv)/#$root/$1/#g;
    return $text;
}

sub runs
{
    my ($where, $text) = @_;
    my ($status, $printed) = run_sh(moved($text), "$root/work");
    is($status, 0, "$where runs") or diag "$text$printed";
    return;
}

# What httpd writes down for cptsctl when it serves the database.
sub serve
{
    my $file = "$root/var/lib/cpts/cpts.db";
    my %said = (territory => 'CPTS de la Fiction', sheet_validity => 90,
        contact_email => 'coordination@cpts.example', reminder => 14,
        address => 'https://cpts.example/cpts/', invitation_validity => 30,
        retention => 365);
    for my $name (sort keys %said) {
        system('sqlite3', $file, 'INSERT OR REPLACE INTO setting VALUES'
            . " ('$name', '$said{$name}')") == 0 or die "sqlite3: $name\n";
    }
    return;
}

# What is shown in a document and is no command, with what is looked at
# instead: the first line of the block => a check.
my %SHOWN = (
    # a plan of the folders
    'mod_cpts/mod_cpts.c   4  the module record and the list of hooks' =>
        sub {
            return grep { !-e "$top/$_" } $_[0] =~ /^(\S+)/gm;
        },
    # Perl that every file of t/http begins with
    'use Cpts::Check;' => sub {
        return grep { my $file = $_; $file =~ s{::}{/}g;
                      !-e "$top/t/lib/$file.pm" } $_[0] =~ /^use (\S+);/gm;
    },
    # lines of a configuration, which conf/demo.conf.in has, and a command
    # with FILE for a name: imported by the demonstration
    'CptsPerimeter coteaux 31025 31148 31151 31227 31259 31340 31411 31448 '
        . '31575 31578' => sub {
            my $demo = read_text("$top/conf/demo.conf.in");
            return grep { $demo !~ /\b$_\b/ } $_[0] =~ /\b(31\d{3})\b/g;
        },
    # the main server and one of many virtual hosts: directives that exist
    'DBDriver sqlite3' => sub {
        my $known = read_text("$top/conf/cpts.conf")
            . read_text("$top/conf/site-form.conf");
        return grep { $known !~ /^\s*#?$_ /m }
            $_[0] =~ /^\s*((?:Cpts|DBD)\w+) /gm;
    },
);

sub markdown
{
    my ($file) = @_;
    my $ran = 0;
    for my $block (blocks(read_text("$top/$file"))) {
        my $where = "$file:$block->{line} ($block->{above})";
        my ($first) = $block->{text} =~ /^(.*)/;
        if (my $check = $SHOWN{$first}) {
            is_deeply([ $check->($block->{text}) ], [],
                      "$where shows what is there");
            next;
        }
        my $text = $block->{text};
        $text =~ s/-d FILE/-d shown.db/g;
        # of a crontab: what comes after the time and the user
        $text =~ s/^[\d*]+ [\d*]+ \* \* \* www-data //gm;
        serve() if $text =~ /cptsctl .* send\b/;
        runs($where, $text);
        $ran++;
    }
    cmp_ok($ran, '>=', 1, "$file has its examples");
    return;
}

runs('a database', "cptsctl -d shown.db init\n");
markdown($_) for qw(README.md docs/install.md CONTRIBUTING.md
    docs/testing.md examples/README.md);

# --- the manual page, in its order: what a terminal would show after "# "

sub manual_commands
{
    my ($page) = @_;
    my @command = $page =~ /^\.Dl # (.*)$/gm;
    s/\\-/-/g for @command;
    return @command;
}

my @command = manual_commands(read_text("$top/docs/cptsctl.8"));
cmp_ok(scalar @command, '>=', 12, 'the manual page has its examples');
unlink glob "$root/var/lib/cpts/*";
for my $command (@command) {
    # accounts and sheets go into the database made at the top of the page
    $command =~ s{-d cpts\.db}{-d /var/lib/cpts/cpts.db};
    # exports make a new file, as the page says
    unlink "$root/work/$1" if $command =~ /export sheets (\S+)/;
    serve() if $command =~ / send\b/;
    runs("cptsctl.8: $command", "$command\n");
}

# every command of cptsctl has an example
my $help = `'$env{CPTS_CTL}' --help`;
my @known = $help =~ /^ {2}cptsctl -d FILE ([a-z]+(?: [a-z]+)?)/gm;
cmp_ok(scalar @known, '>=', 12, 'cptsctl lists its commands');
my $all = join "\n", @command;
is_deeply([ grep { $all !~ /\s\Q$_\E\b/ } @known ], [],
          'each command has an example');

# --- links between documents lead somewhere

for my $file ('README.md', 'CONTRIBUTING.md', 'examples/README.md',
              map { s{^\Q$top\E/}{}r } glob "$top/docs/*.md") {
    next if $file =~ /\.in\.md$/;
    my $text = read_text("$top/$file");
    my ($folder) = $file =~ m{^(.*/)};
    my @broken;
    while ($text =~ /\]\(([^)\s#]*)(?:#([\w-]+))?\)/g) {
        my ($path, $anchor) = ($1, $2);
        next if $path =~ /^\w+:/;
        my $target = $path eq '' ? $file : ($folder // '') . $path;
        push @broken, $target if !-e "$top/$target";
        next if !defined $anchor || !-f "$top/$target";
        my %there = map { my $h = lc; $h =~ s/[^\w\s-]//g; $h =~ s/\s/-/g;
                          $h => 1 } read_text("$top/$target") =~ /^#+ (.*)/gm;
        push @broken, "$target#$anchor" if !$there{$anchor};
    }
    is_deeply(\@broken, [], "the links of $file lead somewhere");
}

# --- the checks are not blind

for my $wrong ('make no-such-target', 'a2enmod no_such_module',
               'make check TESTS_ONLY=t/http/nothing.t',
               'cptsctl -d shown.db no-such-command', 'cd /usr/nowhere') {
    my ($status) = run_sh(moved("$wrong\n"), "$root/work");
    isnt($status, 0, "\"$wrong\" would be found");
}

done_testing;
