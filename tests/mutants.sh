#!/usr/bin/env bash
# Changes the library one place at a time and looks whether the tests notice: `tests/mutants.sh [FILE-GLOB ...]`.
# All changes in one build (tests/mutation), half an hour on two cores; then `tests/mutants.sh --survivors --slow`, and with
# `--slowest`, for what got by the quick tests. Those that no test can notice are in tests/mutation/survivors.txt, with the
# reason; it fails when more than 2 % of the others get by.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v cargo-mutants >/dev/null || cargo install --locked cargo-mutants
exec nice -n 19 cargo run --release --quiet --manifest-path tests/mutation/Cargo.toml -- "$@"
