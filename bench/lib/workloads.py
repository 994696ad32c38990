"""What is asked of the proxies, by name."""
import dataclasses

from lib import payload

GIB = 1 << 30


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    about: str
    load: dict               # options of bench/load.cc, without the end
    unit: str = "request"    # "request": µs per request; "gib": CPU s per GiB; "connection": KiB each
    warm: int = 0            # requests before the clock starts
    exact: bool = False      # also system calls and, under callgrind, instructions per request
    instructions: bool = False

    def bulk(self, size):
        """The options for a transfer of `size` bytes."""
        options = {name: value.replace("SIZE", str(size)) if isinstance(value, str) else value
                   for name, value in self.load.items()}
        return {**options, "requests": 1}


ALL = [
    Workload("get1k", "GET of 1 KiB, 64 kept-alive connections",
             {"path": "/1024", "expect_bytes": 1024, "connections": 64},
             warm=1280, exact=True, instructions=True),
    Workload("get1k-close", "GET of 1 KiB, a connection for each request, 64 at once",
             {"path": "/1024", "expect_bytes": 1024, "connections": 64, "close": True},
             warm=640, exact=True),
    Workload("post12k", "POST of 12 KiB (a webhook), 64 kept-alive connections",
             {"path": "/hook", "body": 12288, "expect_text": "12288", "connections": 64},
             warm=1280, exact=True, instructions=True),
    Workload("post12k-json", "the same with a payload of GitHub's, to a route whose cohort is json:/repository/id",
             {"path": "/json-hook", "body_file": payload.file(12288), "expect_text": "12288", "connections": 64},
             warm=1280, exact=True, instructions=True),
    Workload("download1g", "download of 1 GiB with Content-Length",
             {"path": "/SIZE", "expect_bytes": "SIZE"}, unit="gib"),
    Workload("chunked1g", "download of 1 GiB, chunked",
             {"path": "/chunked/SIZE", "expect_bytes": "SIZE"}, unit="gib"),
    Workload("upload1g", "upload of 1 GiB with Content-Length",
             {"path": "/upload", "body": "SIZE", "expect_text": "SIZE"}, unit="gib"),
    Workload("tls-get1k", "GET of 1 KiB over TLS 1.3, 64 kept-alive connections",
             {"path": "/1024", "expect_bytes": 1024, "connections": 64, "tls": True},
             warm=1280, exact=True, instructions=True),
    Workload("tls-full", "a full TLS 1.3 handshake and one GET of 1 KiB per connection, 16 at once",
             {"path": "/1024", "expect_bytes": 1024, "connections": 16, "close": True, "tls": True}, warm=64),
    Workload("tls-resumed", "a resumed TLS 1.3 handshake and one GET of 1 KiB per connection, 16 at once",
             {"path": "/1024", "expect_bytes": 1024, "connections": 16, "close": True, "tls": True, "resume": True},
             warm=64),
    Workload("tls-download1g", "download of 1 GiB with Content-Length over TLS 1.3",
             {"path": "/SIZE", "expect_bytes": "SIZE", "tls": True}, unit="gib"),
    Workload("tls-idle", "2000 TLS connections, one request each, then nothing",
             {"path": "/1024", "expect_bytes": 1024, "connections": 2000, "requests": 2000,
              "in_flight": 16, "tls": True}, unit="connection"),
    Workload("idle", "5000 connections, one request each, then nothing",
             {"path": "/1024", "expect_bytes": 1024, "connections": 5000, "requests": 5000,
              "in_flight": 16}, unit="connection"),
]
BY_NAME = {workload.name: workload for workload in ALL}
