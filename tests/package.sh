#!/usr/bin/env bash
# Packs the crate as it would be published, unpacks it elsewhere, and runs the tests that are in it.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
cargo package --allow-dirty --no-verify 2>&1 | { grep -Ev 'is not included in the published package|Updating|Packaging' || true; }
crate=$(ls -t "$CARGO_TARGET_DIR"/package/ews-stream-*.crate | head -n 1)
size=$(stat -c %s "$crate")
echo "$size bytes"
[ "$size" -lt 250000 ] || { echo "too much is in the package"; exit 1; }
elsewhere=$(mktemp -d)
trap 'rm -rf "$elsewhere"' EXIT
tar -xzf "$crate" -C "$elsewhere"
cd "$elsewhere"/ews-stream-*
cargo build --quiet
cargo test --quiet 2>&1 | grep -E '^test result|panicked|FAILED|^error'
