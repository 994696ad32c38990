"""Where the programs are, and how those of ours are made.

The origin, the load generator and the allocation counter are compiled here and not by CMake: they
depend on nothing, so a measurement needs no build tree but that of the proxy under test.
"""
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "bench"
SEGUE = ROOT / "build" / "release" / "segue"

CXX_FLAGS = ["-std=c++20", "-O2", "-Wall", "-Wextra", "-I", str(ROOT)]
C_FLAGS = ["-std=gnu17", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC"]


def find(name):
    """The path of a tool, also where only root looks; None without it."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def provide(*names):
    """Has scripts/setup install what is missing; ends the program when that did not help."""
    missing = [name for name in names if not find(name)]
    if not missing:
        return
    print(f"missing: {', '.join(missing)}; running scripts/setup --bench", file=sys.stderr)
    subprocess.run([ROOT / "scripts" / "setup", "--bench", "--no-hooks"], check=False)
    missing = [name for name in names if not find(name)]
    if missing:
        sys.exit(f"still missing: {', '.join(missing)}")


def compile_tool(output, source, headers, command):
    """Compiles when older than its sources. Several processes may ask at once."""
    OUT.mkdir(parents=True, exist_ok=True)
    with open(OUT / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        newest = max(path.stat().st_mtime for path in [source, *headers])
        if not output.exists() or output.stat().st_mtime < newest:
            fresh = output.with_suffix(".new")
            # Libraries come after what needs them.
            libraries = [word for word in command if word.startswith("-l")]
            words = [word for word in command if word not in libraries]
            subprocess.run([*words, str(source), "-o", str(fresh), *libraries], check=True)
            fresh.rename(output)
    return output


def program(name):
    """bench/NAME.cc, compiled."""
    folder = ROOT / "bench"
    command = [os.environ.get("CXX", "g++"), *CXX_FLAGS, "-pthread", "-lssl", "-lcrypto"]
    return compile_tool(OUT / name, folder / f"{name}.cc", list(folder.glob("*.h")), command)


def malloc_counter():
    """tests/support/count_malloc.c as a library to preload."""
    source = ROOT / "tests" / "support" / "count_malloc.c"
    command = [os.environ.get("CC", "gcc"), *C_FLAGS]
    return compile_tool(OUT / "count_malloc.so", source, [], command)
