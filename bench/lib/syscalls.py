"""System calls per request: perf where it may count, else strace (which slows the proxy down and so
lets it find more work at each wake-up)."""
import functools
import re
import signal
import subprocess
import tempfile

from lib import load, perf, tools

EVENT = "raw_syscalls:sys_enter"
SECONDS_MAX = 60


@functools.cache
def perf_works():
    return perf.may("stat", "-e", EVENT)


class Perf(perf.Attached):
    """Counts between enable() and read(); perf acknowledges both, so nothing is missed."""

    def __init__(self, pids):
        super().__init__(["stat", "-x", ",", "-e", EVENT], pids)

    def read(self):
        output = self.finish()
        for line in output.splitlines():
            if EVENT in line:
                return int(line.split(",")[0])
        raise RuntimeError(f"perf did not count: {output}")


class Strace:
    def __init__(self, pids):
        self.output = tempfile.NamedTemporaryFile(prefix="bench-strace-")
        targets = [word for pid in pids for word in ("-p", str(pid))]
        self.process = subprocess.Popen([tools.find("strace"), "-f", "-c", "-o", self.output.name, *targets],
                                        stderr=subprocess.PIPE, text=True)
        for _ in pids:  # one line for each process: "strace: Process 42 attached"
            self.process.stderr.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()  # it lets go of what it watched
            self.process.communicate()
        self.output.close()

    def enable(self):
        pass

    def read(self):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=SECONDS_MAX)
        total = re.search(rb"^100\.00\s+\S+\s+\S+\s+(\d+).*total$", self.output.read(), re.MULTILINE)
        if not total:
            raise RuntimeError("strace did not count")
        return int(total[1])


def per_request(proxy, options, warm, requests, counter_type=None):
    """Over all threads of the proxy, between warm connections and before they close."""
    counter_type = counter_type or (Perf if perf_works() else Strace)
    with load.Gated(proxy.port_for(options), warm=warm, **options, requests=requests) as gated, \
            counter_type(proxy.pids()) as counter:
        counter.enable()
        done = gated.go()
        return counter.read() / done["requests"]


def saturated():
    """The way to count that finds the proxy busy on any machine: strace slows it down until everything
    that waits is there at each wake-up. None where neither tool works."""
    return Strace if tools.find("strace") else Perf if perf_works() else None


def method():
    return "perf" if perf_works() else "strace"
