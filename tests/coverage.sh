#!/usr/bin/env bash
# Which lines of the parser the committed corpora reach, by themselves: `tests/coverage.sh`. Prints the lines never reached,
# and fails below 95 %. `tests/coverage.sh --all` does the same for all tests of the library.
#
# Needs cargo-llvm-cov and LLVM's tools no older than the compiler's profiles: the toolchain's (`rustup component add
# llvm-tools`), or those of the system, named in LLVM_COV and LLVM_PROFDATA (Debian's llvm-19 reads those of Rust 1.95).
set -euo pipefail
cd "$(dirname "$0")/.."
command -v cargo-llvm-cov >/dev/null || cargo install --locked cargo-llvm-cov
if [ -z "${LLVM_COV:-}" ] && [ -x /usr/bin/llvm-cov-19 ]; then
    export LLVM_COV=/usr/bin/llvm-cov-19 LLVM_PROFDATA=/usr/bin/llvm-profdata-19
fi
export CARGO_PROFILE_TEST_OPT_LEVEL=2 # instrumented code is slow, and lines stay what they are
cargo llvm-cov clean --workspace
if [ "${1:-}" = --all ]; then
    cargo llvm-cov --no-report test --all-features --lib --tests
else
    cargo llvm-cov --no-report test --features _work --test golden --test hostile --test conformance --test chunking
    cargo llvm-cov --no-report test --features _work --test fuzz_replay the_corpus_of
fi
# what is no parser: the layers above, and its events for serde and jiff
report=(--ignore-filename-regex '(tests|fuzz|sim|examples|session|request)/|(serialize|timestamp)\.rs')
echo "lines never reached:"
cargo llvm-cov report --text "${report[@]}" | awk '/^\/.*:$/ { file = $0; sub(/.*\/src\//, "src/", file) }
    /^ *[0-9]+\| +0\|/ { print file $0 }'
cargo llvm-cov report --summary-only --fail-under-lines 95 "${report[@]}" |
    awk '$10 ~ /%/ { printf "%-40s %s\n", $1, $10 }'
