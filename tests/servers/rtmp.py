"""A real RTMP server for tests: nginx with its RTMP module on loopback, and a camera that pushes a film to it.

Debian: nginx-light, libnginx-mod-rtmp. A camera behind a firewall reaches a media server in the same way.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from tests.e2e.stack import free_port

CONFIGURATION = """
load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
rtmp {{
    access_log off;
    server {{ listen 127.0.0.1:{port}; application live {{ live on; wait_key on; }} }}
}}
"""


@contextmanager
def rtmp_server(folder: Path) -> Iterator[str]:
    """Run a server; yields the address of its application."""
    port = free_port()
    written = folder / "nginx.conf"
    written.write_text(CONFIGURATION.format(folder=folder, port=port), encoding="utf-8")
    command = ["/usr/sbin/nginx", "-p", str(folder), "-c", str(written)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            yield f"rtmp://127.0.0.1:{port}/live"
        finally:
            server.terminate()


def push(film: Path, address: str) -> None:
    """Send an H.264 film to a server at its own pace, as a camera does; returns with the film's end."""
    with av.open(film) as source, av.open(address, "w", format="flv") as target:
        video = source.streams.video[0]
        stream = target.add_stream_from_template(video)
        began_s = time.monotonic()
        for packet in source.demux(video):
            if packet.dts is None or packet.time_base is None:
                continue
            time.sleep(max(0.0, began_s + float(packet.dts * packet.time_base) - time.monotonic()))
            packet.stream = stream
            target.mux(packet)
