"""On what and of what a measurement was made."""
import os
import pathlib
import platform
import subprocess

from lib import processes, sandbox, tools


def cpu_model():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def describe():
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "kernel": platform.release(),
        "congestion_control": sandbox.congestion_control(),
        "private_network": sandbox.is_private(),
        "proxy_core": processes.cores()[0],
        "load_core": processes.cores()[1],
    }


def git(*arguments):
    done = subprocess.run(["git", "-C", tools.ROOT, *arguments], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def commit():
    """The checkout's short commit, with + when sources differ from it; "unknown" outside git."""
    name = git("rev-parse", "--short=12", "HEAD")
    return name + ("+" if git("status", "--porcelain", "--untracked-files=no") else "") if name else "unknown"
