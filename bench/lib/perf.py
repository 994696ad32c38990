"""perf attached to running processes, told through a pair of fifos when to begin and when to end."""
import os
import select
import signal
import subprocess
import tempfile

from lib import tools

SECONDS_MAX = 60


def may(*words):
    """Whether perf is here and permitted to do this to a command."""
    found = tools.find("perf")
    return bool(found) and subprocess.run([found, *words, "true"], capture_output=True).returncode == 0


class Attached:
    """`words` is the subcommand with its options. It sees nothing before enable() and after finish(), and
    acknowledges both, so that nothing in between is missed. The end of the `with` ends it, come what may."""

    def __init__(self, words, pids):
        self.dir = tempfile.TemporaryDirectory(prefix="bench-perf-")
        control, acknowledged = (os.path.join(self.dir.name, name) for name in ("control", "ack"))
        os.mkfifo(control)
        os.mkfifo(acknowledged)
        self.process = subprocess.Popen(
            [tools.find("perf"), *words, "-D", "-1", "--control", f"fifo:{control},{acknowledged}",
             "-p", ",".join(map(str, pids))], stderr=subprocess.PIPE, text=True)
        # Opened for both directions, a fifo does not wait for its other end.
        self.control, self.acknowledged = (os.open(path, os.O_RDWR) for path in (control, acknowledged))

    def say(self, command):
        os.write(self.control, command.encode() + b"\n")
        if not select.select([self.acknowledged], [], [], SECONDS_MAX)[0]:
            raise RuntimeError("perf does not answer")
        os.read(self.acknowledged, 64)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        os.close(self.control)
        os.close(self.acknowledged)
        self.dir.cleanup()

    def enable(self):
        self.say("enable")

    def finish(self):
        """What it said, once it has ended."""
        self.say("disable")
        self.process.send_signal(signal.SIGINT)
        _, output = self.process.communicate(timeout=SECONDS_MAX)
        return output
