"""A private network namespace: nobody else's traffic, ports or congestion control.

The program runs itself again inside. Where namespaces are not permitted it goes on outside and says
so, because bulk numbers then depend on the host's congestion control.
"""
import os
import pathlib
import subprocess
import sys

INSIDE = "SEGUE_BENCH_INSIDE"
SYSCTL = pathlib.Path("/proc/sys/net/ipv4")
SETTINGS = {
    "tcp_congestion_control": "reno",  # bbr costs bulk on loopback twice as much
    "ip_local_port_range": "10000 65535",  # a connection per request leaves many in TIME_WAIT
}


def permitted(*options):
    try:
        return subprocess.run(["unshare", *options, "true"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0
    except FileNotFoundError:
        return False


def enter():
    """Returns inside the namespace, or outside with a note on standard error."""
    if os.environ.get(INSIDE) == "yes":
        set_up()
        return
    for options in (["-n"], ["-r", "-n"]):
        if permitted(*options):
            os.environ[INSIDE] = "yes"
            os.execvp("unshare", ["unshare", *options, sys.executable, *sys.argv])
    print("note: no private network namespace permitted; measuring in the host's, with "
          f"{congestion_control()} as congestion control", file=sys.stderr)


def set_up():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for name, value in SETTINGS.items():
        try:
            (SYSCTL / name).write_text(value)
        except OSError as error:
            print(f"note: {name} could not be set to {value}: {error.strerror}", file=sys.stderr)


def congestion_control():
    return (SYSCTL / "tcp_congestion_control").read_text().strip()


def is_private():
    return os.environ.get(INSIDE) == "yes"
