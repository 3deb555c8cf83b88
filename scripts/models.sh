#!/usr/bin/env bash
# Model checking: the flight and stamp tables with the checker's locks and atomics in place of the real ones.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The flag rebuilds every crate; a directory of its own leaves the ordinary build alone.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/shuttle"
export RUSTFLAGS="${RUSTFLAGS:-} --cfg shuttle"
cargo test -p easycache-core --test models --release
