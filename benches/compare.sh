#!/usr/bin/env bash
# This crate beside expat, libxml2, pugixml, RapidXml, quick-xml, xmlparser and exchangelib, in one run on the same bytes:
# `benches/compare.sh [--quick]`. Prints the tables of benches/README.md and draws docs/speed.svg. Needs Debian's
# libexpat1-dev libxml2-dev libpugixml-dev librapidxml-dev pkg-config, a C and C++ compiler, and Python 3.
set -euo pipefail
cd "$(dirname "$0")/.."
place=${CARGO_TARGET_DIR:-$PWD/target}/compare
mkdir -p "$place"
if [ ! -x "$place/python/bin/python" ]; then python3 -m venv "$place/python"; fi
"$place/python/bin/pip" install --quiet --disable-pip-version-check -r benches/python/requirements.txt
cargo build --quiet --release --manifest-path benches/native/Cargo.toml --target-dir "$place/target"
"$place/target/release/ews-stream-native" "$@" --python "$place/python/bin/python" --points "$place/points.tsv"
python3 benches/python/plot.py "$place/points.tsv" >docs/speed.svg
