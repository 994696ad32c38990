"""A running segue: the binary, a configuration, a temporary directory, and its admin socket."""
import json
import os
import shutil
import signal
import subprocess
import tempfile

from support import unix_http
from support.client import RawClient
from support.config import to_toml
from support.process import end, open_files, open_sockets, resident_kib, start, wait_until
from support.wire import WAIT

BIN = os.environ.get("SEGUE_BIN", "")
SANITIZE = os.environ.get("SEGUE_SANITIZE", "")  # "", "address,undefined", "thread": how BIN was built


ROOT = os.geteuid() == 0  # as on many a machine that runs tests


class Segue:
    """Starts `segue run`, and waits until it is ready unless told not to. `stop()` asserts a clean end.

    As root it is told to stay root unless `as_root` is empty; `wrap` is put before the command."""

    def __init__(self, config, wait_ready=True, env=None, args=(), wrap=(),
                 as_root=("--allow-root",) if ROOT else ()):
        self.as_root, self.wrap = as_root, wrap
        self.dir = tempfile.mkdtemp(prefix="segue-e2e-")
        self.admin_path = os.path.join(self.dir, "admin.sock")
        self.access_path = os.path.join(self.dir, "access.log")
        self.config_path = os.path.join(self.dir, "segue.toml")
        self.error_path = os.path.join(self.dir, "stderr")
        self.write_config(config)
        self.process = None
        self.env, self.args = env or {}, args
        try:
            self._start(self.env, args)
            wait_until("the admin socket", lambda: self._alive() and self._answers("/live"))
            if wait_ready:
                self.wait_ready()
        except BaseException:
            print(self.errors())
            self.kill()
            raise

    def _start(self, env, args):
        report = os.path.join(self.dir, "sanitizer")
        environment = {
            **os.environ,
            "ASAN_OPTIONS": f"detect_leaks=1:detect_stack_use_after_return=1:log_path={report}:exitcode=99",
            "UBSAN_OPTIONS": f"print_stacktrace=1:halt_on_error=1:log_path={report}",
            "TSAN_OPTIONS": f"second_deadlock_stack=1:log_path={report}:exitcode=66",
            **env,
        }
        with open(self.error_path, "ab") as errors:
            self.process = start([*self.wrap, BIN, "run", *self.as_root, "-c", self.config_path, *args], cwd=self.dir, env=environment,
                                 stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)

    def _alive(self):
        if self.process.poll() is not None:
            raise AssertionError(f"segue ended with {self.process.returncode}")
        return True

    def _answers(self, target):
        try:
            return self.admin("GET", target).status == 200
        except OSError:
            return False

    @property
    def pid(self):
        return self.process.pid

    def write_config(self, config):
        """`config` with the admin socket and the access log put into this directory."""
        config = {**config,
                  "admin": {"socket": self.admin_path, **config.get("admin", {})},
                  "log": {"level": "info", **config.get("log", {}),
                          "access": {"file": self.access_path, **config.get("log", {}).get("access", {})}}}
        if not ROOT:  # or /proc would not tell the test about it
            config["process"] = {"core_dumps": True, **config.get("process", {})}
        with open(self.config_path, "w") as file:
            file.write(to_toml(config))

    def write_config_text(self, text):
        with open(self.config_path, "w") as file:
            file.write(text)

    # Asking it.
    def admin(self, method, target, body=None, fields=None):
        return unix_http.ask(self.admin_path, method, target, body, fields)

    def get(self, target):
        answer = self.admin("GET", target)
        assert answer.status == 200, f"GET {target}: {answer}"
        return answer.json()

    def wait_ready(self):
        wait_until("/ready", lambda: self._alive() and self._answers("/ready"))

    def address(self, listener="edge"):
        """The bound address of a listener: with the real port."""
        for entry in self.get("/v1/listeners")["listeners"]:
            if entry["listener"] == listener:
                return entry["address"]
        raise AssertionError(f"no listener {listener}")

    def connect(self, listener="edge", **options):
        return RawClient(self.address(listener), **options)

    def endpoints(self, pool):
        """By address: rotation, cause, counts; `health` is what active checks say, with their evidence."""
        found = {e["address"]: e for e in self.get(f"/v1/pools/{pool}/endpoints")["endpoints"]}
        for report in self.get("/v1/health")["endpoints"]:
            if report["pool"] == pool and report["address"] in found:
                entry = found[report["address"]]
                entry["health"] = report["state"]
                entry.update({k: report[k] for k in ("outlier", "ejections", "transitions", "last_result")})
        return found

    def split(self, route="all"):
        """By pool: weights, shares and counts of a route's split."""
        return {row["pool"]: row for row in self.get(f"/v1/splits/{route}")["pools"]}

    def wait_endpoint(self, pool, address, **wanted):
        """Waits until the endpoint's entry has these values."""
        def there():
            entry = self.endpoints(pool)[address]
            return entry if all(entry.get(k) == v for k, v in wanted.items()) else None
        try:
            return wait_until(f"{pool} {address} {wanted}", there)
        except AssertionError:
            raise AssertionError(f"wanted {wanted}, is {self.endpoints(pool)[address]}") from None

    def weights(self, route, **weights):
        answer = self.admin("PUT", f"/v1/splits/{route}", {"weights": weights})
        assert answer.status == 200, f"weights {route} {weights}: {answer}"
        return answer

    def metrics(self):
        """Samples by name with labels as in the text."""
        answer = self.admin("GET", "/metrics")
        assert answer.status == 200, answer
        samples = {}
        for line in answer.body.decode().splitlines():
            if line and not line.startswith("#"):
                name, _, number = line.rpartition(" ")
                samples[name] = float(number)
        return samples

    def metric(self, name, **labels):
        """The sum of all samples of `name` with these labels."""
        wanted = [f'{k}="{v}"' for k, v in labels.items()]
        return sum(v for k, v in self.metrics().items()
                   if k.partition("{")[0] == name and all(w in k for w in wanted))

    def access_text(self, count):
        """Waits for `count` lines of the access log and returns all there are."""
        def lines():
            if not os.path.exists(self.access_path):
                return None
            with open(self.access_path) as log:
                whole = [line for line in log if line.endswith("\n")]
            return whole if len(whole) >= count else None
        return wait_until(f"{count} access log lines", lines)

    def access_lines(self, count):
        return [json.loads(line) for line in self.access_text(count)]

    def ctl(self, *args, wait=WAIT):
        """`segue ctl --socket … ARGS`."""
        return subprocess.run([BIN, "ctl", "--socket", self.admin_path, *args], capture_output=True, text=True,
                              timeout=wait)

    def rss_kib(self):
        return resident_kib(self.pid)

    def open_files(self):
        return open_files(self.pid)

    def open_sockets(self):
        return open_sockets(self.pid)

    def errors(self):
        with open(self.error_path, errors="replace") as file:
            return file.read()

    # Ending it.
    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def sanitizer_reports(self):
        reports = ""
        for name in sorted(os.listdir(self.dir)):
            if name.startswith("sanitizer."):
                with open(os.path.join(self.dir, name), errors="replace") as file:
                    reports += file.read()
        return reports

    def stop(self):
        """SIGTERM; then: exit code 0, no sanitizer report."""
        if self.process is None:
            return
        process, self.process = self.process, None
        try:
            code = end(process)
            reports = self.sanitizer_reports()
            assert code == 0 and not reports, f"segue ended with {code}\n{reports}\n{self.errors()[-4000:]}"
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)

    def crash(self):
        """kill -9; its files stay for start_again()."""
        process, self.process = self.process, None
        end(process, signal.SIGKILL)

    def end(self):
        """SIGTERM; its files stay for start_again()."""
        process, self.process = self.process, None
        code = end(process)
        assert code == 0, f"segue ended with {code}\n{self.errors()[-4000:]}"

    def start_again(self):
        self._start(self.env, self.args)
        wait_until("the admin socket", lambda: self._alive() and self._answers("/live"), every=0.005)
        self.wait_ready()

    def kill(self):
        if self.process is not None:
            process, self.process = self.process, None
            end(process, signal.SIGKILL)
        shutil.rmtree(self.dir, ignore_errors=True)
