#!/usr/bin/env bash
# Installs what tests start where it is missing: redis-server, memcached, and Chromium with its driver. No service is
# started, now or at boot: tests start their own servers, on ports of their own.
#
# Succeeds when all are there at the end; otherwise the reason is on stderr.
set -euo pipefail

readonly mac_chrome="/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"

# Any of the browsers that the tests look for.
has_chromium() {
    command -v chromium chromium-browser google-chrome >/dev/null || [ -x "$mac_chrome" ]
}

# Debian packages that are missing. Those of servers are called as their binary and service are; Homebrew calls
# redis-server's package redis.
missing() {
    local name
    for name in redis-server memcached; do
        command -v "$name" >/dev/null || echo "$name"
    done
    has_chromium || echo chromium
    command -v chromedriver >/dev/null || echo chromium-driver
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Debian starts a service when its package is set up, and asks this file whether it may.
readonly policy=/usr/sbin/policy-rc.d
backup=

forbid_services() {
    backup=$(mktemp -d)
    printf '#!/bin/sh\nexit 101\n' >"$backup/deny"
    if [ -e "$policy" ]; then as_root cp -p "$policy" "$backup/theirs"; fi
    # From here on there is something to restore.
    trap restore_policy EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    as_root install -m 755 "$backup/deny" "$policy"
}

restore_policy() {
    if [ -e "$backup/theirs" ]; then
        as_root cp -p "$backup/theirs" "$policy"
    else
        as_root rm -f "$policy"
    fi
    as_root rm -rf "$backup"
}

install_with_apt() {
    forbid_services
    as_root apt-get update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"
    local name
    for name in "$@"; do
        case "$name" in chromium*) continue ;; esac
        if command -v systemctl >/dev/null; then
            as_root systemctl disable --quiet "$name" || echo "$name: may start at the next boot" >&2
        fi
    done
}

install_with_brew() {
    local name
    for name in "$@"; do
        case "$name" in
            redis-server) brew install redis ;;
            chromium*) echo "$name is left to you: brew install --cask google-chrome chromedriver" >&2 ;;
            *) brew install "$name" ;;
        esac
    done
}

install_missing() {
    if command -v apt-get >/dev/null && { [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null; }; then
        install_with_apt "$@"
    elif command -v brew >/dev/null; then
        install_with_brew "$@"
    else
        echo "neither apt-get (as root or with sudo) nor Homebrew is here: install $* by hand" >&2
        return 1
    fi
}

# shellcheck disable=SC2046 # names without blanks, one argument each
set -- $(missing)
if [ $# -gt 0 ]; then
    echo "installing: $*"
    install_missing "$@"
fi

# shellcheck disable=SC2046
set -- $(missing)
if [ $# -gt 0 ]; then
    echo "still not on PATH: $*" >&2
    exit 1
fi
