"""System calls per request: perf where it may count, else strace (which slows the proxy down and so
lets it find more work at each wake-up)."""
import functools
import os
import re
import select
import signal
import subprocess
import tempfile

from lib import load, tools

EVENT = "raw_syscalls:sys_enter"
SECONDS_MAX = 60


@functools.cache
def perf_works():
    perf = tools.find("perf")
    return bool(perf) and subprocess.run([perf, "stat", "-e", EVENT, "true"],
                                         capture_output=True).returncode == 0


class Perf:
    """Counts between enable() and read(); perf acknowledges both, so nothing is missed."""

    def __init__(self, pids):
        self.dir = tempfile.TemporaryDirectory(prefix="bench-perf-")
        control, acknowledged = (os.path.join(self.dir.name, name) for name in ("control", "ack"))
        os.mkfifo(control)
        os.mkfifo(acknowledged)
        self.process = subprocess.Popen(
            [tools.find("perf"), "stat", "-x", ",", "-e", EVENT, "-D", "-1",
             "--control", f"fifo:{control},{acknowledged}", "-p", ",".join(map(str, pids))],
            stderr=subprocess.PIPE, text=True)
        # Opened for both directions, a fifo does not wait for its other end.
        self.control, self.acknowledged = (os.open(path, os.O_RDWR) for path in (control, acknowledged))

    def say(self, command):
        os.write(self.control, command.encode() + b"\n")
        if not select.select([self.acknowledged], [], [], SECONDS_MAX)[0]:
            raise RuntimeError("perf does not answer")
        os.read(self.acknowledged, 64)

    def enable(self):
        self.say("enable")

    def read(self):
        self.say("disable")
        self.process.send_signal(signal.SIGINT)
        _, output = self.process.communicate(timeout=SECONDS_MAX)
        os.close(self.control)
        os.close(self.acknowledged)
        self.dir.cleanup()
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

    def enable(self):
        pass

    def read(self):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=SECONDS_MAX)
        with self.output:
            total = re.search(rb"^100\.00\s+\S+\s+\S+\s+(\d+).*total$", self.output.read(), re.MULTILINE)
        if not total:
            raise RuntimeError("strace did not count")
        return int(total[1])


def per_request(proxy, options, warm, requests, counter_type=None):
    """Over all threads of the proxy, between warm connections and before they close."""
    counter_type = counter_type or (Perf if perf_works() else Strace)
    with load.Gated(proxy.port_for(options), warm=warm, **options, requests=requests) as gated:
        counter = counter_type(proxy.pids())
        counter.enable()
        done = gated.go()
        return counter.read() / done["requests"]


def saturated():
    """The way to count that finds the proxy busy on any machine: strace slows it down until everything
    that waits is there at each wake-up. None where neither tool works."""
    return Strace if tools.find("strace") else Perf if perf_works() else None


def method():
    return "perf" if perf_works() else "strace"
