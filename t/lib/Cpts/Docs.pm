# SPDX-License-Identifier: Apache-2.0
# The examples of the manual: blocks of Markdown, and whether what a program
# answers is what a document shows.
package Cpts::Docs;

use strict;
use warnings;
use utf8;

use Exporter qw(import);
use JSON::PP ();

our @EXPORT_OK = qw(read_text blocks run_sh json_faults http_faults
    text_faults demo_lines);

=head1 CONVENTION

Blocks of a document are fenced with a language or indented by four spaces.

    sh       commands, run by "sh -eu" in a folder of their own
    json     what the block before it prints: the same value
    http     the same with "curl -i": status, the headers shown, the body
    text     the same, as text
    apache   directives that "httpd -t" accepts

Days, times, ETags, versions and the number "generation" may be others than
those shown. "…" stands for any further text, any further items of an array
and, as a name, any further members.

=cut

# A file as characters.
sub read_text
{
    my ($file) = @_;
    open my $in, '<:encoding(UTF-8)', $file or die "$file: $!\n";
    local $/;
    return scalar(<$in>) // '';
}

# The blocks of a Markdown text, in order: { lang, line, text, above }.
# Indented ones have the language "". "above" is the last heading.
sub blocks
{
    my ($text) = @_;
    my @block;
    my ($number, $heading, $open, $before) = (0, '', undef, '');
    for my $line (split /\n/, $text, -1) {
        $number++;
        if ($open && defined $open->{fence}) {
            my $end = $line =~ /^\Q$open->{fence}\E\s*$/;
            $open->{text} .= "$line\n" if !$end;
            undef $open                if $end;
        }
        elsif ($line =~ /^(```+)(\w*)/) {
            $open = { lang => $2, fence => $1, line => $number, text => '',
                      above => $heading };
            push @block, $open;
        }
        elsif ($line =~ /^ {4}(.*)/ && ($open || $before eq '')) {
            if (!$open) {
                $open = { lang => '', line => $number, text => '',
                          above => $heading };
                push @block, $open;
            }
            $open->{text} .= "$1\n";
        }
        elsif ($line eq '' && $open) {
            # within an indented block, unless other text follows
            $open->{text} .= "\n";
        }
        else {
            $heading = $1 if $line =~ /^#+ (.*)/;
            undef $open;
        }
        $before = $line;
    }
    $_->{text} =~ s/\n+\z/\n/ for @block;
    return @block;
}

# Runs commands in a folder; returns the status and all they printed, as
# characters. Nothing of the caller's proxies reaches curl.
sub run_sh
{
    my ($text, $folder) = @_;
    my $script = "$folder/.script";
    open my $out, '>:encoding(UTF-8)', $script or die "$script: $!\n";
    print {$out} $text or die "$script: $!\n";
    close $out or die "$script: $!\n";
    delete local @ENV{qw(http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
        ALL_PROXY all_proxy)};
    my $got = `cd '$folder' && sh -eu .script 2>&1 </dev/null`;
    my $status = $?;
    utf8::decode($got);
    return ($status, $got);
}

# Days, times, versions of sheets and of mod_cpts are not compared.
sub masked
{
    my ($text) = @_;
    return undef if !defined $text;
    $text =~ s/\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ)?/DATE/g;
    $text =~ s/\b\d+\.\d+\.\d+\b/VERSION/g;
    $text =~ s/^ETag: "\d+"/ETag: NUMBER/gmi;
    return $text;
}

sub text_faults
{
    my ($shown, $got) = map { masked($_) } @_;
    s/\s+\z// for $shown, $got;
    my $pattern = join '.*', map { quotemeta } split /…/, $shown, -1;
    return $got =~ /\A$pattern\z/s ? () : "printed:\n$got";
}

my $JSON = JSON::PP->new->allow_nonref->canonical;

sub kind { return ref $_[0] eq '' ? 'value' : ref $_[0] }

sub object_faults
{
    my ($shown, $got, $path) = @_;
    my @fault = map { value_faults($shown->{$_}, $got->{$_}, "$path/$_") }
        grep { exists $got->{$_} && $_ ne 'generation' } sort keys %$shown;
    push @fault, map { "$path/$_ is shown, not there" }
        grep { $_ ne '…' && !exists $got->{$_} } sort keys %$shown;
    push @fault, map { "$path/$_ is there, not shown" }
        grep { !exists $shown->{$_} } sort keys %$got
        if !exists $shown->{'…'};
    return @fault;
}

sub array_faults
{
    my ($shown, $got, $path) = @_;
    my @shown = @$shown;
    my $more = @shown && !ref $shown[-1] && ($shown[-1] // '') eq '…';
    pop @shown if $more;
    my $enough = $more ? @$got >= @shown : @$got == @shown;
    return "$path has " . @$got . ' items' if !$enough;
    return map { value_faults($shown[$_], $got->[$_], "$path/$_") }
        0 .. $#shown;
}

sub value_faults
{
    my ($shown, $got, $path) = @_;
    my $kind = kind($shown);
    return "$path is another kind of value" if $kind ne kind($got);
    return object_faults($shown, $got, $path) if $kind eq 'HASH';
    return array_faults($shown, $got, $path)  if $kind eq 'ARRAY';
    my @text = map { masked($JSON->encode($_)) } $shown, $got;
    # a shown text may leave out its end
    my $pattern = join '.*', map { quotemeta } split /…/, $text[0], -1;
    return $text[1] =~ /\A$pattern\z/s ? () : "$path is $text[1]";
}

# What is different, as a list of sentences; none: the same.
sub json_faults
{
    my ($shown, $got) = @_;
    my @value = map { my $text = $_; \scalar eval { $JSON->decode($text) } }
        $shown, $got;
    return 'what is shown is not JSON' if !defined ${ $value[0] };
    return "no JSON was printed:\n$got" if !defined ${ $value[1] };
    return value_faults(${ $value[0] }, ${ $value[1] }, '');
}

# The same for "curl -i".
sub http_faults
{
    my ($shown, $got) = @_;
    $got =~ s/\r//g;
    my ($head, $body)           = split /\n\n/, $shown, 2;
    my ($got_head, $got_body)   = split /\n\n/, $got, 2;
    my ($status, @header)       = split /\n/, masked($head);
    my ($got_status, @got_more) = split /\n/, masked($got_head) // '';
    my %there = map { $_ => 1 } @got_more;
    my @fault = map { "no header \"$_\" in:\n$got_head" }
        grep { !$there{$_} } @header;
    push @fault, 'status ' . ($got_status // 'none')
        if ($got_status // '') ne $status;
    push @fault, json_faults($body, $got_body)
        if defined $body && $body =~ /\S/;
    return @fault;
}

# The Cpts directives of the demonstration, with the files of the examples;
# as bytes.
sub demo_lines
{
    my ($top) = @_;
    my $conf = read_text("$top/conf/demo.conf.in");
    $conf =~ s/\\\n\s*//g;
    # nobody needs a session here
    my $text = join '', map { "$_\n" } grep { /^Cpts(?!SessionKey )/ }
        split /\n/, $conf;
    $text =~ s{\@EXAMPLES\@}{$top/examples}g;
    # the page addresses of the manual are those of the demonstration
    $text =~ s{\@PORT\@}{8080}g;
    utf8::encode($text);
    return $text;
}

1;
