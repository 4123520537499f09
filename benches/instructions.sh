#!/usr/bin/env bash
# Instructions a byte, by valgrind: benches/instructions.sh [INPUT…] (default: compact pretty heartbeats).
# They do not depend on what else the machine does. BYTES sets the streams' size (default 1 MiB).
set -euo pipefail
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || { echo "valgrind is absent" >&2; exit 1; }

inputs=("$@")
[ ${#inputs[@]} -gt 0 ] || inputs=(compact pretty heartbeats)
parsers=(ews-stream ews-stream/16384 ews-stream/1460 ews-stream/64 ews-stream/1
    "quick-xml NsReader" "quick-xml Reader" xmlparser "memchr <")
: "${BYTES:=1048576}"

program=$(cargo bench --bench instructions --no-run 2>&1 | sed -n 's/.*Executable.*(\(.*\))$/\1/p')

# of one parser over one input so many times, and of all that is around it
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" "$BYTES" "$3" 2>&1 |
        sed -n 's/^bytes //p; s/.*Collected : //p'
}

# what two rounds more cost, without what is around them
a_byte() {
    { instructions "$1" "$2" 1 && instructions "$1" "$2" 3; } | paste -s |
        awk '{ printf " %.2f |", ($4 - $2) / 2 / $1 }'
}

echo "| instructions a byte |$(printf ' %s |' "${inputs[@]}")"
echo "|---|$(printf -- '---:|%.0s' "${inputs[@]}")"
for parser in "${parsers[@]}"; do
    printf '| %s |' "$parser"
    for input in "${inputs[@]}"; do a_byte "$input" "$parser"; done
    echo
done
