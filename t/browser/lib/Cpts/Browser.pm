# SPDX-License-Identifier: Apache-2.0
# Runs a suite of t/browser in headless Chromium against the shipped site.
package Cpts::Browser;

use strict;
use warnings;
use utf8;

use Exporter qw(import);
use File::Temp qw(tempdir);
use Test::More ();

use Cpts::Check (); # results are written in UTF-8
use Cpts::Server;

our @EXPORT = qw(site browser_suite static_suite $DOCTOR);

# the doctor of the account "docteur", the first of examples/sheets.csv
our $DOCTOR = '99900000012';

my @ACCOUNTS = (
    [ 'docteur',      'doctor', $DOCTOR ],
    [ 'pharmacie',    'professional' ],
    [ 'coordination', 'coordinator' ],
);

my @MODULES = qw(dir deflate filter reqtimeout session session_cookie
    request auth_form);

sub env { return Cpts::Server::environment($_[0]) }

# conf/site-form.conf with this machine's paths, over plain HTTP.
sub configuration
{
    my ($server, $further) = @_;
    my $text = Cpts::Server::read_file(env('CPTS_SRCDIR')
        . '/conf/site-form.conf');
    my $examples = env('CPTS_SRCDIR') . '/examples';
    my %path = (
        '/var/lib/cpts/cpts.db'             => $server->{file},
        '/etc/cpts/communes.csv'            => $server->{communes},
        '/etc/cpts/session.key'             => "$server->{dir}/run/key",
        '/usr/share/mod_cpts/htdocs'        => $server->{pages},
        '/var/www/html'                     => "$server->{dir}/htdocs",
        '${APACHE_LOG_DIR}/cpts-error.log'  => $server->error_log,
        '${APACHE_LOG_DIR}/cpts-access.log' => $server->access_log,
        '*:443'                          => "127.0.0.1:$server->{port}",
    );
    my $known = join '|', map { quotemeta } keys %path;
    $text =~ s/($known)/$path{$1}/g;
    $text =~ s/^\s*SSL\w+ .*\n//mg;
    $text =~ s/;Secure\b//;
    $text =~ s{<VirtualHost \*:80>.*?</VirtualHost>\n}{}s;
    $text =~ s/^(\s*CptsTerritory .*\n)/$1$further/m;
    return "LogFormat \"%h %u %r %>s\" combined\n"
        . "<Directory \"$server->{dir}/htdocs\">\n"
        . "Require all granted\nAddType text/html .html\n"
        . "AddType text/css .css\n</Directory>\n" . $text;
}

# As root httpd's children are another user, who may not reach a build folder.
sub reachable_pages
{
    my ($server) = @_;
    my $pages = env('CPTS_PAGES');
    return $pages if !Cpts::Server::is_root();
    system('cp', '-R', $pages, "$server->{dir}/pages") == 0
        or die "cp: $?\n";
    return "$server->{dir}/pages";
}

# The example's communes, as a file.
sub communes
{
    my ($server, $names) = @_;
    my $file = env('CPTS_SRCDIR') . '/examples/communes.csv';
    return $file if !$names;
    my $text = Cpts::Server::read_file($file);
    for my $code (keys %$names) {
        my $name = $names->{$code} =~ s/"/""/gr;
        utf8::encode($name);
        $text =~ s/^$code,[^,]*,/$code,"$name",/m or die "no $code\n";
    }
    Cpts::Server::write_file("$server->{dir}/run/communes.csv", $text);
    return "$server->{dir}/run/communes.csv";
}

# A started server with the shipped site, the example sheets and an account of
# each role; directives => TEXT adds lines to its virtual host, files => {}
# adds files to the site around the pages, rename => { CODE => NAME } gives
# communes of the example other names.
sub site
{
    my (%option) = @_;
    my $examples = env('CPTS_SRCDIR') . '/examples';
    my $further = "CptsNeighbours \"$examples/neighbours.csv\"\n"
        . $Cpts::Server::PERIMETERS
        . "CptsDailyConsultations 1000\n"
        . ($option{directives} // '');
    my $server = Cpts::Server->new(
        start => 0, main => 0, sheets => "$examples/sheets.csv",
        accounts => \@ACCOUNTS, modules => \@MODULES,
        config => sub { return configuration($_[0], $further) },
        %option);
    $server->{pages} = reachable_pages($server);
    $server->{communes} = communes($server, $option{rename});
    Cpts::Server::write_file("$server->{dir}/run/key",
                             join '', map { chr 97 + rand 26 } 1 .. 48);
    chmod 0600, "$server->{dir}/run/key";
    my $files = $option{files} // {};
    Cpts::Server::write_file("$server->{dir}/htdocs/$_", $files->{$_})
        for keys %$files;
    # and a page may ask for something when its account is just erased
    $server->expect_refusals->expect_log(qr/AH01808: user '\w+' not found/);
    return $server->start;
}

sub chromium
{
    for my $name ('chromium', 'chromium-browser', 'google-chrome') {
        for my $folder (split /:/, $ENV{PATH}) {
            return "$folder/$name" if -x "$folder/$name";
        }
    }
    return undef;
}

# Runs t/browser/NAME.mjs; its TAP becomes ours. Options as of site().
sub browser_suite
{
    my ($name, %option) = @_;
    my $chromium = $ENV{CPTS_CHROMIUM} // chromium();
    for my $there ([ $chromium, 'Chromium' ],
                   [ $ENV{CPTS_PAGES}, 'npm, or --without-pages was used' ]) {
        next if $there->[0] || $ENV{CI};
        Test::More::plan(skip_all => "not found: $there->[1]");
    }
    my $server = site(%option);
    local $ENV{CPTS_URL} = $server->origin . '/cpts/';
    local $ENV{CPTS_CHROMIUM} = $chromium;
    local $ENV{CPTS_PASSWORD} = Cpts::Server::password('');
    local $ENV{CPTS_NPM} = env('CPTS_NPM');
    local $ENV{CPTS_RUN} = "$server->{dir}/run";
    local $ENV{CPTS_DATABASE} = $server->{file};
    relay(env('CPTS_SRCDIR') . "/t/browser/$name.mjs");
    $server->finish;
    return Test::More::done_testing();
}

# Runs t/browser/NAME.mjs without server or browser.
sub static_suite
{
    my ($name) = @_;
    if (!$ENV{CPTS_PAGES} && !$ENV{CI}) {
        Test::More::plan(skip_all => 'the pages were not built');
    }
    local $ENV{CPTS_NPM} = env('CPTS_NPM');
    local $ENV{CPTS_RUN} = tempdir(CLEANUP => 1);
    relay(env('CPTS_SRCDIR') . "/t/browser/$name.mjs");
    return Test::More::done_testing();
}

sub relay
{
    my ($program) = @_;
    open my $tap, '-|:encoding(UTF-8)', 'node', $program
        or return Test::More::fail("node: $!");
    my $plan;
    while (my $line = <$tap>) {
        chomp $line;
        if ($line =~ /^(not )?ok(?: \d+)?(?: - )?(.*)/) {
            Test::More::ok(!$1, $2);
        }
        elsif ($line =~ /^1\.\.(\d+)/) { $plan = $1 }
        elsif ($line =~ /^# ?(.*)/)    { Test::More::diag($1) }
        else                           { Test::More::note($line) }
    }
    close $tap;
    Test::More::is($?, 0, 'the suite came to its end');
    Test::More::ok(defined $plan, 'and said so');
    return;
}

1;
