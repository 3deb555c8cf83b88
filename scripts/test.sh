#!/usr/bin/env bash
# Every test there is, on a machine with no more than a Rust toolchain.
#
# Tests against a server say why they are skipped when its binary is missing. With EASYCACHE_REQUIRE_BACKENDS=1 they
# fail instead; that is set here as soon as all binaries are there, so that a skip can not pass for a success.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ./scripts/install-backends.sh; then
    export EASYCACHE_REQUIRE_BACKENDS=1
elif [ "${EASYCACHE_REQUIRE_BACKENDS:-}" = 1 ]; then
    echo "EASYCACHE_REQUIRE_BACKENDS=1, and something that the tests start is missing" >&2
    exit 1
else
    echo "going on without what is missing: tests that need it are skipped" >&2
fi

# Most tests wait for a server, or for time to pass: they do so side by side, however few cores there are.
export RUST_TEST_THREADS="${RUST_TEST_THREADS:-4}"

# Unit, integration and documentation tests; the examples are built. With all features: they add to the rest and change
# nothing of it, so that everything is compiled once.
cargo test --workspace --all-features --no-fail-fast
# `--all-targets` would run the benchmarks; to know that they build is enough.
cargo test --workspace --all-features --benches --no-run

./scripts/chaos.sh
./scripts/models.sh
