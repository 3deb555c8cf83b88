#!/usr/bin/env bash
# Lints every feature by itself, no feature and all of them; without cargo-hack just the last two.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if command -v cargo-hack >/dev/null; then
    cargo hack clippy --workspace --each-feature -- -D warnings
else
    echo "without cargo-hack (cargo install cargo-hack) single features are not checked" >&2
    cargo clippy --workspace --no-default-features -- -D warnings
    cargo clippy --workspace --all-features -- -D warnings
fi
