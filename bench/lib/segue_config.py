"""Configurations of segue that are made, not written: thousands of routes or endpoints, features on and off.

They are templates as those in bench/peers/ are; bench/lib/proxies.py fills them.
"""
import dataclasses

HEAD = """workers = {workers}

[listeners.edge]
address = "127.0.0.1:@PORT@"
keep_alive_requests = 1000000
connections_max = 2000
{process}
[log]
level = "warn"
{access}
[admin]
socket = "@DIR@/admin.sock"
"""
POOL = """
[pools.{name}]
endpoints = [{endpoints}]
idle_connections_max = {idle}
idle_timeout = "60s"
{settings}
"""
ROUTE = """
[[routes]]
name = "{name}"
match = {{ path_prefix = "{prefix}" }}
split = {{ {split} }}
{settings}
"""
NO_CHECKS = "health = false\npassive = false"
POOL_MAX = 1000  # endpoints
ORIGIN = '"127.0.0.1:@ORIGIN@"'


@dataclasses.dataclass(frozen=True)
class Case:
    """One configuration of a workload that compares several of them."""
    name: str
    text: str
    load: dict = dataclasses.field(default_factory=dict)  # beside the workload's
    checks: bool = False   # health checks cost something without requests: that is measured and subtracted
    scraped: bool = False  # somebody reads the metrics once a second


def head(workers=1, access=""):
    return HEAD.format(workers=workers, access=access, process="@PROCESS@")


def pool(name="origin", endpoints=ORIGIN, idle=256, settings=NO_CHECKS):
    return POOL.format(name=name, endpoints=endpoints, idle=idle, settings=settings)


def route(name="all", prefix="/", split="origin = 100", settings=""):
    return ROUTE.format(name=name, prefix=prefix, split=split, settings=settings)


def many_routes(count, split="origin = 100"):
    return "".join(route(f"r{i}", f"/r{i}", split) for i in range(count)) + route("rest", "/", split)


def routes(count):
    return Case(f"{count} routes" if count > 1 else "1 route", head() + pool() + many_routes(count),
                {"path": "/r*/1024", "spread": count})


def endpoints(count):
    """Addresses of the one origin, which listens on all of 127.0.0.0/8; a pool has at most 1000, so that more are
    several pools with equal weights."""
    addresses = [f'"127.1.{i // 200}.{i % 200 + 1}:@ORIGIN@"' for i in range(count)]
    pools = [addresses[i:i + POOL_MAX] for i in range(0, count, POOL_MAX)]
    # What 64 requests at once need, however many endpoints share them, and within 20 000 descriptors.
    idle = 64 if count <= 100 else 2
    made = "".join(pool(f"p{i}", ", ".join(part), idle, "") for i, part in enumerate(pools))
    split = ", ".join(f"p{i} = 100" for i in range(len(pools)))
    return Case(f"{count} endpoints", head() + made + route(split=split), checks=True)


FEATURES = [
    Case("everything off", head() + pool() + route()),
    Case("everything on",
         head(access='[log.access]\nfile = "@DIR@/access.log"') + pool(settings="") + route(settings='cohort = "cookie:session"'),
         checks=True, scraped=True),
]
CASES = {
    "routes": [routes(1), routes(100), routes(10_000)],
    "endpoints": [endpoints(2), endpoints(100), endpoints(5000)],
    "features": FEATURES,
}


def two_pools(workers):
    """What weights are moved between."""
    return head(workers) + pool("old") + pool("new") + route(split="old = 50, new = 50")


def reloadable(workers, weight):
    """10 000 routes whose weights tell one version from another."""
    return head(workers) + pool("old") + pool("new") + many_routes(10_000, f"old = {weight}, new = {100 - weight}")
