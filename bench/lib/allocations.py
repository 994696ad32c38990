"""Heap allocations of a real process between two moments, and who made them.

The process runs with tests/support/count_malloc.c preloaded; its counters are a file mapped by both.
"""
import collections
import mmap
import os
import pathlib
import struct
import subprocess
import tempfile

from lib import load, tools
from lib.proxies import Proxy

# struct Shared of count_malloc.c
THREADS, TRACES, FRAMES = 256, 64, 24
THREADS_AT = 16
TRACES_AT = THREADS_AT + THREADS * 16
TRACE_SIZE = 16 + FRAMES * 8
TRIES = 3
SIZE = TRACES_AT + TRACES * TRACE_SIZE


class Counter:
    """Give `environment` to the process, then arm() and read() while it runs."""

    def __init__(self):
        self.file = tempfile.NamedTemporaryFile(prefix="bench-malloc-")
        self.file.truncate(SIZE)
        self.memory = mmap.mmap(self.file.fileno(), SIZE)
        self.environment = {"LD_PRELOAD": str(tools.malloc_counter()), "SEGUE_COUNT_MALLOC": self.file.name}

    def total(self, serves):
        """Allocations so far in the threads whose id `serves` accepts."""
        places = (struct.unpack_from("QQ", self.memory, THREADS_AT + 16 * i) for i in range(THREADS))
        return sum(count for thread, count in places if count and serves(thread))

    def arm(self, on=True):
        """From now on the first allocations leave their call stacks."""
        self.memory[0:8] = struct.pack("Q", 1 if on else 0)

    def traces(self, pid, serves):
        """Text for each different call stack recorded in those threads. `pid` still runs."""
        taken = min(struct.unpack_from("Q", self.memory, 8)[0], TRACES)
        stacks = collections.Counter()
        for i in range(taken):
            thread, size, *frames = struct.unpack_from(f"{2 + FRAMES}Q", self.memory, TRACES_AT + TRACE_SIZE * i)
            if serves(thread):
                stacks[thread, size, tuple(frames)] += 1
        for (thread, size, frames), count in stacks.items():
            # Return addresses stand just behind the call.
            calls = symbolize(pid, [frame - 1 for frame in frames if frame])
            yield (f"{count} of the first {taken}: {size} bytes in thread {thread_name(pid, thread)}"
                   + "".join(f"\n    {call}" for call in calls))


def per_request(variant, origin_port, core, options, warm, requests):
    """Allocations per request of a fresh process, over warm connections; of several tries the best, because growth
    (one more connection to the origin than ever before) is not what each request needs. None where they cannot be
    counted: a binary that is linked statically, or brings its own malloc."""
    if brings_malloc(variant.binary):
        return None
    counter = Counter()
    with Proxy(variant, origin_port, core, environment=counter.environment) as proxy:
        serves = serving_threads(proxy.program, proxy.process.pid)
        tries = []
        while len(tries) < TRIES and 0 not in tries:
            with proxy.blamed(), load.Gated(proxy.port_for(options), warm=max(warm, 1), **options,
                                            requests=requests) as gated:
                before = counter.total(serves)
                if before == 0:
                    return None
                done = gated.go()
                tries.append((counter.total(serves) - before) / done["requests"])
        return min(tries)


def brings_malloc(binary):
    """Whether it is linked to another malloc than glibc's, whose free() would then get our blocks."""
    libraries = subprocess.run(["ldd", str(binary)], capture_output=True, text=True).stdout
    return any(name in libraries for name in ("jemalloc", "tcmalloc", "mimalloc"))


def serving_threads(program, pid):
    """A predicate on thread ids: which of them serve requests. Of segue its workers, named segue-w0 and so
    on; its other threads have a life of their own, a tick a second, whether there are requests or not."""
    if program != "segue":
        return lambda thread: True
    names = {int(task.name): (task / "comm").read_text() for task in pathlib.Path(f"/proc/{pid}/task").iterdir()}
    workers = {thread for thread, name in names.items() if name.startswith("segue-w")}
    if not workers:
        raise RuntimeError(f"no thread is named segue-w…: {', '.join(map(str.strip, names.values()))}")
    return lambda thread: thread in workers


def thread_name(pid, thread):
    try:
        return pathlib.Path(f"/proc/{pid}/task/{thread}/comm").read_text().strip()
    except OSError:
        return str(thread)


def mappings(pid):
    """(begin, end, bias, file) of every executable mapping; address - bias is the address in the file."""
    bases = {}
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) < 6 or not fields[5].startswith("/"):
            continue
        begin, end = (int(part, 16) for part in fields[0].split("-"))
        base = bases.setdefault(fields[5], begin)
        if "x" in fields[1]:
            yield begin, end, base, fields[5]


NAME_MAX = 160  # templates go on for pages


def symbolize(pid, addresses):
    """Function and place of each address, innermost first, from below the counter up to main()."""
    found = list(mappings(pid))
    lines = []
    for address in addresses:
        for begin, end, base, file in found:
            if begin <= address < end and os.path.basename(file) != "count_malloc.so":
                done = subprocess.run(["addr2line", "-Cfspe", file, hex(address - base)],
                                      capture_output=True, text=True)
                function, _, place = (done.stdout.strip() or hex(address)).rpartition(" at ")
                lines.append(f"{function[:NAME_MAX]} at {place} [{os.path.basename(file)}]")
        if lines and lines[-1].startswith("main "):
            break
    return lines
