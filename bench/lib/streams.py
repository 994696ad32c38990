"""Connections that stay and carry little: memory per connection and CPU per message, of a fresh process for each
round, in an order that is shuffled anew."""
import random
import statistics
import time

from lib import load, processes, ratios, slices
from lib.proxies import Proxy


def measure(bench, workload, variants):
    wanted = bench.settings["websockets" if workload.unit == "message" else "event_streams"]
    count = processes.descriptors_for(wanted, 2)  # one to the client, one to the origin
    pieces = {variant.name: [] for variant in variants}
    shuffler = random.Random(bench.seed)
    total = bench.settings["stream_rounds"]
    for number in range(total):
        for variant in shuffler.sample(variants, len(variants)):
            bench.note(f"{workload.name}: round {number + 1} of {total}, {variant.name}")
            pieces[variant.name].append(one(bench, workload, variant, count))
    costs = {name: [piece["cpu_us"] / max(piece["requests"], 1) for piece in own] for name, own in pieces.items()}
    rows = {name: {"cost": {**ratios.quartiles(costs[name]), "rounds": costs[name]},
                   "bytes": ratios.quartiles([piece["bytes"] for piece in own]),
                   "messages": sum(piece["requests"] for piece in own),
                   "user_share": slices.user_share(own),
                   "latency_us": {key: statistics.median(piece["latency_us"][key] for piece in own)
                                  for key in ("p50", "p99")}}
            for name, own in pieces.items()}
    return {"rounds": total, "connections": count, "proxies": rows,
            "stolen": max(map(slices.stolen_share, pieces.values())),
            **ratios.compare(costs, {variant.name: variant.role for variant in variants})}


def one(bench, workload, variant, count):
    with Proxy(variant, bench.origin_port, bench.core) as proxy:
        before = processes.memory(proxy.pids())
        with proxy.blamed(), load.Gated(proxy.port, program="streams", warm=count, connections=count,
                        seconds=bench.settings["stream_seconds"], **workload.load) as gated:
            time.sleep(bench.settings["settle_seconds"])
            after = processes.memory(proxy.pids())
            done = slices.watched(proxy, gated.go)
    return {**done, "bytes": (after["private"] - before["private"]) / count}
