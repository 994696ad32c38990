"""CPU time by interleaved slices: every proxy is up, each round gives each one a slice, in an order
that is shuffled anew. What disturbs the machine then disturbs all of them."""
import os
import random
import statistics
import time

from lib import load, processes
from lib.workloads import GIB


def one(proxy, options, warm):
    """One slice: the load's own numbers and the proxy's CPU time in µs."""
    with load.Gated(proxy.port_for(options), warm=warm, **options) as gated:
        pids = proxy.pids()
        before, stolen, begun = processes.Cpu.settled(pids), processes.stolen_us(), time.monotonic()
        done = gated.go()
        wall = (time.monotonic() - begun) * 1e6
        after = processes.Cpu.settled(pids)
        return {**done, "cpu_us": after.total - before.total, "user_us": after.user - before.user,
                "system_us": after.system - before.system, "wall_us": wall,
                "stolen_us": processes.stolen_us() - stolen}


def rounds(proxies, options, warm, count, seed, progress):
    """{proxy's name: [slice, …]}, a slice per round."""
    shuffler = random.Random(seed)
    slices = {proxy.name: [] for proxy in proxies}
    for proxy in proxies:  # caches, connection pools, first growth
        one(proxy, options, warm)
    for number in range(count):
        progress(f"round {number + 1} of {count}")
        order = list(proxies)
        shuffler.shuffle(order)
        for proxy in order:
            slices[proxy.name].append(one(proxy, options, warm))
    return slices


def quartiles(values):
    """{median, q1, q3}; all the same for a single value."""
    if len(values) < 2:
        return {"median": values[0], "q1": values[0], "q3": values[0]}
    q1, median, q3 = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": median, "q1": q1, "q3": q3}


def cost(piece, unit, size):
    """CPU µs per request, or CPU seconds per GiB."""
    if unit == "gib":
        return piece["cpu_us"] / 1e6 / (size / GIB)
    return piece["cpu_us"] / piece["requests"]


def summary(slices, reference, unit, size):
    """Per proxy: cost with quartiles, its ratio to the reference's in the same round, and what stood beside it."""
    costs = {name: [cost(piece, unit, size) for piece in pieces] for name, pieces in slices.items()}
    result = {}
    for name, pieces in slices.items():
        sampled = sum(p["user_us"] + p["system_us"] for p in pieces)
        user = sum(p["user_us"] for p in pieces) / sampled if sampled else 0.0
        result[name] = {
            "cost": {**quartiles(costs[name]), "rounds": costs[name]},
            "ratio": quartiles([own / base for own, base in zip(costs[name], costs[reference])]),
            "user_share": user,
            "busy": statistics.median(p["cpu_us"] / p["wall_us"] for p in pieces),
            "stolen": sum(p["stolen_us"] for p in pieces) / sum(p["wall_us"] for p in pieces) / (os.cpu_count() or 1),
            "rate": statistics.median(p["rate"] for p in pieces),
            "requests": sum(p["requests"] for p in pieces),
            "stale": sum(p["stale"] for p in pieces),
            "latency_us": {key: statistics.median(p["latency_us"][key] for p in pieces)
                           for key in ("p50", "p90", "p99", "p999")},
        }
    return result
