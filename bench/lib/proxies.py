"""One running instance of a proxy, with its configuration, in front of the origin."""
import contextlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

from lib import load, processes, tools
from lib.programs import PROGRAMS

READY_SECONDS = 60  # under valgrind a start takes seconds
PEERS = tools.ROOT / "bench" / "peers"

def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fill(template, values):
    return re.sub(r"@([A-Z]+)@", lambda name: str(values.get(name[1], "")), template)


def certificate(directory):
    """One ECDSA certificate for ci.example.com: cert.pem, key.pem and both.pem."""
    cert, key = directory / "cert.pem", directory / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", cert, "-days", "365", "-subj", "/CN=ci.example.com",
                    "-addext", "subjectAltName=DNS:ci.example.com"], check=True, capture_output=True)
    (directory / "both.pem").write_text(cert.read_text() + key.read_text())


def version(program, binary):
    """One line that says which program this is; empty for what is compiled here."""
    options = PROGRAMS[program].version
    if not options:
        return "of this tree"
    done = subprocess.run([str(binary), *options], capture_output=True, text=True)
    return (done.stdout + done.stderr).strip().split("\n")[0]


class Proxy:
    """A running instance in front of the origin, in a directory of its own; ends with its `with`.

    `core` is the one it is pinned to; None for all. `wrap` is put before the command (valgrind): nginx and
    nghttpx are then one process, so that the wrapped process is the one that serves. `environment` is added
    to ours.
    """

    def __init__(self, variant, origin_port, core, wrap=(), environment=None):
        self.variant, self.name, self.program = variant, variant.name, variant.program
        self.origin_port, self.port, self.tls_port = origin_port, free_port(), free_port()
        program = PROGRAMS[variant.program]
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=f"bench-{variant.name.replace(' ', '-')}-"))
        self.config = self.dir / (program.template.removesuffix(".in") or "none")
        if program.template:
            certificate(self.dir)
            text = variant.text or (PEERS / program.template).read_text()
            values = self.values(wrap)
            self.config.write_text(fill(fill(text, values), values))  # a value may name the directory
        self.log = open(self.dir / "output", "wb")
        self.process = processes.start([*wrap, *program.command(self, variant.binary)], core,
                                       stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd=self.dir,
                                       env={**os.environ, **(environment or {})})
        try:
            self.wait_ready()
        except BaseException:
            self.__exit__()
            raise

    def values(self, wrap):
        root = os.getuid() == 0
        return {"PORT": self.port, "TLSPORT": self.tls_port, "ORIGIN": self.origin_port, "DIR": self.dir,
                "MASTER": "off" if wrap else "on", "SINGLE": "single-process=yes" if wrap else "",
                "PROCESS": "[process]\nseccomp = false  # valgrind knows no filters\n" if wrap else "",
                "USER": "user root;" if root else "", "USERLINE": "user: root" if root else "",
                "CLIENTS": 6000, "TLSCLIENTS": 2500, "LOG": PROGRAMS[self.program].no_log, **self.variant.values}

    @property
    def admin_socket(self):
        return self.dir / "admin.sock"

    def wait_ready(self):
        end = time.monotonic() + READY_SECONDS
        while self.process.poll() is None and time.monotonic() < end:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1):
                    pass
                if load.run(self.port, path="/1", requests=1, check=False)["errors"] == 0:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        code = self.process.poll()
        what = f"did not serve within {READY_SECONDS} s" if code is None else f"ended with {code} before it served"
        raise RuntimeError(f"{self.name} {what}{self.last_words()}")

    def last_words(self):
        """The end of what it wrote to its outputs and error log, behind a colon; empty when that is nothing."""
        texts = [(self.dir / name).read_text(errors="replace").strip()[-1500:] for name in ("output", "error.log")
                 if (self.dir / name).exists()]
        said = "\n".join(text for text in texts if text)
        return f":\n{said}" if said else ""

    @contextlib.contextmanager
    def blamed(self):
        """Says whose fault a failed load is."""
        try:
            yield
        except load.LoadError as error:
            raise load.LoadError(f"{self.name}: {error}{self.last_words()}") from error

    def port_for(self, options):
        return self.tls_port if options.get("tls") else self.port

    def pids(self):
        return processes.tree(self.process.pid)

    def stop(self):
        processes.stop(self.process)
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)
