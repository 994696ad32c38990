"""Child processes that end with the test, and waiting for what has no event."""
import os
import signal
import subprocess
import time

from support.wire import WAIT


def wait_until(what, condition, wait=WAIT, every=0.02):
    """Polls a state that cannot be waited for (another process's). Returns the first true value."""
    end = time.monotonic() + wait
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"waited {wait} s in vain: {what}")
        time.sleep(every)


def start(command, **options):
    """In a session of its own, so that Ctrl-C at the test does not reach it before the clean-up does."""
    return subprocess.Popen(command, start_new_session=True, **options)


def end(process, sig=signal.SIGTERM, wait=WAIT):
    """Signals the process, by its id, and returns how it ended; kills it when it does not."""
    if process.poll() is None:
        process.send_signal(sig)
        try:
            process.wait(wait)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{process.args[0]} did not end within {wait} s of signal {sig}") from None
    return process.returncode


def resident_kib(pid, what="VmRSS"):
    """VmRSS: resident memory now; VmHWM: at most so far."""
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith(what + ":"):
                return int(line.split()[1])
    raise AssertionError(f"no {what} for {pid}")


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def open_sockets(pid):
    found = 0
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            found += os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:")
        except FileNotFoundError:
            pass  # closed meanwhile
    return found
