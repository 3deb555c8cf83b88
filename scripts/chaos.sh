#!/usr/bin/env bash
# Half a minute of mixed load on every backend, in memory and on servers, which fails a fifth of the time and is late a fifth
# of the time: side by side, for most of it is waiting.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Built as all other tests are, so that nothing is compiled twice.
chaos() {
    cargo test --workspace --all-features --test "$1" "${@:2}"
}

for suite in chaos faults memcached; do
    chaos "$suite" --no-run
done
running=()
for suite in chaos faults memcached; do
    chaos "$suite" -- --ignored --nocapture nor_for_half_a_minute &
    running+=($!)
done
for one in "${running[@]}"; do
    wait "$one"
done
