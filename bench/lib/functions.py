"""User instructions per request, function by function: what callgrind wrote about two runs, and their difference.

The same two runs as in lib/instructions.py, so that the sum over all functions is its number.
"""
import collections
import dataclasses
import pathlib

from lib import budget, instructions, names

# As the budget counts them: few connections, so that two short runs are enough.
LOADS = {
    "get1k": budget.FEW,
    "post12k": budget.POST,
    "post12k-json": {**budget.JSON, "connections": 8},
    "tls-get1k": {**budget.FEW, **budget.TLS},
}
REQUESTS = budget.CALLGRIND_REQUESTS


@dataclasses.dataclass
class Profile:
    """Instructions by short name: `own` in the function itself, `called` in what it calls, directly or not. A
    function that calls itself through another one counts what is done there twice."""
    own: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    called: collections.Counter = dataclasses.field(default_factory=collections.Counter)

    @property
    def total(self):
        return self.own.total()

    def add(self, text, entries):
        """The format is described in the manual of valgrind, "Callgrind Format Specification": a name comes with
        a number, `(7) name`, and later as the number alone; a line of costs ends with the count; the one after
        calls= is what the callee cost."""
        objects, functions = {}, {}
        home = away = caller = callee = None  # the object of the caller and of the callee; the functions
        is_call = False
        for line in text.splitlines():
            key, equals, value = line.partition("=")
            if line[:1].isdigit() or line[:1] in ("+", "-", "*"):
                count = int(line.split()[-1])
                if not is_call:
                    self.own[caller] += count
                elif callee != caller:
                    self.called[caller] += count
                is_call = False
            elif not equals:
                continue
            elif key == "ob":
                home = named(objects, value, lambda path: pathlib.PurePath(path).name)
            elif key == "cob":
                away = named(objects, value, lambda path: pathlib.PurePath(path).name)
            elif key == "fn":
                caller, away = named(functions, value, lambda name: label(name, home, entries)), None
            elif key == "cfn":
                callee, away = named(functions, value, lambda name: label(name, away or home, entries)), None
            elif key == "calls":
                is_call = True


def named(known, value, make):
    """What `(7) name` or `(7)` stands for; the first of them brings the name."""
    number, _, name = value.partition(" ")
    if name:
        known[number] = make(name)
    return known[number]


def label(name, owner, entries):
    """A function of a library without symbols is its address there; `entries` is what lib/names.py says."""
    name = name.partition("'")[0]  # callgrind appends the depth of a recursion
    return f"{owner}+{int(name, 16):#x}" if name.startswith("0x") else names.short(entries.get(name, name))


def profile(variant, origin_port, core, options, requests):
    found, entries = Profile(), names.entries(variant.binary)
    for text in instructions.profiles(variant, origin_port, core, options, requests):
        found.add(text, entries)
    if found.total == 0:
        raise RuntimeError(f"callgrind counted nothing for {variant.name}")
    return found


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    own: float
    inclusive: float


def difference(few, many, requests):
    """(the total per request, the rows of functions that had a part in it, the dearest first)."""
    def per_request(name, counter):
        return (getattr(many, counter)[name] - getattr(few, counter)[name]) / requests
    total = (many.total - few.total) / requests
    rows = []
    for name in set().union(few.own, few.called, many.own, many.called):  # some come in only one of the runs
        own = per_request(name, "own")
        row = Row(name, own, min(own + per_request(name, "called"), total))
        if row.own or row.inclusive:
            rows.append(row)
    return total, sorted(rows, key=lambda row: (-row.own, row.name))


def per_request(variant, origin_port, core, options, counts=REQUESTS):
    few, many = (profile(variant, origin_port, core, options, requests) for requests in counts)
    return difference(few, many, counts[1] - counts[0])


def table(total, rows, most):
    """Lines of text; what is beyond `most` is summed up in the last one."""
    lines = [f"{'self':>8} {'%':>6} {'inclusive':>10}  function"]
    lines += [f"{row.own:8,.0f} {row.own / total:6.1%} {row.inclusive:10,.0f}  {row.name}" for row in rows[:most]]
    rest = sum(row.own for row in rows[most:])
    if rows[most:]:
        lines.append(f"{rest:8,.0f} {rest / total:6.1%} {'':10}  {len(rows) - most:,} more")
    return [*lines, f"{total:8,.0f} {1:6.1%} {'':10}  all"]
