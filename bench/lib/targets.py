"""What segue means to reach beside others. `bench/run` says after each run which targets were met, and with
--check fails when one that was measured was not.

A figure is taken from the results by a function that returns None when it was not measured.
"""
import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Target:
    name: str
    figure: typing.Callable  # (results by workload) -> number or None
    limit: float
    form: str = "{:.2f}"

    def met(self, figure):
        # As it is shown: a limit of 4.2 is kept by 4.204.
        return figure <= self.limit or self.form.format(figure) == self.form.format(self.limit)


def dig(value, *path):
    """value[path[0]][path[1]]…, None as soon as something is not there."""
    for key in path:
        if value is None:
            return None
        value = value.get(key)
    return value


def subject_of(result):
    return dig(result, "subject")


def over(workload, other):
    """segue's cost over the best peer's or the floor's, the median of the rounds' ratios."""
    def figure(results):
        result = results.get(workload)
        return dig(result, "ratios", subject_of(result), other, "median")
    return figure


def count(workload, key):
    def figure(results):
        result = results.get(workload)
        return dig(result, "proxies", subject_of(result), key)
    return figure


def idle_kib(workload):
    def figure(results):
        rows = dig(results, workload, "proxies") or {}
        return next((row["bytes"] / 1024 for name, row in rows.items() if name.partition("+")[0] == "segue"), None)
    return figure


def added(workload, key):
    return lambda results: dig(results, workload, "to_best_peer", key)


def growth(workload):
    """Of the last case over the first."""
    def figure(results):
        rows = dig(results, workload, "proxies")
        return list(rows.values())[-1]["growth"]["median"] if rows else None
    return figure


PEER, FLOOR = "best_peer", "floor"
BULK = (("download1g", "1 GiB down"), ("chunked1g", "1 GiB down, chunked"), ("upload1g", "1 GiB up"),
        ("upload-chunked1g", "1 GiB up, chunked"))

TARGETS = [
    Target("GET 1 KiB kept alive, CPU over the best peer's", over("get1k", PEER), 0.90),
    Target("GET 1 KiB kept alive, CPU over the bare relay's", over("get1k", FLOOR), 1.20),
    Target("GET 1 KiB kept alive, user instructions", count("get1k", "instructions"), 22_000, "{:,.0f}"),
    Target("GET 1 KiB kept alive, system calls", count("get1k", "syscalls"), 4.2),
    Target("GET 1 KiB kept alive, heap allocations", count("get1k", "allocations"), 0, "{:.3f}"),
    Target("POST 12 KiB, CPU over the best peer's", over("post12k", PEER), 0.85),
    *(Target(f"{name}, CPU over the best peer's", over(workload, PEER), 0.70) for workload, name in BULK),
    Target("1 GiB down over TLS, CPU over the best peer's", over("tls-download1g", PEER), 0.95),
    Target("TLS kept alive, CPU over the best peer's", over("tls-get1k", PEER), 0.85),
    Target("TLS kept alive, user instructions", count("tls-get1k", "instructions"), 40_000, "{:,.0f}"),
    Target("TLS kept alive, system calls", count("tls-get1k", "syscalls"), 4.3),
    Target("full TLS handshakes, CPU over the best peer's", over("tls-full", PEER), 0.95),
    Target("idle connection, KiB", idle_kib("idle"), 0.75),
    Target("idle TLS connection, KiB", idle_kib("tls-idle"), 14.8, "{:.1f}"),
    Target("added latency p50 at low load over the best peer's", added("latency-500", "p50"), 1.0),
    Target("added latency p99 at low load over the best peer's", added("latency-500", "p99"), 1.0),
    Target("1 → 10 000 routes, growth of CPU", growth("routes"), 1.10),
    Target("2 → 5000 endpoints, growth of CPU", growth("endpoints"), 1.10),
    Target("access log, metrics, cohorts and health on, over all off", growth("features"), 1.10),
    Target("change of weights under full load, p99 until every worker serves it, ms",
           lambda results: dig(results, "weights", "answered_ms", "p99"), 5.0),
    # As good as equal: what rounds of the same load differ by among themselves.
    Target("requests' p99 with weights changing, over without",
           lambda results: dig(results, "weights", "slower", "p99", "median"), 1.05),
]


def findings(results):
    """(target, figure or None), in order."""
    return [(target, target.figure(results)) for target in TARGETS]


def as_data(results):
    """The same for the JSON."""
    return [{"name": target.name, "limit": target.limit, "measured": figure,
             "met": None if figure is None else target.met(figure)} for target, figure in findings(results)]


def missed(results):
    return [target for target, figure in findings(results) if figure is not None and not target.met(figure)]
