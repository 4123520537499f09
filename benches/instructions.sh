#!/usr/bin/env bash
# Instructions a byte, by valgrind: benches/instructions.sh [INPUT…] (default: compact pretty heartbeats).
# They do not depend on what else the machine does. BYTES sets the streams' size (default 1 MiB), FEATURES the crate's features.
# benches/instructions.sh --check: whether ours are below the ceilings in ceilings.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || { echo "valgrind is absent: instructions were not counted" >&2; exit 3; }

parsers=(ews-stream ews-stream/16384 ews-stream/1460 ews-stream/64 ews-stream/1
    "quick-xml NsReader" "quick-xml NsReader, checking" "quick-xml Reader" "quick-xml Reader, checking" xmlparser
    "memchr <" from_utf8)
: "${BYTES:=1048576}"

place=${CARGO_TARGET_DIR:-target}/instructions
program=$place/release/ews-stream-instructions

build() {
    cargo build --quiet --release --manifest-path benches/instructions/Cargo.toml --target-dir "$place" --features "$1"
}

# of one parser over one input so many times, and of all that is around it
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" "$BYTES" "$3" 2>&1 |
        sed -n 's/^bytes //p; s/.*Collected : //p'
}

# what two rounds more cost, without what is around them
a_byte() {
    { instructions "$1" "$2" 1 && instructions "$1" "$2" 3; } | paste -s | awk '{ printf "%.2f", ($4 - $2) / 2 / $1 }'
}

if [ "${1:-}" = --check ]; then
    failed=0
    BYTES=8388608
    for features in "" simdutf8; do
        if [ -n "$features" ] && ! grep -qw avx2 /proc/cpuinfo; then
            echo "$features: another number without AVX2, not counted"
            continue
        fi
        build "$features"
        while read -r input plain simd; do
            ceiling=${features:+$simd}
            ceiling=${ceiling:-$plain}
            found=$(a_byte "$input" ews-stream)
            echo "$input${features:+, $features}: $found instructions a byte, at most $ceiling"
            if awk "BEGIN { exit !($found > $ceiling) }"; then failed=1; fi
        done < <(grep -v '^#' benches/ceilings.txt)
    done
    exit $failed
fi

build "${FEATURES:-}"

inputs=("$@")
[ ${#inputs[@]} -gt 0 ] || inputs=(compact pretty heartbeats)
echo "| instructions a byte |$(printf ' %s |' "${inputs[@]}")"
echo "|---|$(printf -- '---:|%.0s' "${inputs[@]}")"
for parser in "${parsers[@]}"; do
    printf '| %s |' "$parser"
    for input in "${inputs[@]}"; do printf ' %s |' "$(a_byte "$input" "$parser")"; done
    echo
done
