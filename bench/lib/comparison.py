"""One run over all workloads: the origin, the proxies that are up, and how each kind of figure is measured."""
import contextlib
import os

from lib import changes, growth, idle, latency, load, processes, slices, streams
from lib.proxies import Proxy

MEASURES = {"request": slices.measure, "gib": slices.measure, "connection": idle.measure, "message": streams.measure,
            "event": streams.measure, "latency": latency.measure, "case": growth.measure, "change": changes.measure}

FULL = {"rounds": 7, "seconds": 1.5, "bulk_bytes": 1 << 30, "exact_requests": 20000,
        "callgrind_requests": (1000, 3000), "idle_connections": 10_000, "websockets": 5000, "event_streams": 1000,
        "stream_rounds": 3, "stream_seconds": 4, "latency_seconds": 5, "change_seconds": 3,
        # What a proxy gives back shortly after a request, it gives back before its memory is read.
        "settle_seconds": 0.5}
QUICK = {"rounds": 3, "seconds": 0.5, "bulk_bytes": 1 << 27, "exact_requests": 5000,
         "callgrind_requests": (500, 1500), "idle_connections": 2000, "websockets": 1000, "event_streams": 300,
         "stream_rounds": 1, "stream_seconds": 2, "latency_seconds": 2, "change_seconds": 1, "settle_seconds": 0.5}
# Everything once, as small as it goes: says whether the harness works, and nothing about the proxies.
SMOKE = {"rounds": 1, "seconds": 0.1, "bulk_bytes": 1 << 23, "exact_requests": 500, "callgrind_requests": (100, 300),
         "idle_connections": 100, "websockets": 50, "event_streams": 20, "stream_rounds": 1, "stream_seconds": 0.2,
         "latency_seconds": 0.2, "change_seconds": 0.5, "settle_seconds": 0.05}


class Bench:
    """What the measures in MEASURES are given. `note` shows progress."""

    def __init__(self, settings, seed, callgrind, note):
        self.settings, self.seed, self.callgrind, self.note = settings, seed, callgrind, note
        self.core = processes.cores()[0]
        self.stack, self.running = contextlib.ExitStack(), {}

    def __enter__(self):
        origin = self.stack.enter_context(load.Origin())
        self.origin_port, self.origin_pid = origin.port, origin.process.pid
        return self

    def __exit__(self, *_):
        self.stack.close()

    def up(self, variant):
        """The running instance that workloads share, started when the first one asks for it."""
        if variant.name not in self.running:
            self.note(f"starting {variant.name}")
            self.running[variant.name] = self.stack.enter_context(Proxy(variant, self.origin_port, self.core))
        return self.running[variant.name]

    def run(self, workload, variants):
        """The workload's result over the variants that can do it; None when there is none."""
        taking_part = [variant for variant in variants if variant.takes_part(workload)]
        if not taking_part:
            return None
        begun = os.getloadavg()[0]
        measured = MEASURES[workload.unit](self, workload, taking_part)
        return {"unit": workload.unit, "about": workload.about, "load_average": [begun, os.getloadavg()[0]], **measured}
