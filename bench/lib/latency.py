"""What each proxy adds to the latency of a request: asked in turn by one client, with the origin itself among
the targets as the baseline. bench/pace.cc has how.

Client, origin and proxies all run under SCHED_FIFO where that is permitted, so that nobody waits for a stranger
and p99 is the proxy's.
"""
import statistics

from lib import load, ratios, scheduling

DIRECT = "direct"
KEYS = ("p50", "p99", "p999")


def measure(bench, workload, variants):
    up = [bench.up(variant) for variant in variants]
    targets = {DIRECT: bench.origin_port, **{proxy.name: proxy.port for proxy in up}}
    pids = [bench.origin_pid, *(pid for proxy in up for pid in proxy.pids())]
    rounds = []
    with scheduling.all_first_in_line(pids):
        for number in range(bench.settings["rounds"]):
            bench.note(f"{workload.name}: round {number + 1} of {bench.settings['rounds']}")
            rounds.append(load.pace(targets, seconds=bench.settings["latency_seconds"], seed=bench.seed + number,
                                    **workload.load))
    rows = {name: row(name, rounds) for name in targets}
    peers = [variant.name for variant in variants if variant.role == "peer"]
    subject = next((variant.name for variant in variants if variant.role == "subject"), None)
    result = {"rounds": len(rounds), "scheduler": rounds[0]["scheduler"], "proxies": rows}
    if subject and peers:
        # The best peer of each percentile.
        result["to_best_peer"] = {key: rows[subject]["added_us"][key]["median"] /
                                  max(0.1, min(rows[peer]["added_us"][key]["median"] for peer in peers)) for key in KEYS}
    return result


def row(name, rounds):
    own = [each["targets"][name] for each in rounds]
    direct = [each["targets"][DIRECT] for each in rounds]
    return {"requests": sum(each["requests"] for each in own),
            "latency_us": {key: statistics.median(each[key] for each in own) for key in (*KEYS, "max")},
            "added_us": {key: ratios.quartiles([mine[key] - base[key] for mine, base in zip(own, direct)])
                         for key in KEYS}}
