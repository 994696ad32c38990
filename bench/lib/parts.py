"""What a proxy's CPU time was spent for: each sampled stack is counted in exactly one part.

User space is divided by the shared object of the innermost frame. In the kernel the first of the rules below that
finds its functions anywhere in the stack decides, so that the order matters: what interrupts belongs to nobody;
waking another task happens within a send, and is not counted as one.
"""
import collections
import dataclasses
import re

USER, KERNEL = "user space", "kernel"
SEND = r"__x64_sys_(send.*|write|writev|pwrite64|pwritev.?)"


@dataclasses.dataclass(frozen=True)
class Rule:
    name: str
    function: str     # a pattern of the whole name
    within: str = ""  # the same of one that must be in the stack, too

    def holds(self, called):
        return all(any(re.fullmatch(pattern, name) for name in called)
                   for pattern in (self.function, self.within) if pattern)


RULES = [
    # Timers (perf's own among them) and devices hit whoever runs.
    Rule("interrupts", r"asm_sysvec_.*|asm_common_interrupt|asm_exc_nmi"),
    Rule("wake-ups of others", r"sock_def_readable|sk_stream_write_space|sock_def_write_space.*|ep_poll_callback|"
         r"_*wake_up.*|try_to_wake_up|default_wake_function"),
    Rule("receive", r"__x64_sys_(recv.*|read|readv|pread64|preadv.?)"),
    # The receiver's half of TCP, which the loopback has the sender do, in the soft interrupt that a packet raises.
    # With a network card between them it would be on another machine's bill.
    Rule("send: delivery by the loopback", r"do_softirq|__do_softirq|handle_softirqs", within=SEND),
    Rule("send: the rest", SEND),
    Rule("splice", r"__x64_sys_(splice|tee|sendfile64)"),
    Rule("epoll", r"__x64_sys_epoll_.*"),
    Rule("other system calls", r"__x64_sys_.*"),
    # What is left of a call when it is not within the function that does its work.
    Rule("system call entry and seccomp", r"entry_SYSCALL_.*|do_syscall_64|syscall_.*|__seccomp_filter"),
    Rule("other", r".*"),
]


def part_of(stack):
    """(USER or KERNEL, the part's name)."""
    if not stack[-1].is_kernel:
        return USER, stack[-1].owner
    called = [frame.name for frame in stack if frame.is_kernel]
    return KERNEL, next(rule.name for rule in RULES if rule.holds(called))


def counted(stacks):
    counts = collections.Counter()
    for stack, samples in stacks.items():
        counts[part_of(stack)] += samples
    return counts


def table(recording):
    """Lines of text: the user's parts by size, the kernel's in the order of the rules. Behind each share are the
    lowest and the highest of the slices: what they differ by is not known better."""
    slices = [counted(stacks) for stacks in recording.slices]
    counts = sum(slices, collections.Counter())
    lines = [f"{'%':>6} {'(slices)':>13} {'µs/request':>11}"]

    def line(keys, text):
        share, *each = (sum(one[key] for key in keys) / one.total() for one in (counts, *slices))
        spread = f"({min(each):.1%}–{max(each):.1%})"
        lines.append(f"{share:6.1%} {spread:>13} {share * recording.us_per_request:11.2f}  {text}")
    orders = {USER: [key for key, _ in counts.most_common() if key[0] == USER],
              KERNEL: [(KERNEL, rule.name) for rule in RULES if (KERNEL, rule.name) in counts]}
    for side, keys in orders.items():
        line(keys, side)
        for key in keys:
            line([key], f"  {key[1]}")
    line(list(counts), "all")
    return lines
