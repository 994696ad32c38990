"""Chromium driven by playwright-core (browser.mjs), and sites to visit with it (django_site.py)."""
import json
import os
import subprocess
import sys

from support.process import end, start

HERE = os.path.dirname(os.path.abspath(__file__))
PLAYWRIGHT = os.path.join(HERE, "..", "..", "node_modules", "playwright-core")


class Browser:
    """One browser; a visitor is a name, with cookies of its own."""

    def __init__(self, chromium, folder):
        self.process = start(["node", os.path.join(HERE, "browser.mjs"), chromium], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True,
                             env={**os.environ, "HOME": folder, "XDG_CACHE_HOME": folder, "XDG_CONFIG_HOME": folder})
        self.version = self._answer()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the browser ended with {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["ok"]

    def ask(self, do, who, **rest):
        self.process.stdin.write(json.dumps({"do": do, "who": who, **rest}) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            end(self.process)
        self.process.stdout.close()


class Site:
    """A running django_site.py; ends with close()."""

    def __init__(self, name, folder, account, builds=()):
        self.name, self.account = name, account
        self.process = start([sys.executable, os.path.join(HERE, "django_site.py"), name, folder, account,
                              *map(str, builds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        if not self.address:
            raise AssertionError(f"the site {name} ended with {self.process.wait()}")

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()
