#!/usr/bin/env bash
# The public interface, compared with `tests/public-api.txt`; `tests/api.sh --update` writes that file anew. A line that goes
# or changes is a breaking change; one that comes is at least a minor version.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v cargo-public-api >/dev/null || cargo install --locked cargo-public-api
mkdir -p target
now=target/public-api.txt
cargo +nightly public-api -sss --features bytes,http,jiff,serde,stream,tracing >"$now" 2>target/public-api.log ||
    { cat target/public-api.log; exit 1; }
if [ "${1:-}" = --update ]; then
    cp "$now" tests/public-api.txt
elif ! diff -u tests/public-api.txt "$now"; then
    echo "the public interface has changed: if that is meant, say so in CHANGELOG.md, and run tests/api.sh --update"
    exit 1
fi
