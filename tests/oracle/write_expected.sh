#!/usr/bin/env bash
# Writes corpus/expected/ anew: what the independent reference says of every body of the corpus. It is made aside, and only
# what differs is moved into place, so that the folder is whole at any moment.
set -euo pipefail
cd "$(dirname "$0")/../../corpus"
aside=$(mktemp -d)
trap 'rm -rf "$aside"' EXIT
find captures samples documentation made -type f \( -name '*.body' -o -name '*.xml' -o -name '*.html' -o -name '*.txt' \) |
    sort | while read -r body; do
    mkdir -p "$aside/$(dirname "$body")"
    python3 ../tests/oracle/ews_oracle.py --expected "$body" >"$aside/$body.jsonl"
done
(cd "$aside" && find . -type f) | while read -r file; do
    if ! cmp -s "$aside/$file" "expected/$file"; then
        mkdir -p "expected/$(dirname "$file")"
        cp "$aside/$file" "expected/$file.new" && mv "expected/$file.new" "expected/$file"
    fi
done
find expected -type f | while read -r file; do
    [ -e "$aside/${file#expected/}" ] || rm "$file"
done
