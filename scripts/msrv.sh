#!/usr/bin/env bash
# Builds the workspace with the oldest compiler it promises: `rust-version` in Cargo.toml.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

msrv=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
rustup toolchain install "$msrv" --profile minimal --no-self-update
# Libraries only: the development dependencies may ask for a newer compiler.
cargo "+$msrv" check --workspace --all-features
