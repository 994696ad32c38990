"""Processes under measurement: started on one core, read through /proc, ended by their id."""
import os
import pathlib
import resource
import signal
import subprocess
import time

STOP_SECONDS = 20
DESCRIPTORS_SPARE = 1500  # of a proxy: its own, and kept connections to the origin
TICK_US = 1e6 / os.sysconf("SC_CLK_TCK")
PROC = pathlib.Path("/proc")


def cores():
    """(the proxies' core, the core of load and origin)."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def raise_file_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def descriptors_for(wanted, each):
    """As many of `wanted` as one process has descriptors for, with `each` for one and some to spare."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, min(wanted, (soft - DESCRIPTORS_SPARE) // each))


def start(command, core, **options):
    """`core` None leaves it on all of ours."""
    def pin():
        if core is not None:
            os.sched_setaffinity(0, {core})
    return subprocess.Popen([str(part) for part in command], preexec_fn=pin, **options)


def stop(process):
    """Ends it politely, then not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def stat_fields(pid):
    """/proc/PID/stat from field 3 on; the name before may contain anything."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def tree(pid):
    """The process and all its descendants."""
    children = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                children.setdefault(int(stat_fields(entry.name)[1]), []).append(int(entry.name))
            except OSError:
                pass  # gone meanwhile
    found, queue = [], [pid]
    while queue:
        found.append(queue.pop())
        queue += children.get(found[-1], [])
    return found


class Cpu:
    """CPU time in µs: `total` is exact to the nanosecond once the tasks sleep (schedstat); `user` and
    `system` are sampled by the kernel in ticks and only good as a proportion of long times."""

    def __init__(self, pids):
        self.total = self.user = self.system = 0.0
        for pid in pids:
            for task in (PROC / str(pid) / "task").iterdir():
                self.total += int((task / "schedstat").read_text().split()[0]) / 1000
            fields = stat_fields(pid)
            self.user += int(fields[11]) * TICK_US
            self.system += int(fields[12]) * TICK_US

    @classmethod
    def settled(cls, pids):
        """Read when two readings agree: a running task's time is only brought up to date at ticks."""
        last = cls(pids)
        for _ in range(20):
            time.sleep(0.003)
            now = cls(pids)
            if now.total == last.total:
                break
            last = now
        return now


def memory(pids):
    """Bytes over the tree: private dirty pages and what is resident in proportion (PSS)."""
    sums = {"Private_Dirty": 0, "Pss": 0}
    for pid in pids:
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in sums:
                sums[name] += int(rest.split()[0]) * 1024
    return {"private": sums["Private_Dirty"], "pss": sums["Pss"]}


def established(port):
    """How many connections to this port of ours stand, seen from the listening side."""
    lines = (PROC / "net" / "tcp").read_text().splitlines()[1:]
    return sum(1 for fields in map(str.split, lines)
               if int(fields[1].split(":")[1], 16) == port and fields[3] == "01")


def stolen_us():
    """CPU time that the hypervisor gave to others, all cores, since boot."""
    return int((PROC / "stat").read_text().split("\n")[0].split()[8]) * TICK_US
