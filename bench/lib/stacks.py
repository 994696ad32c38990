"""Where a proxy's CPU time is: call stacks that perf samples while it is saturated, folded to counts.

Samples are taken by the cpu-clock (virtual machines often have no hardware counters) and only while a task runs.
One that is due while the kernel lets nothing interrupt it is taken, and counted, where it does so again. Stacks
follow frame pointers, which segue and the kernel keep; a library without them cuts its callers off, so that its
frames begin at the bottom.
"""
import collections
import dataclasses
import pathlib
import subprocess
import tempfile

from lib import names, perf, slices, tools
from lib.load import Gated

EVENT = ["-e", "cpu-clock", "-g"]
# One after the other. A saturated proxy is periodic: its connections go round together, 64 of them in a millisecond.
# Samples at 4999 Hz stayed in step with that for seconds: receiving was 3 % to 13 % of the same process's time.
HERTZ = (997, 1999, 2503, 2999, 3571, 4507)
UNKNOWN = "[unknown]"
KERNEL_BIT = 1 << 63  # of an address on 64-bit machines


@dataclasses.dataclass(frozen=True)
class Frame:
    name: str
    owner: str  # the shared object's name without its folder; empty in the kernel

    @property
    def is_kernel(self):
        return not self.owner


@dataclasses.dataclass(frozen=True)
class Subject:
    """The program whose own object has its `name`, wherever `binary` lies; `entries` as in lib/names.py."""
    name: str
    binary: str
    entries: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Recording:
    """`slices` has for each frequency the samples by stack, the outermost frame first; CPU time is of the whole
    proxy over all of them."""
    slices: list
    requests: int
    cpu_us: float

    @property
    def stacks(self):
        return sum(self.slices, collections.Counter())

    @property
    def us_per_request(self):
        return self.cpu_us / self.requests


def permitted():
    return perf.may("record", *EVENT, "-o", "/dev/null")


def record(proxy, workload, seconds):
    """A slice of the workload for each frequency, `seconds` in all."""
    binary = str(proxy.variant.binary)
    subject = Subject(proxy.program, binary, names.entries(binary))
    done = [one(proxy, workload, seconds / len(HERTZ), hertz, subject) for hertz in HERTZ]
    return Recording([stacks for stacks, _ in done], sum(load["requests"] for _, load in done),
                     sum(load["cpu_us"] for _, load in done))


def one(proxy, workload, seconds, hertz, subject):
    """As the other slices, with perf looking on between warm connections and their end."""
    with tempfile.TemporaryDirectory(prefix="bench-stacks-") as folder:
        data = pathlib.Path(folder, "perf.data")
        options = workload.slice(seconds, slices.GIB)
        with proxy.blamed(), Gated(proxy.port_for(options), warm=workload.warm, **options) as gated, \
                perf.Attached(["record", *EVENT, "-F", str(hertz), "-o", str(data)], proxy.pids()) as watcher:
            watcher.enable()
            done = slices.watched(proxy, gated.go)
            said = watcher.finish()
        script = subprocess.run([tools.find("perf"), "script", "-i", data, "--no-inline", "-F", "ip,sym,dso"],
                                capture_output=True, text=True)
    stacks = folded(script.stdout, subject)
    if not stacks:
        raise RuntimeError(f"perf recorded nothing of {proxy.name}: {said}{script.stderr}")
    return stacks, done


def folded(script, subject):
    """Of what `perf script -F ip,sym,dso` prints: a block for each sample, the innermost frame first."""
    stacks = collections.Counter()
    for block in script.split("\n\n"):
        frames = [frame(line, subject) for line in block.splitlines() if line.strip()]
        stack = []
        for one in reversed(frames):
            # What a stray frame pointer led to says nothing, nor does a library without names say it twice.
            if one and one != (stack[-1] if stack else None):
                stack.append(one)
        if stack:
            stacks[tuple(stack)] += 1
    return stacks


def frame(line, subject):
    """Of `ffffffff81dacc75 tcp_sendmsg ([kernel.kallsyms])`; None where nothing is known."""
    address, _, rest = line.strip().partition(" ")
    name, _, path = rest.replace(" (deleted)", "").rpartition(" (")
    path = path.removesuffix(")")
    if int(address, 16) & KERNEL_BIT:
        return Frame(names.short(name), "")
    if path == UNKNOWN:
        return None
    owner = subject.name if path == subject.binary else pathlib.PurePath(path).name
    return Frame(f"in {owner}" if name == UNKNOWN else names.short(subject.entries.get(name, name)), owner)
