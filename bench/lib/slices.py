"""CPU time by interleaved slices: every proxy is up, each round gives each one a slice, in an order
that is shuffled anew. What disturbs the machine then disturbs all of them."""
import os
import random
import statistics
import time

from lib import allocations, instructions, load, processes, ratios, syscalls

GIB = 1 << 30


def measure(bench, workload, variants):
    """Everything that one workload says about the variants that are up, and the counts that are exact."""
    settings, size = bench.settings, bench.settings["bulk_bytes"]
    options = workload.slice(settings["seconds"], size)
    up = [bench.up(variant) for variant in variants]
    measured = rounds(up, options, workload.warm, settings["rounds"], bench.seed,
                      lambda text: bench.note(f"{workload.name}: {text}"))
    result = summary(measured, {proxy.name: proxy.variant.role for proxy in up}, workload.unit, size)
    for proxy in up:
        row = result["proxies"][proxy.name]
        row["memory"] = processes.memory(proxy.pids())
        if workload.exact:
            bench.note(f"{workload.name}: counts of {proxy.name}")
            row["syscalls"] = syscalls.per_request(proxy, workload.load, workload.warm, settings["exact_requests"])
            row["allocations"] = allocations.per_request(
                proxy.variant, bench.origin_port, bench.core, workload.load, workload.warm, settings["exact_requests"])
        if workload.instructions and bench.callgrind:
            row["instructions"] = instructions.per_request(
                proxy.variant, bench.origin_port, bench.core, workload.load, settings["callgrind_requests"])
    return {"rounds": settings["rounds"], **result}


def one(proxy, options, warm):
    """One slice: the load's own numbers and the proxy's CPU time in µs."""
    with proxy.blamed(), load.Gated(proxy.port_for(options), warm=warm, **options) as gated:
        return watched(proxy, gated.go)


def watched(proxy, work):
    """What `work` returns (a dictionary), and the CPU time that the proxy used meanwhile."""
    pids = proxy.pids()
    before, stolen, begun = processes.Cpu.settled(pids), processes.stolen_us(), time.monotonic()
    done = work()
    wall = (time.monotonic() - begun) * 1e6
    after = processes.Cpu.settled(pids)
    return {**done, "cpu_us": after.total - before.total, "user_us": after.user - before.user,
            "system_us": after.system - before.system, "wall_us": wall,
            "stolen_us": processes.stolen_us() - stolen}


def rounds(proxies, options, warm, count, seed, progress, piece=one):
    """{proxy's name: [slice, …]}, a slice per round. `options` may be a function of the proxy."""
    shuffler = random.Random(seed)
    slices = {proxy.name: [] for proxy in proxies}
    def slice_of(proxy):
        return piece(proxy, options(proxy) if callable(options) else options, warm)
    for proxy in proxies:  # caches, connection pools, first growth
        slice_of(proxy)
    for number in range(count):
        progress(f"round {number + 1} of {count}")
        order = list(proxies)
        shuffler.shuffle(order)
        for proxy in order:
            slices[proxy.name].append(slice_of(proxy))
    return slices


def cost(piece, unit, size):
    """CPU µs per request, or CPU seconds per GiB."""
    if unit == "gib":
        return piece["cpu_us"] / 1e6 / (size / GIB)
    return piece["cpu_us"] / max(piece["requests"], 1)


def user_share(pieces):
    """Of the CPU time, as the kernel sampled it over all rounds together."""
    sampled = sum(p["user_us"] + p["system_us"] for p in pieces)
    return sum(p["user_us"] for p in pieces) / sampled if sampled else 0.0


def stolen_share(pieces):
    return sum(p["stolen_us"] for p in pieces) / sum(p["wall_us"] for p in pieces) / (os.cpu_count() or 1)


def summary(slices, roles, unit, size):
    """Per proxy cost with quartiles and what stood beside it; the ratios between them."""
    costs = {name: [cost(piece, unit, size) for piece in pieces] for name, pieces in slices.items()}
    rows = {}
    for name, pieces in slices.items():
        rows[name] = {
            "cost": {**ratios.quartiles(costs[name]), "rounds": costs[name]},
            "user_share": user_share(pieces),
            "busy": statistics.median(p["cpu_us"] / p["wall_us"] for p in pieces),
            "rate": statistics.median(p["rate"] for p in pieces),
            "requests": sum(p["requests"] for p in pieces),
            "stale": sum(p["stale"] for p in pieces),
            "latency_us": {key: statistics.median(p["latency_us"][key] for p in pieces)
                           for key in ("p50", "p90", "p99", "p999")},
        }
    return {"proxies": rows, "stolen": max(map(stolen_share, slices.values())), **ratios.compare(costs, roles)}
