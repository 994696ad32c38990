"""Memory of idle connections: a fresh process, before and after thousands of them."""
import dataclasses
import time

from lib import load, processes
from lib.proxies import Proxy

SPARE = 50  # of connections: the probe of its start, and none for the other listener


def measure(bench, workload, variants):
    rows = {variant.name: per_connection(bench, workload, variant) for variant in variants}
    return {"connections": max(row["connections"] for row in rows.values()), "proxies": rows}


def per_connection(bench, workload, variant):
    """Bytes of private memory per connection that has had one request, and the whole afterwards."""
    # Idle clients hold no connection to the origin, but some reckon with it, and the relay has one.
    count = processes.descriptors_for(bench.settings["idle_connections"], 2)
    room = {"TLSCLIENTS" if "tls" in workload.load else "CLIENTS": count + SPARE,
            "CLIENTS" if "tls" in workload.load else "TLSCLIENTS": SPARE}
    variant = dataclasses.replace(variant, values={**variant.values, **room})
    options = {**workload.load, "connections": count, "requests": count}
    bench.note(f"{workload.name}: {variant.name}")
    with Proxy(variant, bench.origin_port, bench.core) as proxy:
        pids = proxy.pids()
        before = processes.memory(pids)
        port = proxy.port_for(options)
        with proxy.blamed(), load.Gated(port, **options) as gated:
            gated.go()
            time.sleep(bench.settings["settle_seconds"])
            after, kept = processes.memory(pids), processes.established(port)
        if kept < count:
            raise RuntimeError(f"{variant.name} kept only {kept} of {count} connections")
        return {"connections": count, "bytes": (after["private"] - before["private"]) / count,
                "before": before["private"], "after": after["private"]}
