"""What a request costs as the configuration grows: the same load on several configurations of segue, in
interleaved slices, and the growth over the first of them.

Health checks go on whether there are requests or not. Where they run, each slice of load follows one without,
as long, and its CPU time is subtracted; it stands beside the result.
"""
import contextlib
import dataclasses
import statistics
import time

from lib import ratios, sandbox, segue_config, slices
from lib.admin import Admin, Every
from lib.proxies import Proxy

SCRAPE_SECONDS = 1.0


def measure(bench, workload, variants):
    if workload.name == "endpoints" and not sandbox.is_private():
        raise RuntimeError("the workload endpoints needs a private network namespace, because its origin listens on "
                           "every address: run as root, or leave it out with --workloads")
    cases = segue_config.CASES[workload.name]
    by_name = {case.name: case for case in cases}
    seconds = bench.settings["seconds"]

    def piece(proxy, options, warm):
        return one(by_name[proxy.name], proxy, options, warm, seconds)

    with contextlib.ExitStack() as stack:
        up = [stack.enter_context(Proxy(dataclasses.replace(variants[0], name=case.name, text=case.text),
                                        bench.origin_port, bench.core)) for case in cases]
        pieces = slices.rounds(up, lambda proxy: {**workload.load, **by_name[proxy.name].load, "seconds": seconds},
                               workload.warm, bench.settings["rounds"], bench.seed,
                               lambda text: bench.note(f"{workload.name}: {text}"), piece)
    return {"rounds": bench.settings["rounds"], "subtracted": any(case.checks and not case.scraped for case in cases),
            "proxies": compared(pieces, cases[0].name), "stolen": max(map(slices.stolen_share, pieces.values()))}


def one(case, proxy, options, warm, seconds):
    idle = {"cpu_us": 0.0}
    with contextlib.ExitStack() as stack:
        if case.scraped:
            admin = Admin(proxy.admin_socket)
            stack.callback(admin.close)
            stack.enter_context(Every(SCRAPE_SECONDS, lambda _: admin.ask("GET", "/metrics")))
        elif case.checks:
            idle = slices.watched(proxy, lambda: time.sleep(seconds) or {})
        done = slices.one(proxy, options, warm)
    return {**done, "idle_cpu_us": idle["cpu_us"], "cpu_us": max(0.0, done["cpu_us"] - idle["cpu_us"])}


def compared(pieces, first):
    costs = {name: [slices.cost(p, "request", 0) for p in rounds] for name, rounds in pieces.items()}
    return {name: {
        "cost": {**ratios.quartiles(costs[name]), "rounds": costs[name]},
        "growth": ratios.over(costs[name], costs[first]),
        "user_share": slices.user_share(rounds),
        "busy": statistics.median(p["cpu_us"] / p["wall_us"] for p in rounds),
        "idle_busy": statistics.median(p["idle_cpu_us"] / p["wall_us"] for p in rounds),
        "rate": statistics.median(p["rate"] for p in rounds),
        "stale": sum(p["stale"] for p in rounds),
    } for name, rounds in pieces.items()}
