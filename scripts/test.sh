#!/usr/bin/env bash
# Every test there is, on a machine with no more than a Rust toolchain.
#
# Tests against a server say why they are skipped when its binary is missing. With EASYCACHE_REQUIRE_BACKENDS=1 they
# fail instead; that is set here as soon as both binaries are there, so that a skip can not pass for a success.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ./scripts/install-backends.sh; then
    export EASYCACHE_REQUIRE_BACKENDS=1
elif [ "${EASYCACHE_REQUIRE_BACKENDS:-}" = 1 ]; then
    echo "EASYCACHE_REQUIRE_BACKENDS=1, and redis-server or memcached is missing" >&2
    exit 1
else
    echo "going on without redis-server and memcached: tests that need them are skipped" >&2
fi

# Unit, integration and documentation tests; the examples are built.
cargo test --workspace --no-fail-fast
# What only the features have: backends, codecs, compression.
cargo test --package easycache --package easycache-core --all-features --no-fail-fast --lib --test redis --test web
# Encrypted connections are a feature.
cargo test --package easycache-redis --features rustls --test redis tls
# `--all-targets` would run the benchmarks; to know that they build is enough.
cargo test --workspace --all-features --benches --no-run

./scripts/models.sh
