"""The origin and the load generators as python objects. All run on the core that is not the proxies'."""
import json
import subprocess

from lib import processes, sandbox, scheduling, tools

LIMIT_SECONDS = 300  # of one load


def core():
    return processes.cores()[1]


def arguments(program, **options):
    """seconds=2, in_flight=16, hold=True -> --seconds 2 --in-flight 16 --hold"""
    command = [tools.program(program)]
    for name, value in options.items():
        if value is not False:
            command.append("--" + name.replace("_", "-"))
        if not isinstance(value, bool):
            command.append(value)
    return command


class LoadError(RuntimeError):
    pass


def result(line, command, check):
    if not line:
        raise LoadError(f"no result from {' '.join(map(str, command[1:]))}")
    parsed = json.loads(line)
    if check and parsed["errors"]:
        raise LoadError(f"{parsed['errors']} of {parsed['requests'] + parsed['errors']} requests failed, "
                        f"first: {parsed['first_error']} ({' '.join(map(str, command[1:]))})")
    return parsed


def run(port, check=True, **options):
    """One load from beginning to end; what load.cc prints, as a dictionary."""
    command = arguments("load", port=port, **options)
    process = processes.start(command, core(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        output, _ = process.communicate(timeout=LIMIT_SECONDS)
    finally:
        processes.stop(process)
    return result(output, command, check)


class Gated:
    """A load that waits between its phases: warm connections before go(), open ones after it. The program is
    load.cc, or streams.cc, which always does so.

        with Gated(port, warm=640, seconds=1.5, connections=64) as load:
            before = ...
            done = load.go()
            after = ...
    """

    def __init__(self, port, warm=0, program="load", **options):
        self.warm = warm
        if program == "load":
            options.update({"hold": True, **({"warm": warm} if warm else {})})
        self.command = arguments(program, port=port, **options)

    def __enter__(self):
        self.process = None
        if self.warm:
            self.spawn()
            if self.process.stdout.readline() != "warm\n":
                self.__exit__()
                raise LoadError(f"the warm-up failed: {' '.join(map(str, self.command[1:]))}")
        return self

    def spawn(self):
        self.process = processes.start(self.command, core(), stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True, bufsize=1)

    def go(self):
        if self.warm:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        else:
            self.spawn()
        return result(self.process.stdout.readline(), self.command, check=True)

    def __exit__(self, *_):
        if self.process:
            self.process.stdin.close()
            processes.stop(self.process)
            self.process.stdout.close()


def pace(targets, **options):
    """Latency of each of {name: port}, as bench/pace.cc prints it."""
    command = arguments("pace", **options)
    for name, port in targets.items():
        command += ["--target", f"{name}={port}"]
    process = processes.start(command, core(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        scheduling.first_in_line(process.pid, scheduling.PRIORITY + 1)
        output, _ = process.communicate(timeout=LIMIT_SECONDS)
    finally:
        processes.stop(process)
    parsed = json.loads(output or "{}")
    if parsed.get("errors", 1):
        raise LoadError(f"requests failed, or got no answer: {output.strip()} ({' '.join(map(str, command[1:]))})")
    return parsed


class Origin:
    def __enter__(self):
        # On every address only where nobody else is.
        everywhere = ["--any"] if sandbox.is_private() else []
        self.process = processes.start([tools.program("origin"), "--port", 0, *everywhere], core(),
                                       stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])
        return self

    def __exit__(self, *_):
        processes.stop(self.process)
        self.process.stdout.close()
