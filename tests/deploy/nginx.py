"""nginx with the site of `docs/deploy/nginx.conf`, as a process of ours: on loopback, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path

from tests.browser.product import ROOT, free_port
from tests.certificates import certificate

SITE = ROOT / "docs/deploy/nginx.conf"
NAME = "tasks.example.com"
PROGRAM = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
AROUND = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{}}
http {{
    # As Debian's own file has it.
    sendfile on;
    tcp_nopush on;
    gzip on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


class Nginx:
    """`with Nginx(folder, port) as nginx:` stands in front of what listens at `port`, until the block ends."""

    def __init__(self, folder: Path, port: int) -> None:
        self.plain, self.tls = free_port(), free_port()
        self.url = f"https://127.0.0.1:{self.tls}"
        self.errors = folder / "error.log"
        self.certificate = certificate(folder, f"DNS:{NAME}", "IP:127.0.0.1")
        self.main = folder / "nginx.conf"
        self.main.write_text(AROUND.format(folder=folder), encoding="utf-8")
        places = {
            "listen 80;": f"listen 127.0.0.1:{self.plain};",
            "listen [::]:80;": f"listen 127.0.0.2:{self.plain};",
            "listen 443 ssl;": f"listen 127.0.0.1:{self.tls} ssl;",
            "listen [::]:443 ssl;": f"listen 127.0.0.2:{self.tls} ssl;",
            "/etc/ssl/tasks/fullchain.pem": str(self.certificate),
            "/etc/ssl/tasks/privkey.pem": str(self.certificate.with_name("key.pem")),
            "http://127.0.0.1:8000": f"http://127.0.0.1:{port}",
        }
        site = SITE.read_text(encoding="utf-8")
        for ours, theirs in places.items():
            assert site.count(ours) == 1, ours
            site = site.replace(ours, theirs)
        (folder / "site.conf").write_text(site, encoding="utf-8")

    def __enter__(self) -> Nginx:
        assert PROGRAM
        command = [PROGRAM, "-c", str(self.main), "-e", str(self.errors)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + 20
        while not answers(self.tls):
            if self.process.poll() is not None or time.monotonic() > end:
                self.process.kill()
                raise AssertionError(f"nginx did not start.\n{self.process.communicate()[1]}")
            time.sleep(0.05)
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.terminate()
        self.process.communicate(timeout=20)

    def connect(self, *, reads_little: bool = False) -> ssl.SSLSocket:
        """A bare connection."""
        plain = socket.socket()
        if reads_little:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            # Packets as over a network: for those of loopback the kernel alone would hold a megabyte.
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
        plain.settimeout(60)
        plain.connect(("127.0.0.1", self.tls))
        return ssl.create_default_context(cafile=self.certificate).wrap_socket(plain, server_hostname=NAME)


def answers(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0
