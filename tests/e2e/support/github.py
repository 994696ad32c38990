"""GitHub as a sender of webhooks: its example payloads for as many repositories as one likes, signed as it signs."""
import hashlib
import hmac
import http.server
import json
import os
import threading
import uuid

SOURCE = os.environ.get("SEGUE_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
EXAMPLES = os.path.join(SOURCE, "tests/node_modules/@octokit/webhooks-examples/api.github.com/index.json")
PAYLOAD_MAX = 25_000_000  # bytes; GitHub sends no delivery that is larger
PATIENCE = 10  # seconds that GitHub waits for an answer; then the delivery has failed, and is not sent again


def examples():
    """(event, payload as GitHub's servers would write it) of every example."""
    with open(EXAMPLES) as file:
        events = json.load(file)
    return [(event["name"], json.dumps(example, separators=(",", ":"), ensure_ascii=False))
            for event in events for example in event["examples"]]


class Template:
    """A real payload about one commit of one repository, to be had for any commit of any repository."""

    def __init__(self, event, payload):
        self.event, self.text = event, payload
        example = json.loads(payload)
        repository = example["repository"]
        self.id, self.name, self.owner = str(repository["id"]), repository["name"], repository["owner"]["login"]
        self.revision = (example["head_commit"]["id"] if event == "push"
                         else example["pull_request"]["head"]["sha"])

    def make(self, repository, revision):
        """The same with names and ids exchanged, wherever they occur."""
        text = self.text
        for old, new in ((self.id, str(repository.id)), (self.name, repository.name), (self.owner, repository.owner),
                         (self.revision, revision)):
            text = text.replace(old, new)
        if self.event == "pull_request":
            text = self._from_fork(text, repository)
        return text.encode()

    @staticmethod
    def _from_fork(text, repository):
        """The head is in a contributor's fork, as in most pull requests; the payload's repository is the base."""
        payload = json.loads(text)
        fork = payload["pull_request"]["head"]["repo"]
        fork["id"] += 500_000_000
        fork["full_name"] = f"contributor-{repository.id}/{repository.name}"
        fork["fork"] = True
        return json.dumps(payload, separators=(",", ":"), ensure_ascii=False)


class Repository:
    def __init__(self, number):
        self.id = 186_900_000 + number * 7919
        self.owner, self.name = f"team-{number % 9}", f"project-{number}"

    @property
    def full_name(self):
        return f"{self.owner}/{self.name}"


def fields(event, body, secret, content_type="application/json"):
    """The header of a delivery, for the body as it is sent."""
    def sign(algorithm):
        return hmac.new(secret.encode(), body, algorithm).hexdigest()
    return {"User-Agent": "GitHub-Hookshot/044aadd", "Accept": "*/*", "Content-Type": content_type,
            "X-GitHub-Delivery": str(uuid.uuid4()), "X-GitHub-Event": event, "X-GitHub-Hook-ID": "292430182",
            "X-GitHub-Hook-Installation-Target-ID": "79929171",
            "X-GitHub-Hook-Installation-Target-Type": "repository",
            "X-Hub-Signature": "sha1=" + sign(hashlib.sha1), "X-Hub-Signature-256": "sha256=" + sign(hashlib.sha256)}


def templates():
    """The examples with something to build: pushes, and pull requests in which something new is proposed."""
    found = {"push": [], "pull_request": []}
    for event, payload in examples():
        example = json.loads(payload)
        if (event == "push" and not example["deleted"]) or (
                event == "pull_request" and example["action"] in ("opened", "reopened", "synchronize")):
            found[event].append(Template(event, payload))
    return found


class Api:
    """What a CI server asks of api.github.com about a pull request: the commit's message and the files."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_GET(self):
            answer = [{"filename": "README.md"}] if self.path.endswith("/files") else {"commit": {"message": "Update"}}
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def __init__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
