"""Keep-alive load on one address: wrk where it is installed, else threads of our own."""

import http.client
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """Requests answered with 2xx a second, and how many were not."""

    per_second: float
    refused: int


def load(
    port: int, path: str, *, connections: int, seconds: float, headers: Mapping[str, str] | None = None
) -> Load:
    """Ask for one path again and again over kept connections."""
    return (_wrk if shutil.which("wrk") else _threads)(port, path, connections, seconds, headers or {})


def _wrk(port: int, path: str, connections: int, seconds: float, headers: Mapping[str, str]) -> Load:
    address = f"http://127.0.0.1:{port}{path}"
    command = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds:.0f}s"]
    command += [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    said = subprocess.run([*command, address], capture_output=True, text=True, check=True).stdout
    failed = sum(
        int(number) for number in re.findall(r"(?:Non-2xx or 3xx responses: |connect |timeout )(\d+)", said)
    )
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    return Load(float(rate[1]) if rate else 0.0, failed)


def _threads(port: int, path: str, connections: int, seconds: float, headers: Mapping[str, str]) -> Load:
    deadline = time.monotonic() + seconds

    def ask() -> tuple[int, int]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        good = bad = 0
        while time.monotonic() < deadline:
            connection.request("GET", path, headers=dict(headers))
            answer = connection.getresponse()
            answer.read()
            good, bad = (good + 1, bad) if answer.status < 300 else (good, bad + 1)
        return good, bad

    with ThreadPoolExecutor(connections) as pool:
        counted = [future.result() for future in [pool.submit(ask) for _ in range(connections)]]
    return Load(sum(good for good, _ in counted) / seconds, sum(bad for _, bad in counted))
