#!/usr/bin/env bash
# The library's tests under AddressSanitizer, with a nightly toolchain: `tests/asan.sh [arguments of cargo test]`.
# The crate forbids unsafe code; this is about what it depends on, and about what the compiler makes of it all.
set -euo pipefail
cd "$(dirname "$0")/.."
host=$(rustc -vV | sed -n 's/^host: //p')
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/asan"
export RUSTFLAGS="-Zsanitizer=address ${RUSTFLAGS:-}"
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_stack_use_after_return=1}"
export SIMULATION_SEEDS="${SIMULATION_SEEDS:-100}"
# Doc tests are programs of their own, one for each; `watch_live` starts other programs and waits for them.
tests=(--lib)
for file in tests/*.rs; do
    name=$(basename "$file" .rs)
    [ "$name" = watch_live ] || tests+=(--test "$name")
done
for folder in tests/*/main.rs; do
    tests+=(--test "$(basename "$(dirname "$folder")")")
done
cargo +nightly test --target "$host" --all-features "${tests[@]}" "$@"
