#!/usr/bin/env bash
# Breaks the cache on purpose, one rule at a time, and expects the tests to notice.
#
#   scripts/mutants.sh                 every mutant
#   scripts/mutants.sh GROUP...        those of scripts/mutants/GROUP: local (a cache in process), redis,
#                                      memcached (on a server), near (in front of Redis)
#   scripts/mutants.sh GROUP/NAME...   just these
#   scripts/mutants.sh --all ...       the same, with every suite
#
# Each is a patch, applied to a copy of the workspace. The table says how many tests of which suite fail; those behind
# the first that has noticed are not run, unless they are asked for. Fails if a mutant survives all suites of its group,
# or does not apply; and if a test fails where nothing is broken.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly root=$PWD
# A test that hangs has noticed, too.
readonly limit=120
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/mutants"
# A mutant that goes unnoticed because the server is missing has not survived. Tests that wait in vain do so side by side.
export RUST_BACKTRACE=0 SHUTTLE_SILENCE_WARNINGS=1 EASYCACHE_REQUIRE_BACKENDS=1 RUST_TEST_THREADS=8
# Nobody looks at where it has panicked, and it is built quicker so.
export CARGO_PROFILE_DEV_DEBUG=0
all=

# The suites of a group, the most telling ones first.
suites() {
    case $1 in
        local) echo tests models ;;
        redis) echo races contract caches units ;;
        memcached) echo server races contract ;;
        near) echo near watch ;;
        *) echo "there is no group $1" >&2; return 1 ;;
    esac
}

# How many tests of that suite fail.
suite() {
    case $1/$2 in
        local/tests) failures -p easycache-core --test races --test local --test late --test inside ;;
        local/models)
            RUSTFLAGS="${RUSTFLAGS:-} --cfg shuttle" CARGO_TARGET_DIR="$CARGO_TARGET_DIR/shuttle" \
                failures -p easycache-core --release --lib --test models
            ;;
        redis/units) failures -p easycache-core -p easycache-redis --lib ;;
        redis/caches) failures -p easycache-core --test remote --test late ;;
        redis/races) failures -p easycache-redis --test races ;;
        memcached/server) failures -p easycache-memcached --test memcached ;;
        memcached/races) failures -p easycache-memcached --test races ;;
        memcached/contract) failures -p easycache-memcached --test conformance --test round_trips ;;
        near/near) failures -p easycache-redis --test near ;;
        near/watch) failures -p easycache-redis --test redis watch:: ;;
        redis/contract) failures -p easycache-redis --test conformance --test round_trips ;;
    esac
}

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

# Runs the suites of a group in the tree, prints a row of the table, and says by its status whether a test has failed.
row() {
    local group=$1 name=$2 suite count noticed=1
    printf '%-50s' "$name"
    for suite in $(suites "$group"); do
        if [ $noticed -eq 0 ] && [ -z "$all" ]; then
            printf ' %10s' -
            continue
        fi
        count=$(cd "$copy/tree" && suite "$group" "$suite")
        printf ' %10s' "$count"
        case $count in
            0) ;;
            "does not compile") noticed=1; break ;;
            *) noticed=0 ;;
        esac
    done
    echo
    return $noticed
}

# As it is now: one can go on working meanwhile.
mkdir "$copy/tree"
git ls-files -z | xargs -0 cp --parents -t "$copy/tree"

total=0
survivors=0
mutant() {
    local group=$1 name=$2
    local change=$root/scripts/mutants/$group/$name.patch noticed=1
    total=$((total + 1))
    if ! patch --quiet --directory "$copy/tree" --strip 1 --dry-run <"$change" >/dev/null; then
        echo "$name does not apply" >&2
    else
        local changed
        mapfile -t changed < <(sed -n 's|^+++ b/||p' "$change")
        rm -rf "$copy/before" && mkdir "$copy/before"
        (cd "$copy/tree" && cp --parents -t "$copy/before" "${changed[@]}")
        patch --quiet --directory "$copy/tree" --strip 1 <"$change"
        if row "$group" "$name"; then noticed=0; fi
        # Only what has changed is built again. A reversed patch may fit in another place.
        cp -r "$copy/before/." "$copy/tree"
    fi
    survivors=$((survivors + noticed))
}

# Those of a group: all of them, or the named ones.
group() {
    local group=$1 name
    shift
    printf '%-50s' "$group"
    # shellcheck disable=SC2046 # one word for each suite
    printf ' %10s' $(suites "$group")
    echo
    if row "$group" "(nothing is broken)"; then
        echo "a test fails where nothing is broken" >&2
        exit 1
    fi
    if [ $# -eq 0 ]; then
        for name in scripts/mutants/"$group"/*.patch; do mutant "$group" "$(basename "$name" .patch)"; done
    else
        for name; do mutant "$group" "$name"; done
    fi
}

if [ "${1:-}" = --all ]; then
    all=1
    shift
fi
[ $# -gt 0 ] || set -- local redis memcached near
for group in local redis memcached near; do
    names=()
    wanted=
    for arg; do
        case $arg in
            "$group") wanted=1 ;;
            "$group"/*) names+=("${arg#*/}") ;;
            local | redis | memcached | near | local/* | redis/* | memcached/* | near/*) ;;
            *) echo "there is no group $arg" >&2; exit 1 ;;
        esac
    done
    if [ -n "$wanted" ]; then
        group "$group"
    elif [ ${#names[@]} -gt 0 ]; then
        group "$group" "${names[@]}"
    fi
done

echo "$survivors of $total survive"
[ "$survivors" -eq 0 ]
