"""Memory of idle connections: a fresh process, before and after thousands of them."""
import time

from lib import load, processes
from lib.proxies import Proxy

SETTLE_SECONDS = 0.5  # what a proxy gives back shortly after a request, it gives back


def per_connection(name, binary, origin_port, core, options):
    """Bytes of private memory per connection that has had one request, and the whole afterwards."""
    count = options["connections"]
    with Proxy(name, binary, origin_port, core) as proxy:
        pids = proxy.pids()
        before = processes.memory(pids)
        port = proxy.port_for(options)
        with load.Gated(port, **options) as gated:
            gated.go()
            time.sleep(SETTLE_SECONDS)
            after, kept = processes.memory(pids), processes.established(port)
        if kept < count:
            raise RuntimeError(f"{name} kept only {kept} of {count} connections")
        return {"bytes": (after["private"] - before["private"]) / count,
                "before": before["private"], "after": after["private"]}
