#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Mails really delivered: cptsctl send, a local dma, a mailbox, the link in it.
use strict;
use warnings;
use utf8;

use Encode qw(decode);
use MIME::QuotedPrint qw(decode_qp);
use POSIX ();
use Test::More;

use Cpts::Check;
use Cpts::Server;

# dma keeps its name, its queue and its mailboxes in fixed places: it sees
# ours there, in a mount namespace, and the machine's stay as they are.
my $DMA = '/usr/sbin/dma';
for my $need (
    [ Cpts::Server::is_root(), 'only root can give dma a mailbox of ours' ],
    [ -x $DMA,                 'dma is not installed' ],
    [ -e '/etc/mailname',      'there is no /etc/mailname' ],
    [ system('unshare -m true 2>/dev/null') == 0, 'no mount namespaces here' ],
) {
    next if $need->[0] || ($ENV{CI} && $need->[1] =~ /installed/);
    plan skip_all => $need->[1];
}

my $server = Cpts::Server->new(directives => <<'LINES');
CptsAddress https://cpts.example/cpts/
CptsContactEmail coordination@cpts.example
LINES

my $post = "$server->{dir}/post";
my $user = getpwuid $>;
my $group = getgrnam('mail') // die "there is no group mail\n";
for my $folder ('', '/mailbox', '/queue') {
    mkdir "$post$folder" or die "$post$folder: $!\n";
    chown 0, $group, "$post$folder" or die "chown: $!\n";
    chmod 02775, "$post$folder" or die "chmod: $!\n";
}
Cpts::Server::write_file("$post/name", "cpts.test\n");
Cpts::Server::write_file("$post/sendmail", <<"PROGRAM");
#!/bin/sh
exec unshare -m sh -c 'mount --bind $post/name /etc/mailname &&
    mount --bind $post/mailbox /var/mail &&
    mount --bind $post/queue /var/spool/dma && exec $DMA "\$@"' dma "\$@"
PROGRAM
chmod 0755, "$post/sendmail";

# The mails in the mailbox, once there are so many: headers and text each.
sub mailbox
{
    my ($count) = @_;
    my @mail;
    Cpts::Server::wait_for(sub {
        return 0 if !-e "$post/mailbox/$user";
        @mail = grep { $_ ne '' } split /^From [^\n]*\n/m,
            Cpts::Server::read_file("$post/mailbox/$user");
        return @mail >= $count;
    });
    return map { read_mail($_) } @mail;
}

sub read_mail
{
    my ($head, $body) = split /\n\n/, $_[0], 2;
    $head =~ s/\n[ \t]+/ /g;
    my %header = map { /^([\w-]+): (.*)$/ ? (lc $1 => $2) : () }
        split /\n/, $head;
    return { %header, subject => decode('MIME-Header', $header{subject}),
             text => decode('UTF-8', decode_qp($body)) };
}

create_sheet($server);
is_status($server->post('/me/email', { email => "$user\@cpts.test" },
    as => 'docteur'), 200, 'the doctor gives an address');
my $moved = day(-80);
system('sqlite3', $server->{file},
    "UPDATE practitioner SET confirmed_on = '$moved'") == 0
    or die "sqlite3: $?\n";
is $server->ctl_ok('', 'send', '--sendmail', "$post/sendmail"),
    "$server->{file}: 1 mails sent, 0 failed, 0 no longer needed\n", 'sent';

my @mail = mailbox(1);
is scalar(@mail), 1, 'one mail in the mailbox';
my $mail = $mail[0];
is $mail->{to}, "$user\@cpts.test", 'To';
like $mail->{from}, qr/<coordination\@cpts\.example>/, 'From';
is $mail->{subject}, "Votre fiche de médecin est-elle toujours à jour\xa0?",
    'Subject';
is $mail->{'content-type'}, 'text/plain; charset=UTF-8', 'Content-Type';
is $mail->{'auto-submitted'}, 'auto-generated', 'Auto-Submitted';
like $mail->{text}, qr/^Dr Fictive Exemple, confirmée le /m, 'about whom';
unlike $mail->{text}, qr/[?]{2}|\x{fffd}/, 'every letter is readable';
my ($token) = $mail->{text}
    =~ m{^https://cpts\.example/cpts/lien\.html\#([0-9A-Z-]{30})$}m;
ok defined $token, 'the link is whole' or diag $mail->{text};

my $link = $server->post('/links/open', { token => $token });
is_status($link, 200, 'it leads to the sheet');
is $link->json->{confirmed_on}, $moved, 'as it is';
is_status($server->post('/links/use',
    { token => $token, action => 'confirm' }), 200, 'one click');
is $server->get("/sheets/$OWN", as => 'docteur')->json->{confirmed_on},
    today(), 'the sheet is confirmed';

is $server->ctl_ok('', 'send', '--sendmail', "$post/sendmail"),
    "$server->{file}: 0 mails sent, 0 failed, 0 no longer needed\n",
    'nothing more to send';
is scalar(mailbox(1)), 1, 'nor in the mailbox';

# --- an invitation, by its mail -----------------------------------------------
my $made = $server->post('/invitations', {
    role => 'professional', name => 'Officine de l’Écluse',
    email => "$user\@cpts.test", mail => JSON::PP::true(),
}, as => 'coordination');
is_status($made, 201, 'invited');
is $server->ctl_ok('', 'send', '--sendmail', "$post/sendmail"),
    "$server->{file}: 1 mails sent, 0 failed, 0 no longer needed\n",
    'the invitation goes';
my ($invitation) = grep { $_->{subject} =~ /^Invitation/ } mailbox(2);
like $invitation->{text}, qr/^Bonjour Officine de l’Écluse,$/m, 'to whom';
($token) = $invitation->{text}
    =~ m{^https://cpts\.example/cpts/invitation\.html\#([0-9A-Z-]{30})$}m;
is_status($server->post('/invitations/open', { token => $token }), 200,
    'its token is good');
is_problem($server->post('/invitations/open',
    { token => $made->json->{token} }), 404, undef,
    'the one of the letter is not any more');

$server->finish;
done_testing;
