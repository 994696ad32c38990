"""Certificates made for one test by openssl, and TLS sockets of Python's ssl over them."""
import os
import socket
import ssl
import subprocess
import tempfile

from support.client import RawClient
from support.upstream import ScriptedUpstream
from support.wire import WAIT, Wire


class Pki:
    """An authority in a directory of its own; issue() makes certificates that it signs."""

    def __init__(self, directory=None):
        self.dir = directory or tempfile.mkdtemp(prefix="segue-e2e-pki-")
        self.ca, self.ca_key = self.path("ca.pem"), self.path("ca.key")
        self._run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.ca_key,
                  "-out", self.ca, "-days", "30", "-subj", "/CN=segue test authority")

    def path(self, name):
        return os.path.join(self.dir, name)

    def _run(self, *args, stdin=None):
        done = subprocess.run(["openssl", *args], capture_output=True, text=True, input=stdin)
        assert done.returncode == 0, f"openssl {args}: {done.stderr}"

    def issue(self, name, names=(), addresses=(), kind="ec", days=30, subject=None):
        """Paths of certificate and key. `days` below 0: it has expired."""
        cert, key, request, extensions = (self.path(f"{name}.{end}") for end in ("pem", "key", "csr", "ext"))
        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "ec" else ["-newkey", "rsa:2048"]
        self._run("req", "-new", *new, "-nodes", "-keyout", key, "-out", request, "-subj", subject or f"/CN={name}")
        alternatives = [f"DNS:{n}" for n in names] + [f"IP:{a}" for a in addresses]
        with open(extensions, "w") as file:
            file.write("basicConstraints=CA:FALSE\n")
            if alternatives:
                file.write("subjectAltName=" + ",".join(alternatives) + "\n")
        span = ["-days", str(days)]
        if days < 0:  # openssl x509 knows no past; ca does
            return self._issue_past(name, cert, key, request, extensions)
        self._run("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.ca_key, "-CAcreateserial", "-out", cert,
                  "-extfile", extensions, *span)
        return cert, key

    def _issue_past(self, name, cert, key, request, extensions):
        database, serial = self.path("index.txt"), self.path("serial")
        open(database, "a").close()
        with open(serial, "w") as file:
            file.write("%02x\n" % (os.getpid() % 200 + 16))
        config = self.path("ca.cnf")
        with open(config, "w") as file:
            file.write(f"[ca]\ndefault_ca=c\n[c]\ndatabase={database}\nserial={serial}\nnew_certs_dir={self.dir}\n"
                       "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
        self._run("ca", "-batch", "-config", config, "-in", request, "-cert", self.ca, "-keyfile", self.ca_key,
                  "-startdate", "20200101000000Z", "-enddate", "20200201000000Z", "-extfile", extensions, "-out", cert,
                  "-notext")
        return cert, key

    def ocsp(self, cert):
        """The path of an OCSP answer that says "good" of `cert`."""
        index, answer = self.path("ocsp.index"), cert + ".ocsp"
        done = subprocess.run(["openssl", "x509", "-in", cert, "-noout", "-serial"], capture_output=True, text=True)
        serial = done.stdout.strip().partition("=")[2]
        with open(index, "w") as file:
            file.write(f"V\t400101000000Z\t\t{serial}\tunknown\t/CN=any\n")
        self._run("ocsp", "-index", index, "-CA", self.ca, "-rsigner", self.ca, "-rkey", self.ca_key, "-issuer", self.ca,
                  "-cert", cert, "-respout", answer, "-ndays", "2", "-noverify")
        return answer

    def entry(self, *args, **kwargs):
        """An item of a listener's tls."""
        cert, key = self.issue(*args, **kwargs)
        return {"cert": cert, "key": key}

    def client_context(self, verify=True, cert=None, **versions):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if verify:
            context.load_verify_locations(self.ca)
        else:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if cert:
            context.load_cert_chain(*cert)
        for name, version in versions.items():
            setattr(context, name, version)
        return context

    def server_context(self, cert, key, ask_clients=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        if ask_clients:
            context.load_verify_locations(self.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


class TlsClient(RawClient):
    def __init__(self, address, context, name="ci.example.com", session=None, **options):
        wrap = lambda sock: context.wrap_socket(sock, server_hostname=name, session=session)
        super().__init__(address, wrap, **options)

    @property
    def tls(self):
        return self.sock


class TlsUpstream(ScriptedUpstream):
    """A ScriptedUpstream behind TLS. `handshakes` are the finished ones, as (reused, server name)."""

    def __init__(self, context, **options):
        super().__init__(**options)
        self.context, self.handshakes, self.failures = context, [], []
        self.names = {}
        context.sni_callback = lambda sock, name, _: self.names.__setitem__(id(sock), name)

    def accept(self, wait=WAIT):
        self.listener.settimeout(wait)
        try:
            sock, _ = self.listener.accept()
        except socket.timeout:
            return super().accept(0.001)
        sock.settimeout(WAIT)
        try:
            tls = self.context.wrap_socket(sock, server_side=True)
        except (ssl.SSLError, OSError) as problem:
            self.failures.append(problem)
            sock.close()
            return self.accept(wait)
        self.handshakes.append((tls.session_reused, self.names.get(id(tls))))
        wire = Wire(tls)
        self.wires.append(wire)
        return wire
