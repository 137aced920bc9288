"""wrk, hey and curl: how they are called and how their answers are read.

wrk hangs on HEAD (it waits for a body), so HEAD is hey's. Both count failures, and a failure raises.
"""

import re
import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.address import Address
from benchmarks.figures import Sample

CONNECTIONS = 16
# hey writes seconds with four decimals, which is tenths of a millisecond.
HEY_DECIMALS = 1
MILLISECONDS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


class LoadFailedError(Exception):
    """A generator reported failures, or nothing."""


def _output(command: Sequence[str]) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        message = f"{command[0]} ended with {result.returncode}: {result.stderr or result.stdout}"
        raise LoadFailedError(message)
    return result.stdout


def _found(pattern: str, text: str) -> re.Match[str]:
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        message = f"no {pattern} in:\n{text}"
        raise LoadFailedError(message)
    return match


def _shown(command: Sequence[str], address: Address) -> str:
    return shlex.join(command).replace(address.url, "$SERVER")


def _header_options(headers: Mapping[str, str]) -> list[str]:
    return [option for name, value in headers.items() for option in ("-H", f"{name}: {value}")]


def wrk(address: Address, target: str, seconds: int, accept: str, connections: int = CONNECTIONS) -> Sample:
    """GET for `seconds` on one thread of wrk; requests/s."""
    headers = _header_options({"Accept": accept, **address.headers})
    timing = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "--latency"]
    command = ["wrk", *timing, *headers, address.url + target]
    return read_wrk(_output(command), _shown(command, address))


def read_wrk(text: str, command: str) -> Sample:
    """Read what wrk printed; raise LoadFailedError if an answer was not 2xx or a socket failed."""
    if failure := re.search(r"^ *(Non-2xx|Socket errors).*$", text, re.MULTILINE):
        raise LoadFailedError(failure[0].strip())
    rate = float(_found(r"^Requests/sec: +([\d.]+)", text)[1])
    return Sample(rate, _wrk_latency(50, text), _wrk_latency(99, text), command)


def _wrk_latency(percent: int, text: str) -> float:
    match = _found(rf"^ +{percent}% +([\d.]+)(us|ms|s|m) *$", text)
    return float(match[1]) * MILLISECONDS[match[2]]


def hey(address: Address, target: str, seconds: int, accept: str) -> Sample:
    """HEAD for `seconds` on 16 connections; requests/s."""
    headers = _header_options({"Accept": accept, **address.headers})
    command = ["hey", "-m", "HEAD", "-z", f"{seconds}s", "-c", str(CONNECTIONS), *headers, address.url + target]
    return read_hey(_output(command), _shown(command, address))


def read_hey(text: str, command: str) -> Sample:
    """Read what hey printed; raise LoadFailedError if an answer was not 200 or a socket failed."""
    statuses = re.findall(r"^ +\[(\d+)\]\s+\d+ responses$", text, re.MULTILINE)
    if statuses != ["200"] or "Error distribution" in text:
        raise LoadFailedError(text)
    rate = float(_found(r"^ *Requests/sec:\s+([\d.]+)", text)[1])
    return Sample(rate, _hey_latency(50, text), _hey_latency(99, text), command)


def _hey_latency(percent: int, text: str) -> float:
    return round(float(_found(rf"^ +{percent}% in ([\d.]+) secs$", text)[1]) * 1e3, HEY_DECIMALS)


def curl_downloads(address: Address, target: str, size: int, *, processes: int, repeats: int) -> Sample:
    """GET `target` (`size` bytes) with curls in parallel, each `repeats` times on one connection; MB/s."""
    report = ["-w", "%{http_code} %{size_download}\\n"]
    headers = _header_options(address.headers)
    command = ["curl", "-sS", *headers, *report, *["-o", "/dev/null", address.url + target] * repeats]
    begin = time.monotonic()
    curls = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    outputs = [curl.communicate()[0] for curl in curls]
    elapsed = time.monotonic() - begin
    if any(output != f"200 {size}\n" * repeats for output in outputs):
        raise LoadFailedError(str(outputs))
    return Sample(size * repeats * processes / elapsed / 1e6, command=f"{processes} x {_shown(command, address)}")


def curl_patch(address: Address, target: str, file: Path) -> str:
    """PATCH a file in chunks to an upload; return the Location header of the answer."""
    answer = _output(_patch_command(address, target, file))
    status, _, location = answer.partition(" ")
    if status != "202":
        raise LoadFailedError(answer)
    return location


def shown_patch(address: Address, target: str, file: Path) -> str:
    """Return the command line of `curl_patch`."""
    return _shown(_patch_command(address, target, file), address)


def _patch_command(address: Address, target: str, file: Path) -> list[str]:
    sent = {"Transfer-Encoding": "chunked", "Content-Type": "application/octet-stream", **address.headers}
    options = [*_header_options(sent), "-H", "Expect:"]
    shown = ["-o", "/dev/null", "-w", "%{http_code} %header{location}"]
    return ["curl", "-sS", "-X", "PATCH", "-T", str(file), *options, *shown, address.url + target]
