"""A Buildbot master as an upstream: its GitHub hook, its REST API and its pages, without workers.

Debian packages the server without the front end, and the server does not start its web service without one. An
empty front end of our own, found through PYTHONPATH, takes its place: a page that carries Buildbot's own
configuration as JSON. Everything else is Buildbot's.
"""
import collections
import http.client
import json
import os
import re
import shutil
import signal
import tempfile
import urllib.request

from support import github
from support.case import SegueCase
from support.config import config, pool, route
from support.process import end, start, wait_until
from support.wire import WAIT

PLUGIN = {
    "front/__init__.py": """
from buildbot.www.plugin import Application
ep = Application(__name__, "an empty front end")
""",
    "front/VERSION": "1\n",
    "front/static/index.html": """<!doctype html>
<title>Buildbot</title>
<script type="application/json">{{ configjson|safe }}</script>
""",
    "front-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: front\nVersion: 1\n",
    "front-1.dist-info/entry_points.txt": "[buildbot.www]\nbase = front:ep\n",
}

# multiMaster: Buildbot insists on a worker and a builder only of a master that is alone.
SECRET = "It's a Secret to Everybody"
USER = ("tester", "pencil")
HOOK = "/change_hook/github"
START = 90  # seconds; two with nothing else to do take 3
HEALTH = {"preset": "buildbot", "interval": "1s"}

MASTER = """
from buildbot.plugins import util
c = BuildmasterConfig = {{
    "title": {name!r}, "titleURL": "http://ci.example.com/", "buildbotURL": "http://ci.example.com/",
    "db": {{"db_url": "sqlite:///state.sqlite"}}, "buildbotNetUsageData": None, "multiMaster": True,
    "www": {{"port": "tcp:0:interface=127.0.0.1", "auth": util.UserPasswordAuth({users!r}),
             "change_hook_dialects": {{"github": {github!r}}}}},
}}
"""


class Buildbot:
    """A master that starts; `wait_ready()` before anything is asked of it. Port 0: the log says which it got."""

    def __init__(self, binary, name, secret, github_api, users=()):
        self.name, self.process, self.address = name, None, None
        self.dir = tempfile.mkdtemp(prefix=f"segue-e2e-buildbot-{name}-")
        self.master = os.path.join(self.dir, "master")
        for path, text in PLUGIN.items():
            self._write(os.path.join("plugins", path), text)
        github = {"secret": secret, "strict": True, "github_api_endpoint": github_api}
        self._write("master/master.cfg", MASTER.format(name=name, users=dict(users), github=github))
        self.start(f'"{binary}" create-master -q . && exec "{binary}" start --nodaemon .')
        self.command = f'exec "{binary}" start --nodaemon .'

    def start(self, command=None):
        """Again after `kill()`, with its database, on another port."""
        self.logs = [os.path.join(self.dir, "out"), os.path.join(self.master, "twistd.log")]
        for path in self.logs:
            if os.path.exists(path):
                os.remove(path)
        with open(self.logs[0], "wb") as out:
            self.process = start(
                ["sh", "-c", command or self.command], cwd=self.master, stdout=out, stderr=out,
                env={**os.environ, "PYTHONPATH": os.path.join(self.dir, "plugins"), "PYTHONDONTWRITEBYTECODE": "1"})
        return self

    def _write(self, path, text):
        path = os.path.join(self.dir, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)

    def log(self):
        text = ""
        for path in self.logs:
            if os.path.exists(path):
                with open(path, errors="replace") as file:
                    text += file.read()
        return text

    def wait_ready(self):
        def port():
            log = self.log()
            assert self.process.poll() is None, f"it ended with {self.process.returncode}"
            found = re.search(r"BuildbotSite starting on (\d+)", log)
            return found and "BuildMaster is running" in log and found[1]
        try:
            self.address = f"127.0.0.1:{wait_until('its port', port, START, every=0.1)}"
        except AssertionError as problem:
            raise AssertionError(f"Buildbot master {self.name}: {problem}\n{self.log()[-3000:]}") from None
        return self

    def get(self, path):
        """The answer of its REST API, asked directly."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://{self.address}{path}", timeout=WAIT) as answer:
            return json.load(answer)

    def changes(self):
        """Everything it took for a change, oldest first."""
        changes = self.get("/api/v2/changes?field=changeid&field=revision&field=project")["changes"]
        return sorted(changes, key=lambda change: change["changeid"])

    def identity(self):
        """The name it gives itself at /api/v2/masters; no other has it."""
        return self.get("/api/v2/masters")["masters"][0]["name"]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        try:
            end(self.process, signal.SIGTERM)
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)


class Masters(SegueCase):
    """Tests with two masters, old and new, that start once for all of them."""

    masters = {}

    def setUp(self):
        binary = self.need("buildbot")
        self.need("curl")
        if not os.path.exists(github.EXAMPLES):
            self.skipTest("tests/node_modules is not there; scripts/setup --tests installs it")
        if not self.masters:  # both for all tests: each takes seconds to start
            type(self).api = github.Api()
            self.masters.update((name, Buildbot(binary, name, SECRET, self.api.url, [USER])) for name in ("old", "new"))
        for master in self.masters.values():
            if master.address is None:
                master.wait_ready()

    @classmethod
    def tearDownClass(cls):
        for master in cls.masters.values():
            master.stop()
        if cls.masters:
            cls.api.close()

    def proxy(self, **ui):
        """Both masters are in use; `ui` is set on the route of the pages. No test begins with these weights: the first
        it sets are a change, and served when they are answered."""
        segue = self.segue(config({name: pool(m.address, health=HEALTH) for name, m in self.masters.items()}, [
            route({"old": 50, "new": 50}, name="webhooks", match={"path": HOOK, "methods": ["POST"]},
                  fallback=["old", "new"], cohort="repository", response_timeout="9s"),
            route({"old": 50, "new": 50}, name="ui", match={"path_prefix": "/"}, **ui)]))
        for name, master in self.masters.items():
            segue.wait_endpoint(name, master.address, rotation="in")
        return segue

    def changes(self):
        """Revision -> the masters that have a change of it, one entry for each change."""
        where = collections.defaultdict(list)
        for name, master in self.masters.items():
            for change in master.changes():
                where[change["revision"]].append(name)
        return where

    def ask(self, address, method, path, body=None, fields=()):
        """(status, reason, what does not differ from one answer to the next, body)"""
        connection = http.client.HTTPConnection(address, timeout=github.PATIENCE)
        try:
            connection.request(method, path, body, dict(fields))
            response = connection.getresponse()
            kept = [(n, v) for n, v in response.getheaders() if n not in ("Date", "Set-Cookie")]
            return response.status, response.reason, sorted(kept), response.read()
        finally:
            connection.close()
