"""The proxies that are compared, each with its configuration, and one running instance of each."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

from lib import load, processes, tools

READY_SECONDS = 60  # under valgrind a start takes seconds
PEERS = tools.ROOT / "bench" / "peers"

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

# name: (program, template, what fills it)
VARIANTS = {
    "segue": ("segue", "segue.toml.in", {}),
    "nginx": ("nginx", "nginx.conf.in", {}),
    "nginx-tuned": ("nginx", "nginx.conf.in", {"EXTRA": NGINX_TUNED}),
    "nginx-forwarded": ("nginx", "nginx.conf.in", {"EXTRA": NGINX_TUNED + NGINX_FORWARDED}),
    "haproxy": ("haproxy", "haproxy.cfg.in", {}),
    "haproxy-tuned": ("haproxy", "haproxy.cfg.in", {"GLOBAL": HAPROXY_TUNED}),
    "haproxy-forwarded": ("haproxy", "haproxy.cfg.in", {"FRONTEND": HAPROXY_FORWARDED}),
}
DEFAULT = ["segue", "nginx", "nginx-tuned", "haproxy", "haproxy-tuned"]


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
                    "-keyout", key, "-out", cert, "-days", "30", "-subj", "/CN=ci.example.com",
                    "-addext", "subjectAltName=DNS:ci.example.com"], check=True, capture_output=True)
    (directory / "both.pem").write_text(cert.read_text() + key.read_text())


def version(program, binary):
    """One line that says which program this is."""
    option = "--version" if program == "segue" else "-v"
    done = subprocess.run([str(binary), option], capture_output=True, text=True)
    return (done.stdout + done.stderr).strip().split("\n")[0]


class Proxy:
    """A running instance in front of the origin, in a directory of its own; ends with its `with`.

    `wrap` is put before the command (valgrind): nginx is then one process, so that the wrapped process
    is the one that serves. `environment` is added to ours.
    """

    def __init__(self, name, binary, origin_port, core, wrap=(), environment=None):
        self.name, self.port, self.tls_port = name, free_port(), free_port()
        self.program, template, extra = VARIANTS[name]
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=f"bench-{name}-"))
        certificate(self.dir)
        values = {"PORT": self.port, "TLSPORT": self.tls_port, "ORIGIN": origin_port, "DIR": self.dir,
                  "MASTER": "off" if wrap else "on",
                  "PROCESS": "[process]\nseccomp = false  # valgrind knows no filters\n" if wrap else "",
                  "USER": "user root;" if os.getuid() == 0 else "", **extra}
        config = self.dir / template.removesuffix(".in")
        config.write_text(fill((PEERS / template).read_text(), values))
        command = {
            "segue": [binary, "run", "--allow-root", "-c", config],
            "nginx": [binary, "-p", f"{self.dir}/", "-e", "stderr", "-c", config],
            "haproxy": [binary, "-db", "-f", config],
        }[self.program]
        self.log = open(self.dir / "output", "wb")
        self.process = processes.start([*wrap, *command], core, stdin=subprocess.DEVNULL,
                                       stdout=self.log, stderr=self.log, cwd=self.dir,
                                       env={**os.environ, **(environment or {})})
        try:
            self.wait_ready()
        except BaseException:
            self.__exit__()
            raise

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
        output = (self.dir / "output").read_text(errors="replace")
        raise RuntimeError(f"{self.name} {what}:\n{output[-3000:]}")

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
