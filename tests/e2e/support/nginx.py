"""nginx as an upstream: what real servers do that scripted ones do not."""
import os
import shutil
import signal
import socket
import tempfile

from support.process import end, start, wait_until

TRIES = 5  # a free port may be taken before nginx binds it


def free_port(host="127.0.0.1"):
    with socket.socket(socket.AF_INET) as sock:
        sock.bind((host, 0))
        return sock.getsockname()[1]


class Nginx:
    """One nginx with its own directory, one worker, no daemon. `server` is the text of its server block. One that
    is killed and comes back has a `host` of its own: nobody else gets its port meanwhile."""

    def __init__(self, binary, server, http="", root=None, host="127.0.0.1"):
        self.binary, self.host = binary, host
        self.dir = tempfile.mkdtemp(prefix="segue-e2e-nginx-")
        self.server, self.http, self.root = server, http, root
        self.process = None
        for attempt in range(TRIES):
            self.port = free_port(host)
            try:
                self.start()
                return
            except AssertionError:
                if attempt == TRIES - 1:
                    raise

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def start(self):
        path = os.path.join(self.dir, "nginx.conf")
        with open(path, "w") as file:
            file.write(f"""
daemon off; worker_processes 1; pid {self.dir}/pid; error_log {self.dir}/error.log warn;
{"user root;" if os.getuid() == 0 else ""}
events {{ worker_connections 4096; }}
http {{
  access_log off; client_max_body_size 0; keepalive_requests 1000000;
  client_body_temp_path {self.dir}/body; proxy_temp_path {self.dir}/proxy; fastcgi_temp_path {self.dir}/fcgi;
  uwsgi_temp_path {self.dir}/uwsgi; scgi_temp_path {self.dir}/scgi;
  {self.http}
  server {{ listen {self.address} backlog=4096; {f"root {self.root};" if self.root else ""} {self.server} }}
}}
""")
        self.process = start([self.binary, "-p", self.dir, "-c", path, "-e", f"{self.dir}/error.log"])
        wait_until("nginx", self._listens, wait=10)

    def _listens(self):
        assert self.process.poll() is None, self.errors()
        with socket.socket(socket.AF_INET) as sock:
            return sock.connect_ex((self.host, self.port)) == 0

    def errors(self):
        path = os.path.join(self.dir, "error.log")
        if not os.path.exists(path):
            return ""
        with open(path) as file:
            return file.read()

    def kill(self):
        """SIGKILL to the master and its worker, by their ids: connections are reset, not finished."""
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(children) as file:
            workers = [int(pid) for pid in file.read().split()]
        for pid in [self.process.pid, *workers]:
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        wait_until("the end of nginx's workers", lambda: not any(_runs(pid) for pid in workers))

    def stop(self):
        if self.process is not None:
            end(self.process, signal.SIGTERM)
        shutil.rmtree(self.dir, ignore_errors=True)


def _runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
