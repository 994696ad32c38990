"""The origin and the load generator as python objects. Both run on the core that is not the proxies'."""
import json
import subprocess

from lib import processes, tools

LIMIT_SECONDS = 300  # of one load


def core():
    return processes.cores()[1]


def arguments(port, **options):
    """seconds=2, in_flight=16, hold=True -> --seconds 2 --in-flight 16 --hold"""
    command = [tools.program("load"), "--port", port]
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
    command = arguments(port, **options)
    process = processes.start(command, core(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        output, _ = process.communicate(timeout=LIMIT_SECONDS)
    finally:
        processes.stop(process)
    return result(output, command, check)


class Gated:
    """A load that waits between its phases: warm connections before go(), open ones after it.

        with Gated(port, warm=640, seconds=1.5, connections=64) as load:
            before = ...
            done = load.go()
            after = ...
    """

    def __init__(self, port, warm=0, **options):
        self.warm = warm
        self.command = arguments(port, hold=True, **({"warm": warm} if warm else {}), **options)

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


class Origin:
    def __enter__(self):
        self.process = processes.start([tools.program("origin"), "--port", 0], core(),
                                       stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])
        return self

    def __exit__(self, *_):
        processes.stop(self.process)
        self.process.stdout.close()
