"""An upstream in a process of its own that may be killed: writes each delivery's id to a file before it answers.

    recorder.py PORT FILE
"""
import os
import socket
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.upstream import ok  # noqa: E402
from support.wire import Wire  # noqa: E402


def serve(sock, record):
    wire = Wire(sock, None)
    try:
        while True:
            request = wire.read_request()
            # One write of one line: appended whole or not at all, and there before the answer is.
            os.write(record, b"%s %s\n" % (request.head.method.encode(), request.get("X-Delivery", "-").encode()))
            wire.send(ok(b"recorded"))
    except Exception:
        sock.close()


def run():
    record = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", int(sys.argv[1])))
    listener.listen(256)
    print(listener.getsockname()[1], flush=True)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=serve, args=(sock, record), daemon=True).start()


if __name__ == "__main__":
    run()
