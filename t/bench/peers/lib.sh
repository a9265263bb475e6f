# SPDX-License-Identifier: Apache-2.0
# What the start scripts of the peers share: cores, processes, httpd, PHP.
# To be sourced by: start FOLDER PORT CORE
# shellcheck shell=bash

set -eu
[ $# -eq 3 ] || { echo "usage: $0 FOLDER PORT CORE" >&2; exit 2; }
folder=$(cd "$1" && pwd)
port=$2
core=$3
here=$(cd "$(dirname "$0")" && pwd)
name=$(basename "$here")
own=$folder/$name
mkdir -p "$own"
chmod 0755 "$own"
processes=()

# missing PACKAGE...: says what to install, and ends with 3.
missing()
{
    echo "$name: apt-get install $*"
    exit 3
}

# need_command COMMAND PACKAGE...
need_command()
{
    local command=$1
    shift
    command -v "$command" >/dev/null || missing "$@"
}

# All that follows runs on one core.
pin()
{
    ! command -v taskset >/dev/null || taskset -pc "$core" $$ >/dev/null
}

# Whom the servers run as: root only starts them.
if [ "$(id -u)" -eq 0 ]; then
    user=www-data
    as_user=(setpriv --reuid "$user" --regid "$user" --init-groups)
else
    user=$(id -un)
    as_user=()
fi

# run COMMAND...: in the background, and gone when this script is.
run()
{
    setpriv --pdeathsig TERM "$@" </dev/null >>"$own/output" 2>&1 &
    processes+=($!)
}

# The same, not as root: whom a process belongs to is said first, since a
# change of it undoes the rest.
run_as_user()
{
    "${as_user[@]}" setpriv --pdeathsig TERM "$@" </dev/null \
        >>"$own/output" 2>&1 &
    processes+=($!)
}

stop_all()
{
    trap '' TERM INT HUP
    local i
    # the last one started is the first to go
    for ((i = ${#processes[@]} - 1; i >= 0; i--)); do
        kill -TERM "${processes[i]}" 2>/dev/null || true
        wait "${processes[i]}" 2>/dev/null || true
    done
}
trap 'stop_all; exit 0' TERM INT HUP
trap stop_all EXIT

# wait_for TRIES COMMAND...: each try takes a tenth of a second. The process
# started last is waited for: when it ends, so does this.
wait_for()
{
    local tries=$1
    shift
    until "$@" 2>/dev/null; do
        tries=$((tries - 1))
        if [ "$tries" -le 0 ] || ! kill -0 "${processes[-1]}" 2>/dev/null; then
            tail -n 20 "$own"/output "$own"/*.log >&2 || true
            exit 1
        fi
        sleep 0.1
    done
}

listens() { : <"/dev/tcp/127.0.0.1/$port"; }

# Says so, and stays until TERM or until a process ends by itself.
serve()
{
    wait_for 1800 listens
    echo "ready http://127.0.0.1:$port"
    wait -n || true
    echo "$name: a process has ended" >&2
    cat "$own"/output >&2
    exit 1
}

# --- PHP-FPM behind httpd

fpm=${CPTS_PHP_FPM:-/usr/sbin/php-fpm8.2}

# need_php PACKAGE EXTENSION: what the peer's database needs, and all the rest.
need_php()
{
    local packages=(php8.2-fpm php8.2-cli php8.2-apcu "$1")
    local extension
    need_command "$fpm" "${packages[@]}"
    need_command php8.2 "${packages[@]}"
    need_command "${CPTS_HTTPD:-/usr/sbin/apache2}" apache2
    for extension in "$2" apcu sodium; do
        php8.2 -m | grep -qx "$extension" || missing "${packages[@]}"
    done
}

# As many workers as httpd keeps connections to them: on one core, two are
# enough to have one at work while the other waits for httpd.
workers=${CPTS_PEER_WORKERS:-4}

# FPM for the index.php of this peer, and httpd before it.
start_php()
{
    local socket=$own/fpm.sock
    cat >"$own/fpm.conf" <<CONF
[global]
error_log = $own/fpm.log
daemonize = no
log_level = warning
[peer]
user = $user
group = $(id -gn "$user")
listen = $socket
listen.owner = $user
listen.mode = 0600
listen.backlog = 511
pm = static
pm.max_children = $workers
pm.max_requests = 0
catch_workers_output = yes
clear_env = no
env[CPTS_PEER] = $own
php_admin_value[error_log] = $own/php.log
php_admin_flag[log_errors] = on
php_admin_flag[display_errors] = off
php_admin_value[memory_limit] = 256M
CONF
    rm -f "$socket"
    write_php_ini
    [ "$(id -u)" -ne 0 ] || chown -R "$user" "$own"
    run "$fpm" -y "$own/fpm.conf" -c "$own/php.ini"
    wait_for 100 test -S "$socket"
    start_httpd "$socket"
}

# A php.ini of a site in production; opcache and its compiler on.
write_php_ini()
{
    cat >"$own/php.ini" <<CONF
opcache.enable = 1
opcache.validate_timestamps = 0
opcache.memory_consumption = 64
opcache.jit = ${CPTS_PEER_JIT:-tracing}
opcache.jit_buffer_size = 32M
apc.enabled = 1
apc.shm_size = 64M
session.auto_start = 0
expose_php = Off
zend.assertions = -1
realpath_cache_size = 4M
CONF
}

load_module()
{
    local file=$modules/mod_$1.so
    [ ! -e "$file" ] || printf \
        '<IfModule !%s_module>\nLoadModule %s_module "%s"\n</IfModule>\n' \
        "$1" "$1" "$file"
}

# The same httpd as the module's, with the same threads: POST /match goes to
# FPM over connections that are kept.
start_httpd()
{
    local socket=$1
    local httpd=${CPTS_HTTPD:-/usr/sbin/apache2}
    local modules=${CPTS_MODULEDIR:-/usr/lib/apache2/modules}
    local module
    mkdir -p "$own/run"
    {
        echo "ServerRoot \"$own\""
        echo "ServerName 127.0.0.1"
        for module in "mpm_${CPTS_BENCH_MPM:-event}" unixd authz_core proxy proxy_fcgi; do
            load_module "$module"
        done
        [ "$(id -u)" -ne 0 ] || printf 'User %s\nGroup %s\n' "$user" \
            "$(id -gn "$user")"
        cat <<CONF
Listen 127.0.0.1:$port
PidFile "$own/run/httpd.pid"
DefaultRuntimeDir "$own/run"
ErrorLog "$own/httpd.log"
LogLevel warn
StartServers 1
ServerLimit 1
ThreadsPerChild 32
ThreadLimit 32
MinSpareThreads 1
MaxSpareThreads 32
MaxRequestWorkers 32
MaxConnectionsPerChild 0
Timeout 20
KeepAlive On
MaxKeepAliveRequests 0
<Directory "/">
    AllowOverride None
    Require all denied
</Directory>
<Proxy "fcgi://peer/">
    ProxySet enablereuse=on max=$workers
</Proxy>
<Proxy "*">
    Require all granted
</Proxy>
ProxyPassMatch "^/match$" "unix:$socket|fcgi://peer$here/index.php" \
    enablereuse=on max=$workers
CONF
    } >"$own/httpd.conf"
    run "$httpd" -d "$own" -f "$own/httpd.conf" -DFOREGROUND
}
