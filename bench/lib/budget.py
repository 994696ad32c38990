"""What one warm request may cost segue. A number here is a promise; breaking one fails the tests.

Each is measured on the real process and repeats on a busy machine: counts, not times.
"""
import dataclasses
import re
import subprocess

from lib import allocations, instructions, load, payload, processes, syscalls, variants
from lib.proxies import Proxy

GET = {"path": "/1024", "expect_bytes": 1024}
MANY = {**GET, "connections": 64}
FEW = {**GET, "connections": 8}
TLS = {"tls": True}
POST = {"path": "/hook", "body": 12288, "expect_text": "12288", "connections": 8}
JSON = {"path": "/json-hook", "body_file": payload.file(12288), "expect_text": "12288"}

# Two reads and two writes, and a share of the epoll_wait that found them.
SYSCALLS_MAX = 4.2


@dataclasses.dataclass(frozen=True)
class Instructions:
    """In user space, of a release build; and, so that growth is seen without one, of Debian 12's g++ without
    optimisation."""
    optimised: int
    unoptimised: int


# Each is what was measured and 3 or 4 %, so that growth is noticed when it comes. Lower it with what it became.
# Of a GET answered with 1 KiB: parse, route, rewrite and relay two heads.
INSTRUCTIONS_MAX = Instructions(19_500, 101_000)
# The same with two records to open and one to seal.
TLS_INSTRUCTIONS_MAX = Instructions(38_500, 122_000)
# Of a POST of 12 KiB: the same with a body that nobody looks into; and with a cohort 8 KiB into it.
POST_INSTRUCTIONS_MAX = Instructions(21_300, 109_500)
JSON_INSTRUCTIONS_MAX = Instructions(57_500, 411_000)
# Nothing that is done for each request allocates.
ALLOCATIONS_MAX = 0

SYSCALL_REQUESTS = 5_000
SYSCALL_TRIES = 3
CALLGRIND_REQUESTS = (300, 900)
ALLOCATION_REQUESTS = 4000
ALLOCATION_TRIES = 3
WARM = 2000


@dataclasses.dataclass
class Finding:
    name: str
    value: float
    limit: float
    detail: str = ""

    @property
    def kept(self):
        return self.value <= self.limit

    def __str__(self):
        verdict = "kept" if self.kept else "BROKEN"
        return f"{verdict:7} {self.name}: {self.value:,.2f} of at most {self.limit:,.2f}{self.detail}"


@dataclasses.dataclass
class Subject:
    """What is measured: the name of a variant, its binary, and the origin behind it."""
    name: str
    binary: object
    origin_port: int
    core: int

    @property
    def optimised(self):
        said = subprocess.run([self.binary, "--version"], capture_output=True, text=True).stdout
        return self.name != "segue" or re.search(r"-O[23s]|Release|RelWithDebInfo", said) is not None

    @property
    def variant(self):
        return dataclasses.replace(variants.named(self.name), binary=self.binary)

    def start(self, **options):
        return Proxy(self.variant, self.origin_port, self.core, **options)


def system_calls(subject, what="GET", options=MANY):
    """Of a saturated proxy, and of several tries the best: a proxy that is starved of work wakes up for
    less at a time, and nothing makes it need fewer calls than it needs."""
    tries = []
    with subject.start() as proxy:
        for _ in range(SYSCALL_TRIES):
            tries.append(syscalls.per_request(proxy, options, WARM, SYSCALL_REQUESTS, syscalls.saturated()))
            if tries[-1] <= SYSCALLS_MAX:
                break
    return Finding(f"system calls per {what}", min(tries), SYSCALLS_MAX)


def user_instructions(subject, what="GET", options=FEW, limit=INSTRUCTIONS_MAX):
    value = instructions.per_request(subject.variant, subject.origin_port, subject.core, options, CALLGRIND_REQUESTS)
    return Finding(f"user instructions per {what}", value, limit.optimised if subject.optimised else limit.unoptimised)


def heap_allocations(subject, what, options):
    """Between warm connections and before they close, in the threads that serve. Of several tries the best: one
    more connection to the origin, opened when more requests than ever met, is growth; what each request
    allocates is there in every try."""
    counter = allocations.Counter()
    with subject.start(environment=counter.environment) as proxy:
        serves = allocations.serving_threads(proxy.program, proxy.process.pid)
        best = None
        for _ in range(ALLOCATION_TRIES):
            count, stacks = allocations_of_one_load(counter, serves, proxy, options)
            if best is None or count < best[0]:
                best = count, stacks
            if count == 0:
                break
    count, stacks = best
    detail = f" ({count} in {ALLOCATION_REQUESTS} requests){stacks}" if count else ""
    return Finding(f"heap allocations per {what}", count / ALLOCATION_REQUESTS, ALLOCATIONS_MAX, detail)


def allocations_of_one_load(counter, serves, proxy, options):
    """How many, and where the first of them came from."""
    with load.Gated(proxy.port_for(options), warm=WARM, **options, requests=ALLOCATION_REQUESTS) as gated:
        counter.arm()
        before = counter.total(serves)
        if before == 0:
            raise RuntimeError("not even growth was counted: is the binary linked statically?")
        gated.go()
        count = counter.total(serves) - before
        counter.arm(False)
        return count, "".join(f"\n  {trace}" for trace in counter.traces(proxy.process.pid, serves)) if count else ""


CHECKS = {
    "syscalls": system_calls,
    "instructions": user_instructions,
    "syscalls-tls": lambda subject: system_calls(subject, "GET over TLS", {**MANY, **TLS}),
    "instructions-tls": lambda subject: user_instructions(
        subject, "GET over TLS", {**FEW, **TLS}, TLS_INSTRUCTIONS_MAX),
    "allocations-get": lambda subject: heap_allocations(subject, "GET", FEW),
    "allocations-post": lambda subject: heap_allocations(subject, "POST of 12 KiB", POST),
    "syscalls-post": lambda subject: system_calls(subject, "POST of 12 KiB", {**POST, "connections": 64}),
    "instructions-post": lambda subject: user_instructions(
        subject, "POST of 12 KiB", POST, POST_INSTRUCTIONS_MAX),
    "instructions-json": lambda subject: user_instructions(
        subject, "POST whose cohort is in its body", {**JSON, "connections": 8}, JSON_INSTRUCTIONS_MAX),
    "syscalls-json": lambda subject: system_calls(
        subject, "POST whose cohort is in its body", {**JSON, "connections": 64}),
    "allocations-json": lambda subject: heap_allocations(
        subject, "POST whose cohort is in its body", {**JSON, "connections": 8}),
}


def measure(name, binary, checks):
    """The findings, one after the other as they are made."""
    with load.Origin() as origin:
        subject = Subject(name, binary, origin.port, processes.cores()[0])
        for check in checks:
            yield CHECKS[check](subject)
