#!/usr/bin/env bash
# Other people's clients against examples/exchange: see README.md beside this file.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
place=$target/interop
events=${EVENTS:-6}
mkdir -p "$place"

cargo build --quiet --example exchange

if [ ! -x "$place/python/bin/python" ]; then
    python3 -m venv "$place/python"
fi
"$place/python/bin/python" -c 'import exchangelib' 2>/dev/null || "$place/python/bin/pip" install --quiet exchangelib
if [ ! -d "$place/node_modules/ews-javascript-api" ]; then
    (cd "$place" && npm install --silent --no-audit --no-fund --prefix . ews-javascript-api)
fi

server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true' EXIT

# port 0: the system chooses, and the example's first line says which
start() {
    : >"$place/address"
    "$target/debug/examples/exchange" --listen 127.0.0.1:0 --rate 4 --style "$1" >"$place/address" &
    server=$!
    for _ in $(seq 100); do
        if [ -s "$place/address" ]; then break; fi
        sleep 0.1
    done
    url="http://$(head -n 1 "$place/address")/EWS/Exchange.asmx"
}

stop() {
    kill "$server"
    wait "$server" 2>/dev/null || true
    server=
}

for style in exchange gromox; do
    start "$style"
    printf '\n== exchangelib, style %s\n' "$style"
    timeout 150 "$place/python/bin/python" tests/interop/exchangelib_client.py "$url" "$events"
    if [ "$style" = exchange ]; then
        printf '\n== ews-javascript-api, style %s\n' "$style"
        INTEROP_MODULES=$(cd "$place" && pwd) timeout 150 node tests/interop/ews_js_client.mjs "$url" "$events"
    fi
    stop
done
printf '\ninterop: all clients saw their events\n'
