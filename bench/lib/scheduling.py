"""Real-time scheduling for those whose waiting is measured, so that they do not wait for strangers.

Where it is not permitted everything stays as it is, and the result says so.
"""
import contextlib
import os
import pathlib

PRIORITY = 10


def first_in_line(thread, priority=PRIORITY):
    """True when this thread now runs before all ordinary ones."""
    try:
        os.sched_setscheduler(thread, os.SCHED_FIFO, os.sched_param(priority))
        return True
    except (PermissionError, ProcessLookupError):
        return False


@contextlib.contextmanager
def all_first_in_line(pids):
    """Every thread of these processes, alike, until the end of the `with`."""
    threads = [int(task.name) for pid in pids for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]
    try:
        for thread in threads:
            first_in_line(thread)
        yield
    finally:
        for thread in threads:
            with contextlib.suppress(PermissionError, ProcessLookupError):
                os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))
