#!/usr/bin/env bash
# Model checking: the cache with the checker's locks and atomics in place of the real ones. In a release build it takes
# a minute, most of which is the build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The flag rebuilds every crate; a directory of its own leaves the ordinary build alone.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/shuttle"
export RUSTFLAGS="${RUSTFLAGS:-} --cfg shuttle"
export SHUTTLE_SILENCE_WARNINGS=1
cargo test -p easycache-core --release --lib models
cargo test -p easycache-core --release --test models
