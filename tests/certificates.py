from __future__ import annotations

import subprocess
from pathlib import Path


def certificate(folder: Path, *names: str) -> Path:
    """A new self-signed certificate for these names, such as `DNS:localhost`; its key is beside it."""
    made = folder / "certificate.pem"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    subject = ["-subj", "/CN=loopback", "-addext", f"subjectAltName={','.join(names)}"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(made)]
    command = ["openssl", "req", "-x509", *curve, "-nodes", "-days", "2", *subject, *files]
    subprocess.run(command, check=True, capture_output=True)
    return made
