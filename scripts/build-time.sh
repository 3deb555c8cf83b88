#!/usr/bin/env bash
# How long a clean build of a crate takes that depends on easycache with its defaults, beside one that depends on
# `cached` 4 with its: three builds of each, in turn, the medians and their ratio. Needs network or a warm cargo cache.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A crate that depends on nothing but what is measured.
crate() {
    mkdir -p "$work/$1/src"
    printf '[package]\nname = "with-%s"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\n%s\n[workspace]\n' "$1" "$2" >"$work/$1/Cargo.toml"
    echo "fn main() {}" >"$work/$1/src/main.rs"
    cargo fetch --quiet --manifest-path "$work/$1/Cargo.toml"
}

# Milliseconds of one clean build.
build() {
    rm -rf "$work/target"
    local start end
    start=$(date +%s%N)
    CARGO_TARGET_DIR="$work/target" cargo build --quiet --offline --manifest-path "$work/$1/Cargo.toml"
    end=$(date +%s%N)
    echo $(((end - start) / 1000000))
}

median() {
    sort -n | sed -n 2p
}

crate easycache "easycache = { path = \"$root\" }"
crate cached 'cached = "4"'
for _ in 1 2 3; do
    build easycache >>"$work/easycache.ms"
    build cached >>"$work/cached.ms"
done
ours=$(median <"$work/easycache.ms")
peer=$(median <"$work/cached.ms")
echo "clean build: easycache $ours ms, cached 4 $peer ms, ratio $((ours * 100 / peer)) % (at most 150 %)"
