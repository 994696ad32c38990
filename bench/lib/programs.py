"""The programs that can stand between load and origin: how each is started and what it can do.

Which workloads a program takes part in follows from `can`: a workload that `needs` what is not in there
leaves it out, and the tables have no row for it.
"""
import dataclasses
import typing

from lib import tools

PLAIN = frozenset({"http", "websocket", "events"})
# "reuse": connections to the origin outlive the clients'. A relay's do not, so that it is no floor there.
FULL = PLAIN | {"tls", "reuse"}


@dataclasses.dataclass(frozen=True)
class Program:
    template: str               # in bench/peers/; empty: no configuration
    command: typing.Callable    # (running proxy, binary) -> the words of its command
    can: frozenset = FULL
    role: str = "peer"          # "subject", "peer" or "floor"
    version: tuple = ("--version",)
    no_log: str = ""            # what fills @LOG@ without one
    logs: dict = dataclasses.field(default_factory=dict)  # suffix: what fills @LOG@ in its template


NGINX_LOG = "access_log access.log combined{options};"

PROGRAMS = {
    "segue": Program("segue.toml.in", lambda p, binary: [binary, "run", "--allow-root", "-c", p.config], role="subject", can=FULL | {"own"},
                     logs={"log": '[log.access]\nfile = "@DIR@/access.log"'}),
    # The system's nginx writes a line at a time unless told to buffer; people do both.
    "nginx": Program("nginx.conf.in", lambda p, binary: [binary, "-p", f"{p.dir}/", "-e", "stderr", "-c", p.config],
                     version=("-v",), no_log="access_log off;",
                     logs={"log": NGINX_LOG.format(options=" buffer=64k flush=1s"),
                           "log-unbuffered": NGINX_LOG.format(options="")}),
    # Standard output, as in containers: here a file, with one write per line. A syslog socket costs the same
    # call and a reader.
    "haproxy": Program("haproxy.cfg.in", lambda p, binary: [binary, "-db", "-f", p.config], version=("-v",),
                       logs={"log": "  log stdout format raw local0\n  option httplog"}),
    "nghttpx": Program("nghttpx.conf.in", lambda p, binary: [binary, f"--conf={p.config}"],
                       logs={"log": "accesslog-file=@DIR@/access.log"}),
    "h2o": Program("h2o.conf.in", lambda p, binary: [binary, "-c", p.config],
                   logs={"log": "access-log: @DIR@/access.log"}),
    "relay": Program("", lambda p, binary: [binary, "--port", p.port, "--origin", p.origin_port, *p.variant.options],
                     can=PLAIN, role="floor", version=()),
}


def find(name):
    """The path of a program as this system has it, of the relay as it is compiled here; None without it."""
    if name == "segue":
        return tools.SEGUE
    return tools.program("relay") if name == "relay" else tools.find(name)
