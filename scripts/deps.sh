#!/usr/bin/env bash
# The dependencies of the default build: few, and none of them twice.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly limit=40

# ` (*)` marks a crate that was listed before.
crates=$(cargo tree --locked -p easycache -e normal --prefix none | sed 's/ (\*)$//' | sort -u)
count=$(wc -l <<<"$crates" | tr -d ' ')
echo "crates in the default build: $count, at most $limit"
if [ "$count" -gt "$limit" ]; then
    echo "$crates" >&2
    echo "too many crates in the default build: drop one, or move it behind a feature" >&2
    exit 1
fi

duplicates=$(cargo tree --locked --quiet -p easycache -e normal --duplicates)
if [ -n "$duplicates" ]; then
    echo "$duplicates" >&2
    echo "crates that are built more than once, and who asks for them: see above" >&2
    exit 1
fi
