# SPDX-License-Identifier: Apache-2.0
# start FOLDER PORT CORE of both peers that are of Node: memory or sqlite.
# The packages are compiled once, and kept in CPTS_BENCH_CACHE, in the build
# folder, or in the cache of who runs this.
# shellcheck shell=bash source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

kind=${name#node-}
source=$(cd "$here/../node" && pwd)
packages=(nodejs npm libnode-dev g++ make python3)
need_command node "${packages[@]}"
need_command npm "${packages[@]}"
need_command make "${packages[@]}"
need_command g++ "${packages[@]}"

cache=${CPTS_BENCH_CACHE:-${CPTS_BUILDDIR:-${XDG_CACHE_HOME:-$HOME/.cache}}}
cache=$cache/bench-node

# npm ci: the versions of package-lock.json; SQLite is compiled here, against
# the headers that are installed.
install_packages()
{
    local stamp
    mkdir -p "$cache"
    # one at a time: whoever comes second finds it done
    exec 9>"$cache/lock"
    flock 9
    stamp=$(node --version; cat "$source/package-lock.json")
    if [ -e "$cache/stamp" ] && [ "$(cat "$cache/stamp")" = "$stamp" ]; then
        exec 9>&-
        return
    fi
    cp "$source/package.json" "$source/package-lock.json" "$cache"
    if [ -e /usr/include/node/node.h ]; then
        export npm_config_nodedir=/usr
    fi
    if ! (cd "$cache" && npm_config_build_from_source=true npm ci \
            --no-audit --no-fund --loglevel=error >"$own/npm.log" 2>&1); then
        cat "$own/npm.log" >&2
        missing "${packages[@]}"
    fi
    printf '%s\n' "$stamp" >"$cache/stamp"
    exec 9>&-
}

install_packages
pin
cp "$source"/*.js "$source/package.json" "$own"
ln -sfn "$cache/node_modules" "$own/node_modules"
run env NODE_ENV=production node "$own/server.js" "$kind" "$folder" "$own" \
    "$port"
serve
