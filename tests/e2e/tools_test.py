# labels: native
"""Programs that others wrote: h2load, curl, a browser."""
import os
import re
import shutil

from support.browser import PLAYWRIGHT, Browser
from support.case import SegueCase, main
from support.config import config, pool, route
from support.nginx import Nginx
from support.segue import SANITIZE

REQUESTS = 2000 if SANITIZE else 20_000

PAGE = """<!doctype html><html><head><title>before</title><link rel="stylesheet" href="/style.css">
<script src="/app.js"></script></head><body><p id="out">waiting</p><img src="/dot.svg"></body></html>"""
SCRIPT = """addEventListener("load", async () => {
  const answer = await fetch("/api/build?id=1", {method: "POST", body: "x".repeat(100000)});
  const colour = getComputedStyle(document.body).color;
  document.title = "after";
  document.getElementById("out").textContent = answer.status + " " + (await answer.text()).trim() + " " + colour;
});"""


class Tools(SegueCase):
    def nginx(self, server, **options):
        nginx = Nginx(self.need("nginx"), server, **options)
        self.addCleanup(nginx.stop)
        return nginx

    def test_h2load_speaks_http_1(self):
        h2load = self.need("h2load")
        nginx = self.nginx('location / { return 200 "hello"; }')
        segue = self.segue(config({"old": pool(nginx.address)}))
        out = self.run_tool(h2load, "--h1", "-n", str(REQUESTS), "-c", "32", "-t", "2", f"http://{segue.address()}/")
        self.assertRegex(out, rf"{REQUESTS} succeeded, 0 failed, 0 errored, 0 timeout", out)
        self.assertRegex(out, rf"{REQUESTS} 2xx, 0 3xx, 0 4xx, 0 5xx", out)

    def test_curl_uploads_downloads_and_resumes(self):
        curl = self.need("curl")
        root = self.temporary()
        os.chmod(root, 0o755)
        with open(os.path.join(root, "artifact"), "wb") as file:
            file.write(os.urandom(3_000_000))
        nginx = self.nginx("if_modified_since before; location / { }", root=root)
        segue = self.segue(config({"old": pool(nginx.address)}))
        copy = os.path.join(self.temporary(), "copy")
        url = f"http://{segue.address()}/artifact"
        self.run_tool(curl, "-sS", "--fail", "--noproxy", "*", "-r", "0-999999", "-o", copy, url)
        self.run_tool(curl, "-sS", "--fail", "--noproxy", "*", "-C", "-", "-o", copy, url)
        with open(os.path.join(root, "artifact"), "rb") as one, open(copy, "rb") as two:
            self.assertTrue(one.read() == two.read())
        status = self.run_tool(curl, "-sS", "--noproxy", "*", "-o", "/dev/null", "-w", "%{http_code}",
                               "-H", "If-Modified-Since: Fri, 01 Jan 2038 00:00:00 GMT", url)
        self.assertEqual(status, "304")

    def test_a_browser_loads_a_page(self):
        chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if chromium is None:
            self.skipTest("chromium is not installed")
        if not os.path.isdir(PLAYWRIGHT):
            self.skipTest("playwright-core is not installed; scripts/setup --tests installs it")
        root = self.temporary()
        os.chmod(root, 0o755)
        for name, text in (("index.html", PAGE), ("app.js", SCRIPT), ("style.css", "body { color: rgb(1, 2, 3); }"),
                           ("dot.svg", '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>')):
            with open(os.path.join(root, name), "w") as file:
                file.write(text)
        nginx = self.nginx('location / { } location /api/ { return 201 "built"; }', root=root,
                           http="types { text/html html; text/css css; application/javascript js; image/svg+xml svg; }")
        segue = self.segue(config({"old": pool(nginx.address)}, [route({"old": 1})]))
        browser = Browser(chromium, self.temporary())
        self.addCleanup(browser.close)
        browser.ask("goto", "anybody", url=f"http://{segue.address()}/")
        browser.ask("wait", "anybody", code="document.title === 'after'")
        self.assertEqual(browser.ask("read", "anybody", what="#out"), "201 built rgb(1, 2, 3)")
        paths = {re.sub(r"\?.*", "", line["path"]) for line in segue.access_lines(5)}
        self.assertLessEqual({"/", "/app.js", "/style.css", "/dot.svg", "/api/build"}, paths)


if __name__ == "__main__":
    main()
