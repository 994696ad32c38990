"""Which figures a table shows for each kind of workload, as text. A figure that was not taken is a dash."""
import dataclasses
import typing

NONE = "–"


@dataclasses.dataclass(frozen=True)
class Column:
    title: str
    show: typing.Callable  # (a proxy's row, the workload's result, the proxy's name) -> text


def number(value, form="{:.2f}"):
    return NONE if value is None else form.format(value)


def with_quartiles(value, form="{:.2f}"):
    """The median, and the quartiles behind it."""
    if value is None:
        return NONE
    return f"{form.format(value['median'])} ({form.format(value['q1'])}–{form.format(value['q3'])})"


def median(value, form="{:.2f}"):
    return number(value and value["median"], form)


def cost(form):
    return lambda row, result, name: with_quartiles(row["cost"], form)


def share(which, form):
    """The part of the cost that was spent in user space, or not."""
    return lambda row, result, name: number(
        row["cost"]["median"] * (row["user_share"] if which == "user" else 1 - row["user_share"]), form)


def ratio(of, show=median):
    return lambda row, result, name: show(result["ratios"][name].get(of))


def latency(key, form="{:.0f}"):
    return lambda row, result, name: number(row["latency_us"].get(key), form)


def member(key, form="{:,.2f}"):
    return lambda row, result, name: number(row.get(key), form)


def mebibytes(row, result, name):
    return number(row["memory"]["pss"] / 2**20, "{:.1f}") if "memory" in row else NONE


BUSY = Column("busy", lambda row, result, name: f"{row['busy']:.0%}")
OVER = Column("segue/this", ratio("subject", with_quartiles))
FLOOR = Column("this/floor", ratio("floor"))
REQUEST = [
    Column("CPU µs", cost("{:.2f}")), Column("user", share("user", "{:.1f}")), Column("system", share("system", "{:.1f}")),
    OVER, FLOOR, BUSY, Column("req/s", member("rate", "{:,.0f}")), Column("p50 µs", latency("p50")),
    Column("p99 µs", latency("p99")), Column("syscalls", member("syscalls")), Column("instr.", member("instructions", "{:,.0f}")),
    Column("allocs", member("allocations")), Column("MiB", mebibytes),
]
GIB = [
    Column("CPU s/GiB", cost("{:.3f}")), Column("user", share("user", "{:.3f}")), Column("system", share("system", "{:.3f}")),
    OVER, FLOOR, BUSY, Column("MiB", mebibytes),
]
CONNECTION = [
    Column("KiB each", lambda row, result, name: f"{row['bytes'] / 1024:.2f}"),
    Column("connections", member("connections", "{:,}")),
    Column("MiB before", lambda row, result, name: f"{row['before'] / 2**20:.1f}"),
    Column("MiB after", lambda row, result, name: f"{row['after'] / 2**20:.1f}"),
]
STREAM = [
    Column("CPU µs each", cost("{:.1f}")), Column("user", share("user", "{:.1f}")), Column("system", share("system", "{:.1f}")),
    OVER, FLOOR, Column("messages", member("messages", "{:,}")),
    Column("KiB/stream", lambda row, result, name: f"{row['bytes']['median'] / 1024:.2f}"),
]
LATENCY = [
    Column("p50 µs", latency("p50")), Column("p99 µs", latency("p99")), Column("p99.9 µs", latency("p999")),
    *(Column(f"added {title}", lambda row, result, name, key=key: with_quartiles(row["added_us"][key], "{:.0f}"))
      for title, key in (("p50", "p50"), ("p99", "p99"), ("p99.9", "p999"))),
    Column("requests", member("requests", "{:,}")),
]
CASE = [
    Column("CPU µs", cost("{:.2f}")), Column("user", share("user", "{:.1f}")), Column("system", share("system", "{:.1f}")),
    Column("growth", lambda row, result, name: with_quartiles(row["growth"])),
    BUSY, Column("subtracted", lambda row, result, name: f"{row['idle_busy']:.1%}"),
    Column("req/s", member("rate", "{:,.0f}")),
]
CHANGE = [
    Column("requests", member("requests", "{:,}")), Column("req/s", member("rate", "{:,.0f}")),
    Column("p50 µs", latency("p50")), Column("p99 µs", latency("p99")), Column("p99.9 µs", latency("p999")),
    Column("max µs", latency("max")),
]
COLUMNS = {
    "request": REQUEST, "gib": GIB, "connection": CONNECTION, "latency": LATENCY, "case": CASE, "change": CHANGE,
    "message": [*STREAM, Column("echo p50 µs", latency("p50")), Column("p99 µs", latency("p99"))], "event": STREAM,
}
