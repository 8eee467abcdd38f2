"""TLS for one server, made by openssl: kubectl sends no token over plain HTTP."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path


def make(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """An authority's certificate, and a context for a server on 127.0.0.1 and localhost; valid for a day."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]

    def certificate(name: str, *arguments: str) -> Path:
        made = folder / f"{name}.crt"
        files = ["-keyout", str(made.with_suffix(".key")), "-out", str(made)]
        command = ["openssl", "req", "-x509", *key, "-subj", f"/CN={name}", *files, *arguments]
        subprocess.run(command, check=True, capture_output=True)
        return made

    authority = certificate("authority")
    signed = ["-CA", str(authority), "-CAkey", str(authority.with_suffix(".key"))]
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    server = certificate("server", *signed, "-addext", "basicConstraints=critical,CA:FALSE", "-addext", names)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(server, server.with_suffix(".key"))
    return authority, context
