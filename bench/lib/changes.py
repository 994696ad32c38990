"""What changes at run time cost those who make requests meanwhile, and how long the operator waits.

Slices of full load with and without changes take turns. segue has several workers and all cores, as in life;
a change is answered once it is published, and holds for every request that begins after that, in every worker: the
time to its answer is the time until it is true.
"""
import dataclasses
import os
import random
import statistics
import threading

from lib import ratios, scheduling, segue_config, slices
from lib.admin import Admin, Every
from lib.proxies import Proxy

WORKERS = max(2, min(4, os.cpu_count() or 1))
WEIGHTS_PER_SECOND = 100
RELOAD_PAUSE_SECONDS = 0.2  # between the beginnings of two reloads
LATENCIES = ("p50", "p99", "p999", "max")


def measure(bench, workload, variants):
    text, make = {"weights": (segue_config.two_pools(WORKERS), weights),
                  "reload": (segue_config.reloadable(WORKERS, 50), reloads)}[workload.name]
    options = {**workload.load, "seconds": bench.settings["change_seconds"]}
    if workload.name == "reload":
        options.update(path="/r*/1024", spread=10_000)
    pieces, took = {"without": [], "with": []}, []
    shuffler = random.Random(bench.seed)
    variant = dataclasses.replace(variants[0], name=workload.name, text=text)
    with Proxy(variant, bench.origin_port, None) as proxy:
        admin = Admin(proxy.admin_socket)
        slices.one(proxy, options, workload.warm)
        for number in range(bench.settings["rounds"]):
            bench.note(f"{workload.name}: round {number + 1} of {bench.settings['rounds']}")
            for name in shuffler.sample(sorted(pieces), 2):
                if name == "with":
                    with Every(*make(proxy, admin), prepare=prepare) as changes:
                        pieces[name].append(slices.one(proxy, options, workload.warm))
                    took += changes.took
                else:
                    pieces[name].append(slices.one(proxy, options, workload.warm))
        admin.close()
    return {"rounds": bench.settings["rounds"], "workers": WORKERS, "answered_ms": spread(took),
            "slower": {key: ratios.quartiles([own["latency_us"][key] / other["latency_us"][key]
                                              for own, other in zip(pieces["with"], pieces["without"])])
                       for key in ("p50", "p99")},
            "proxies": {name: row(rounds) for name, rounds in pieces.items()}}


def weights(proxy, admin):
    """Each is another one than before: what is so already is not done again."""
    def change(number):
        admin.ask("PUT", "/v1/splits/all", {"weights": {"old": 30 + number % 41, "new": 50}})
    return 1 / WEIGHTS_PER_SECOND, change


def reloads(proxy, admin):
    versions = [segue_config.reloadable(WORKERS, weight) for weight in (40, 60)]
    port, origin = str(proxy.port), str(proxy.origin_port)
    texts = [text.replace("@PORT@", port).replace("@ORIGIN@", origin).replace("@DIR@", str(proxy.dir))
             .replace("@PROCESS@", "") for text in versions]

    def change(number):
        fresh = proxy.config.with_suffix(".new")
        fresh.write_text(texts[number % 2])
        fresh.rename(proxy.config)
        admin.ask("POST", "/v1/reload", {})
    return RELOAD_PAUSE_SECONDS, change


def prepare():
    """The one who waits for the answer is not to wait for the processor as well."""
    scheduling.first_in_line(threading.get_native_id())


def spread(took):
    """Milliseconds."""
    ordered = sorted(1000 * seconds for seconds in took)
    if not ordered:
        raise RuntimeError("no change was answered during the load; measure longer slices")
    return {"count": len(ordered), "p50": statistics.median(ordered), "max": ordered[-1],
            "p99": ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]}


def row(rounds):
    return {"requests": sum(p["requests"] for p in rounds), "rate": statistics.median(p["rate"] for p in rounds),
            "latency_us": {key: statistics.median(p["latency_us"][key] for p in rounds) for key in LATENCIES}}
