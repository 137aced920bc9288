"""Download of a blob beside nginx, which sends the same file and knows nothing of registries."""

import os
import shutil
from functools import partial
from pathlib import Path

from benchmarks.figures import Better, Sample
from benchmarks.loads.generators import curl_downloads
from benchmarks.rows.reads import DOWNLOADS, measure_download, provide_layer
from benchmarks.rows.row import Reference, Row, Scene, Sizes
from benchmarks.servers import HOST, Kind, Launch, Server, running

TARGET = 0.9
FILE = "layer.bin"
CONFIGURATION = """\
{user}
worker_processes auto;
daemon off;
pid {directory}/pid;
error_log stderr warn;
events {{}}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    client_body_temp_path {directory};
    proxy_temp_path {directory};
    fastcgi_temp_path {directory};
    uwsgi_temp_path {directory};
    scgi_temp_path {directory};
    server {{
        listen {host}:{port};
        root {directory};
        location = /v2/ {{ return 200; }}
    }}
}}
"""


def _launch(directory: Path, port: int) -> Launch:
    # As root it would serve as a user who may not look into the directory of the benchmark.
    user = "user root;" if os.geteuid() == 0 else ""
    configuration = directory / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(user=user, directory=directory, host=HOST, port=port))
    return Launch(["nginx", "-c", str(configuration), "-p", str(directory), "-e", "stderr"])


NGINX = Kind("nginx", _launch)


def _measure(processes: int, server: Server, scene: Scene) -> Sample:
    directory = server.directory.with_name("nginx")
    with running(NGINX, directory) as nginx:
        link = directory / FILE
        link.unlink(missing_ok=True)
        link.hardlink_to(scene.layer.path)
        return curl_downloads(nginx.address, f"/{FILE}", scene.layer.size, processes=processes, repeats=DOWNLOADS)


def _missing() -> str:
    return "" if shutil.which("nginx") else "nginx is not on PATH (Debian: nginx-light)"


def _row(processes: int, sizes: Sizes) -> Row:
    connections = "1 connection" if processes == 1 else f"{processes} connections"
    return Row(
        f"blob-get-{processes}-nginx",
        f"blob GET, {connections}",
        "MB/s",
        Better.HIGHER,
        f"As blob-get-{processes} ({sizes.layer_mib} MiB in the page cache, curl); nginx sends the same bytes from a "
        "file, with sendfile, tcp_nopush and as many worker processes as there are cores.",
        partial(measure_download, processes),
        provide_layer,
        reference=Reference("nginx", partial(_measure, processes), TARGET, _missing),
    )


def rows(sizes: Sizes) -> tuple[Row, ...]:
    """Return the rows of this module."""
    return (_row(1, sizes), _row(4, sizes))
