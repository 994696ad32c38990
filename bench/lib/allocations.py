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

from lib import tools

# struct Shared of count_malloc.c
THREADS, TRACES, FRAMES = 256, 16, 24
THREADS_AT = 16
TRACES_AT = THREADS_AT + THREADS * 16
TRACE_SIZE = 16 + FRAMES * 8
SIZE = TRACES_AT + TRACES * TRACE_SIZE


class Counter:
    """Give `environment` to the process, then arm() and read() while it runs."""

    def __init__(self):
        self.file = tempfile.NamedTemporaryFile(prefix="bench-malloc-")
        self.file.truncate(SIZE)
        self.memory = mmap.mmap(self.file.fileno(), SIZE)
        self.environment = {"LD_PRELOAD": str(tools.malloc_counter()), "SEGUE_COUNT_MALLOC": self.file.name}

    def by_thread(self):
        """{thread id: allocations so far}"""
        places = (struct.unpack_from("QQ", self.memory, THREADS_AT + 16 * i) for i in range(THREADS))
        return {thread: count for thread, count in places if count}

    def total(self):
        return sum(self.by_thread().values())

    def arm(self, on=True):
        """From now on the first allocations leave their call stacks."""
        self.memory[0:8] = struct.pack("Q", 1 if on else 0)

    def traces(self, pid):
        """Text for each different call stack among the recorded ones. `pid` still runs."""
        taken = min(struct.unpack_from("Q", self.memory, 8)[0], TRACES)
        stacks = collections.Counter()
        for i in range(taken):
            thread, size, *frames = struct.unpack_from(f"{2 + FRAMES}Q", self.memory, TRACES_AT + TRACE_SIZE * i)
            stacks[thread, size, tuple(frames)] += 1
        for (thread, size, frames), count in stacks.items():
            # Return addresses stand just behind the call.
            calls = symbolize(pid, [frame - 1 for frame in frames if frame])
            yield (f"{count} of the first {taken}: {size} bytes in thread {thread_name(pid, thread)}"
                   + "".join(f"\n    {call}" for call in calls))


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


def symbolize(pid, addresses):
    """Function and place of each address, innermost first, from below the counter up to main()."""
    found = list(mappings(pid))
    lines = []
    for address in addresses:
        for begin, end, base, file in found:
            if begin <= address < end and os.path.basename(file) != "count_malloc.so":
                done = subprocess.run(["addr2line", "-Cfspe", file, hex(address - base)],
                                      capture_output=True, text=True)
                lines.append(f"{done.stdout.strip() or hex(address)} [{os.path.basename(file)}]")
        if lines and lines[-1].startswith("main "):
            break
    return lines
