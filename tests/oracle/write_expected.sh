#!/usr/bin/env bash
# Writes corpus/expected/ anew: what the independent reference says of every body of the corpus.
set -euo pipefail
cd "$(dirname "$0")/../../corpus"
rm -rf expected
find captures samples documentation made -type f \( -name '*.body' -o -name '*.xml' -o -name '*.html' -o -name '*.txt' \
    -o -name '*.json' \) ! -name '*.http.json' | sort | while read -r body; do
    mkdir -p "expected/$(dirname "$body")"
    python3 ../tests/oracle/ews_oracle.py --expected "$body" >"expected/$body.jsonl"
done
