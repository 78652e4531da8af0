#!/bin/sh
# Runs every test. The browser tests need Debian's Chromium: root gets it installed, others are told.
# AIBRO_REQUIRE_ALL=1 (as CI sets it) turns whatever would be left out into a failure.
set -eu
: "${BIN:=.venv/bin}"

missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium fonts-dejavu-core"
command -v curl >/dev/null 2>&1 || missing="$missing curl"
# Debian keeps it out of an ordinary user's PATH.
command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || missing="$missing nginx-light openssl"
command -v bwrap >/dev/null 2>&1 || [ "$(uname)" != Linux ] || missing="$missing bubblewrap"

if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing Debian packages:$missing"
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    missing=""
fi

left_out=""
if [ -n "$missing" ]; then
    if [ "${AIBRO_REQUIRE_ALL:-}" = 1 ]; then
        echo "AIBRO_REQUIRE_ALL is set and these are missing:$missing" >&2
        exit 1
    fi
    echo "!! LEFT OUT: tests of the browser, the proxy and the wall. They need:$missing (sudo apt-get install$missing)" >&2
    left_out="not browser and not proxy and not wall"
fi

# Two processes: most tests wait for processes of their own, and two cores are what the smallest machine has.
exec "$BIN/python" -m pytest -n 2 ${left_out:+-m "$left_out"} "$@"
