"""A second opinion on timestamp tokens: ``openssl ts -verify``, where there is an ``openssl``.

It judges what ``rfc3161-client`` does not: the ``signingCertificate`` attribute, and whatever
signatures this OpenSSL knows. It is run without a configuration of its own, on files in a
temporary folder, and judges certificates at the token's time.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final, Self

from archive.durable import storage_errors

TIMEOUT_S: Final = 30.0
_OK: Final = "Verification: OK"


class OpenSslTs:
    """An ``openssl`` program.

    Args:
        program: Its path.
        roots: The pinned roots, in PEM.
    """

    def __init__(self, program: str, roots: bytes) -> None:
        self._program = program
        self._roots = roots

    @classmethod
    def find(cls, roots: bytes) -> Self | None:
        """The ``openssl`` of this machine, if it has one."""
        program = shutil.which("openssl")
        return None if program is None else cls(program, roots)

    def complaint(self, answer: bytes, message: bytes, at_us: int) -> str | None:
        """Why a token does not verify; None where it does.

        Args:
            answer: The whole answer, as it was received.
            message: What it should be over.
            at_us: When its certificates have to be valid, in microseconds since 1970 UTC.

        Raises:
            StorageError: The temporary folder cannot be written.
        """
        what = "cannot write the files for openssl"
        with storage_errors(what), tempfile.TemporaryDirectory(prefix="timestamp-") as folder:
            files = {"body": message, "answer.tsr": answer, "roots.pem": self._roots}
            for name, data in files.items():
                Path(folder, name).write_bytes(data)
            return self._run(folder, at_us // 1_000_000)

    def _run(self, folder: str, at_s: int) -> str | None:
        command = [self._program, "ts", "-verify", "-data", "body", "-in", "answer.tsr"]
        command += ["-CAfile", "roots.pem", "-attime", str(at_s)]
        environment = {"PATH": os.environ.get("PATH", ""), "OPENSSL_CONF": os.devnull}
        try:
            done = subprocess.run(  # noqa: S603 - the program found, fixed words, no shell
                command,
                cwd=folder,
                env=environment,
                capture_output=True,
                timeout=TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"openssl cannot be run: {error}"
        told = (done.stdout + b"\n" + done.stderr).decode("utf-8", "replace")
        if done.returncode == 0 and _OK in told:
            return None
        complaints = [line for line in told.splitlines() if ":error:" in line]
        return complaints[-1].strip()[:300] if complaints else "openssl ts -verify refuses it"
