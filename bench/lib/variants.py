"""Which configurations of which programs are compared, by name, and how a name is chosen.

A variant is a program with what fills the gaps of its template. NAME+log is the same with its access log
on. A binary from elsewhere adds variants of its own.
"""
import dataclasses

from lib.programs import PROGRAMS

# Streams request bodies instead of collecting them, and reads long bodies in large pieces.
NGINX_TUNED = """
      proxy_request_buffering off;
      client_body_buffer_size 256k;
      proxy_buffer_size 16k;
      proxy_buffers 8 256k;
      proxy_busy_buffers_size 512k;
      proxy_max_temp_file_size 0;
"""
# What segue says to the upstream about the client, said by the others too.
NGINX_FORWARDED = """
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Port $server_port;
      proxy_set_header X-Request-Id $request_id;
"""
HAPROXY_FORWARDED = """
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Port %[dst_port]
  unique-id-format %{+X}o%ci:%cp_%fi:%fp_%Ts_%rt:%pid
  unique-id-header X-Request-Id
"""
# option splice-auto was tried beside it and changes nothing.
HAPROXY_TUNED = "  tune.bufsize 131072"


@dataclasses.dataclass(frozen=True)
class Variant:
    name: str
    program: str
    values: dict = dataclasses.field(default_factory=dict)  # for its template
    options: tuple = ()    # further words of its command
    units: tuple = ()      # takes part only in workloads of these units; empty: in all
    text: str = ""         # a configuration instead of its template
    binary: object = None  # path; None until chosen

    @property
    def role(self):
        return PROGRAMS[self.program].role

    def takes_part(self, workload):
        return workload.needs <= PROGRAMS[self.program].can and (not self.units or workload.unit in self.units)


ALL = [
    Variant("segue", "segue"),
    Variant("relay", "relay"),
    Variant("relay-splice", "relay", options=("--splice",), units=("gib",)),
    Variant("nginx", "nginx"),
    Variant("nginx-tuned", "nginx", {"EXTRA": NGINX_TUNED}),
    Variant("nginx-forwarded", "nginx", {"EXTRA": NGINX_TUNED + NGINX_FORWARDED}),
    Variant("haproxy", "haproxy"),
    Variant("haproxy-tuned", "haproxy", {"GLOBAL": HAPROXY_TUNED}),
    Variant("haproxy-forwarded", "haproxy", {"FRONTEND": HAPROXY_FORWARDED}),
    Variant("nghttpx", "nghttpx"),
    Variant("h2o", "h2o"),
]
VARIANTS = {variant.name: variant for variant in ALL}
DEFAULT = [name for name in VARIANTS if not name.endswith("-forwarded")]


class Unknown(ValueError):
    pass


def named(name, known=VARIANTS):
    """The variant of that name, or of NAME+log; Unknown says what there is."""
    base, _, log = name.partition("+")
    if base not in known:
        raise Unknown(f"{base} is none of {', '.join(known)}")
    variant = known[base]
    if not log:
        return variant
    logs = PROGRAMS[variant.program].logs
    if log not in logs:
        raise Unknown(f"{base} has no +{log}, only {', '.join('+' + kind for kind in logs) or 'the name alone'}")
    return dataclasses.replace(variant, name=name, values={**variant.values, "LOG": logs[log]})


def with_logs(names, known=VARIANTS):
    """The same variants with access logs on; the floor has none and stays."""
    result = []
    for name in names:
        logs = {} if "+" in name else PROGRAMS[named(name, known).program].logs
        result += [f"{name}+{log}" for log in logs] or [name]
    return result


@dataclasses.dataclass
class Binaries:
    """Where each program is; `add` takes what the user says."""
    paths: dict = dataclasses.field(default_factory=dict)
    known: dict = dataclasses.field(default_factory=lambda: dict(VARIANTS))
    added: list = dataclasses.field(default_factory=list)

    def add(self, text):
        """PROGRAM=PATH puts another binary in place of the system's; NAME=PROGRAM:PATH measures it beside
        that, as NAME and, where the program has it, NAME-tuned."""
        name, equals, rest = text.partition("=")
        program, colon, path = rest.partition(":") if ":" in rest else (name, "", rest)
        if not equals or not path or program not in PROGRAMS or "+" in name:
            raise Unknown(f"--binary {text}: needs PROGRAM=PATH or NAME=PROGRAM:PATH with a program of "
                          f"{', '.join(PROGRAMS)}")
        if not colon:
            self.paths[program] = path
            return
        if name in self.known:
            raise Unknown(f"--binary {text}: {name} is taken; choose another name")
        for suffix in ("", "-tuned"):
            if program + suffix in VARIANTS:
                made = dataclasses.replace(VARIANTS[program + suffix], name=name + suffix, binary=path)
                self.known[made.name] = made
                self.added.append(made.name)
