"""The time of a tagged hit of Python's easy_cache on Redis, for benches/redis.rs.

    python3 easy_cache_hit.py PORT

For each line on its input, a number of calls, it answers with the nanoseconds per call.
"""

import sys
import time
from importlib.metadata import version

KEYS = 64

try:
    import easy_cache
    import redis
    from easy_cache import ecached
    from easy_cache.contrib.redis_cache import RedisCacheInstance
except ImportError as error:
    print(f"{error}; pip install -r benches/python/requirements.txt", flush=True)
    sys.exit(0)


def main(port):
    client = redis.Redis(host="127.0.0.1", port=port)
    easy_cache.set_global_cache_instance(RedisCacheInstance(client, prefix="python"))

    @ecached("user:{id}", 3600, tags=["users", "team:{team}"], prefix="tenant:{tenant}")
    def load(tenant, team, id):
        return {"id": id, "team": team + tenant}

    for id in range(KEYS):
        load(1, 2, id)
    peers = ["easy-cache", "redis"]
    versions = ", ".join(f"{peer} {version(peer)}" for peer in peers)
    print(f"ready: {versions} on Python {sys.version.split()[0]}", flush=True)
    for line in sys.stdin:
        calls = int(line)
        start = time.perf_counter_ns()
        for at in range(calls):
            load(1, 2, at % KEYS)
        print((time.perf_counter_ns() - start) / calls, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
