#!/usr/bin/env bash
# Breaks the cache on purpose, one rule at a time, and expects the tests to notice.
#
#   scripts/mutants.sh            every mutant
#   scripts/mutants.sh NAME...    those of scripts/mutants
#
# Each is a patch, applied to a copy of the workspace. The table says how many tests fail: of the tests with controlled
# interleavings, and of the models. Fails if a mutant survives both, or does not apply.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly root=$PWD
# A test that hangs has noticed, too.
readonly limit=120
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/mutants"
export RUST_BACKTRACE=0 SHUTTLE_SILENCE_WARNINGS=1

# Prints how many tests fail, 0 if all pass.
failures() {
    local log=$copy/log status=0
    # Built first, so that the limit is for the tests alone, and a mutant that does not compile is not taken for dead.
    cargo test --quiet --no-run "$@" >"$log" 2>&1 || { tail -20 "$log" >&2; echo "does not compile"; return; }
    timeout "$limit" cargo test --quiet --no-fail-fast "$@" -- --skip a_million >"$log" 2>&1 || status=$?
    if [ "$status" -eq 124 ]; then
        echo hangs
    elif [ "$status" -eq 0 ]; then
        echo 0
    else
        local count
        count=$(sed -n 's/^test result: FAILED.* \([0-9]*\) failed;.*/\1/p' "$log" | paste -sd+ - | bc)
        echo "${count:-aborts}"
    fi
}

names=("$@")
if [ $# -eq 0 ]; then
    for patch in scripts/mutants/*.patch; do names+=("$(basename "$patch" .patch)"); done
fi

# As it is now: one can go on working meanwhile.
mkdir "$copy/base"
git ls-files -z | xargs -0 cp --parents -t "$copy/base"

survivors=0
printf '%-45s %10s %10s\n' mutant tests models
for name in "${names[@]}"; do
    rm -rf "$copy/tree" && cp -r "$copy/base" "$copy/tree"
    (
        cd "$copy/tree"
        patch --quiet --strip 1 <"$root/scripts/mutants/$name.patch" || { echo "$name does not apply" >&2; exit 1; }
        tests=$(failures -p easycache-core --test races --test local)
        export RUSTFLAGS="${RUSTFLAGS:-} --cfg shuttle" CARGO_TARGET_DIR="$CARGO_TARGET_DIR/shuttle"
        models=$(failures -p easycache-core --release --lib --test models)
        printf '%-45s %10s %10s\n' "$name" "$tests" "$models"
        [ "$tests" != "does not compile" ] && [ "$tests$models" != 00 ]
    ) || survivors=$((survivors + 1))
done

echo "$survivors of ${#names[@]} survive"
[ "$survivors" -eq 0 ]
