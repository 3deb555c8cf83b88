# One recipe per environment; `just all` is the matrix. Logic lives in `scripts/`, which CI calls as well.

# What there is.
default:
    @just --list --unsorted

# Every environment.
all: stable msrv no-default-features features

# The pinned toolchain: everything `.ci/run` checks.
stable:
    ./.ci/run

# The oldest compiler we promise.
msrv:
    ./scripts/msrv.sh

# All tests without the default features.
no-default-features:
    cargo test --workspace --no-default-features

# Each feature by itself, none and all (cargo-hack).
features:
    ./scripts/features.sh

# What is quick to check before a commit.
check: lint doc deps spell deny

# Formats the code.
fmt:
    cargo fmt --all

# Formatting and clippy, warnings refused.
lint:
    cargo fmt --all --check
    cargo clippy --workspace -- -D warnings
    cargo clippy --workspace --all-targets --all-features -- -D warnings

# The documentation, warnings refused.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features

# All tests, with redis-server and memcached installed if need be.
test:
    ./scripts/test.sh

# All tests; those that need a server may not be skipped.
test-backends:
    EASYCACHE_REQUIRE_BACKENDS=1 ./scripts/test.sh

# Half a minute of trouble on every backend.
chaos:
    ./scripts/chaos.sh

# The model checker on flights and stamps.
models:
    ./scripts/models.sh

# The benchmarks, against peers in the same run.
bench:
    cargo bench --package easycache --features memcached,redis

# The time of a clean build, beside a peer's.
build-time:
    ./scripts/build-time.sh

# Accepts the compiler's present messages in the compile-fail tests: read the diff.
ui:
    TRYBUILD=overwrite cargo test --package easycache-derive --test ui

# Number of dependencies, duplicates.
deps:
    ./scripts/deps.sh

# Licences, advisories and sources of dependencies (cargo-deny).
deny:
    cargo deny check

# Spelling (typos).
spell:
    typos

# Starts redis and memcached in containers and waits until they answer.
up:
    docker compose up --detach --wait

# Stops them.
down:
    docker compose down
