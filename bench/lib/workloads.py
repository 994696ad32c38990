"""What is asked of the proxies, by name."""
import dataclasses

from lib import payload

HTTP, TLS = frozenset({"http"}), frozenset({"http", "tls"})
# Generated configurations and the admin socket: what only segue has.
OWN = frozenset({"own"})


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    about: str
    load: dict               # options of bench/load.cc, without the end; of streams.cc, pace.cc
    unit: str = "request"    # what a figure is of; lib/comparison.py has how each is measured
    warm: int = 0            # requests before the clock starts
    exact: bool = False      # also system calls and allocations per request
    instructions: bool = False  # and, under callgrind, instructions
    needs: frozenset = HTTP  # what a program must be able to do

    def bulk(self, size):
        """The options for a transfer of `size` bytes."""
        options = {name: value.replace("SIZE", str(size)) if isinstance(value, str) else value
                   for name, value in self.load.items()}
        return {**options, "requests": 1}

    def slice(self, seconds, size):
        """The options for one slice: a transfer of `size` bytes, however long it takes, or `seconds` of requests."""
        return self.bulk(size) if self.unit == "gib" else {**self.load, "seconds": seconds}


GET = {"path": "/1024", "expect_bytes": 1024, "connections": 64}
POST = {"path": "/hook", "body": 12288, "expect_text": "12288", "connections": 64}

ALL = [
    Workload("get1k", "GET of 1 KiB, 64 kept-alive connections", GET, warm=1280, exact=True, instructions=True),
    Workload("get1k-close", "GET of 1 KiB, a connection for each request, 64 at once", {**GET, "close": True},
             warm=640, exact=True, needs=frozenset({"http", "reuse"})),
    Workload("post12k", "POST of 12 KiB (a webhook), 64 kept-alive connections", POST,
             warm=1280, exact=True, instructions=True),
    Workload("post12k-json", "the same with a payload of GitHub's, to a route whose cohort is json:/repository/id",
             {"path": "/json-hook", "body_file": payload.file(12288), "expect_text": "12288", "connections": 64},
             warm=1280, exact=True, instructions=True),
    Workload("post1m", "POST of 1 MiB, 16 kept-alive connections",
             {"path": "/hook", "body": 1 << 20, "expect_text": "1048576", "connections": 16}, warm=64),
    Workload("download1g", "download of 1 GiB with Content-Length",
             {"path": "/SIZE", "expect_bytes": "SIZE"}, unit="gib"),
    Workload("chunked1g", "download of 1 GiB, chunked",
             {"path": "/chunked/SIZE", "expect_bytes": "SIZE"}, unit="gib"),
    Workload("upload1g", "upload of 1 GiB with Content-Length",
             {"path": "/upload", "body": "SIZE", "expect_text": "SIZE"}, unit="gib"),
    Workload("upload-chunked1g", "upload of 1 GiB, chunked",
             {"path": "/upload", "body": "SIZE", "expect_text": "SIZE", "chunked": True}, unit="gib"),
    Workload("tls-get1k", "GET of 1 KiB over TLS 1.3, 64 kept-alive connections", {**GET, "tls": True},
             warm=1280, exact=True, instructions=True, needs=TLS),
    Workload("tls-full", "a full TLS 1.3 handshake and one GET of 1 KiB per connection, 16 at once",
             {**GET, "connections": 16, "close": True, "tls": True}, warm=64, needs=TLS),
    Workload("tls-resumed", "a resumed TLS 1.3 handshake and one GET of 1 KiB per connection, 16 at once",
             {**GET, "connections": 16, "close": True, "tls": True, "resume": True}, warm=64, needs=TLS),
    Workload("tls-download1g", "download of 1 GiB with Content-Length over TLS 1.3",
             {"path": "/SIZE", "expect_bytes": "SIZE", "tls": True}, unit="gib", needs=TLS),
    Workload("idle", "idle connections that had one request each",
             {"path": "/1024", "expect_bytes": 1024, "in_flight": 16}, unit="connection"),
    Workload("tls-idle", "idle TLS connections that had one request each",
             {"path": "/1024", "expect_bytes": 1024, "in_flight": 16, "tls": True}, unit="connection", needs=TLS),
    Workload("websockets", "WebSockets with a trickle: 2500 messages a second over all of them, each comes back",
             {"kind": "websocket", "rate": 2500}, unit="message", needs=frozenset({"websocket"})),
    Workload("sse", "streams of server-sent events, one a second on each",
             {"kind": "events"}, unit="event", needs=frozenset({"events"})),
    Workload("latency-500", "latency of GET 1 KiB, 500 a second over all targets together, open loop",
             {"rate": 500}, unit="latency"),
    Workload("latency-5000", "latency of GET 1 KiB, 5000 a second over all targets together, open loop",
             {"rate": 5000}, unit="latency"),
    Workload("routes", "GET of 1 KiB spread over 1, 100 and 10 000 routes", GET, unit="case", warm=1280, needs=OWN),
    Workload("endpoints", "GET of 1 KiB with 2, 100 and 5000 endpoints, health checks on", GET, unit="case",
             warm=1280, needs=OWN),
    Workload("features", "GET of 1 KiB without and with access log, scraped metrics, cohorts and health checks", GET,
             unit="case", warm=1280, needs=OWN),
    Workload("weights", "100 changes of weights a second under full load, several workers", GET,
             unit="change", warm=1280, needs=OWN),
    Workload("reload", "10 000 routes reloaded again and again under full load, several workers", GET,
             unit="change", warm=1280, needs=OWN),
]
BY_NAME = {workload.name: workload for workload in ALL}
