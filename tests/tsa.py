"""A real time-stamping authority for tests: certificates of its own, answers by ``openssl ts``."""

import datetime
import hashlib
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hashing import der

NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
DAY = datetime.timedelta(days=1)
YEARS = 3650 * DAY

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_CONFIG = """\
[tsa]
default_tsa = authority
[authority]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
certs = {folder}/chain.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
other_policies = 1.2.3.4.5
digests = sha256, sha384, sha512, sm3
accuracy = secs:1, millisecs:500
clock_precision_digits = 3
ess_cert_id_alg = sha256
"""


def new_key(kind: str) -> Key:
    """A key: ``rsa`` or ``ec``."""
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Holder:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def issue(
    name: str,
    issuer: Holder | None,
    *,
    kind: str = "ec",
    authority: bool = True,
    stamping: bool = True,
    start: datetime.datetime = NOW - YEARS,
    end: datetime.datetime = NOW + YEARS,
) -> Holder:
    """A certificate by ``issuer``, or by itself."""
    key = new_key(kind)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_name = issuer.certificate.subject if issuer else subject
    usage: dict[str, Any] = dict.fromkeys(
        (
            "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
            "encipher_only", "decipher_only",
        ),
        False,
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not authority,
                key_cert_sign=authority,
                crl_sign=authority,
                **usage,
            ),
            critical=True,
        )
    )
    if stamping and not authority:
        usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usages, critical=True)
    return Holder(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


@dataclass
class Authority:
    """A TSA in a folder: a root, an intermediate, and the certificate that signs.

    Args:
        folder: Where its files lie.
        kind: Of its keys: ``rsa`` or ``ec``.
        end: Until when the signing certificate is valid.
    """

    folder: Path
    kind: str = "ec"
    name: str = "TSA"
    start: datetime.datetime = NOW - YEARS
    end: datetime.datetime = NOW + YEARS
    stamping: bool = True
    root: Holder = field(init=False)
    requests: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.root = issue(f"{self.name} root", None, kind=self.kind)
        self.intermediate = issue(f"{self.name} intermediate", self.root, kind=self.kind)
        self.signer = issue(
            self.name,
            self.intermediate,
            kind=self.kind,
            authority=False,
            stamping=self.stamping,
            start=self.start,
            end=self.end,
        )
        (self.folder / "root.pem").write_bytes(self.root.pem)
        (self.folder / "chain.pem").write_bytes(self.intermediate.pem)
        (self.folder / "tsa.pem").write_bytes(self.signer.pem)
        encoding = serialization.Encoding.PEM
        no_password = serialization.NoEncryption()
        (self.folder / "tsa.key").write_bytes(
            self.signer.key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, no_password)
        )
        (self.folder / "tsa.cnf").write_text(_CONFIG.format(folder=self.folder))

    @property
    def roots_file(self) -> Path:
        return self.folder / "root.pem"

    def answer(self, request: bytes) -> bytes:
        """The answer of ``openssl ts`` to a request."""
        self.requests.append(request)
        query, reply = self.folder / "query.tsq", self.folder / "reply.tsr"
        query.write_bytes(request)
        config = ["-config", str(self.folder / "tsa.cnf")]
        command = ["openssl", "ts", "-reply", *config, "-queryfile", str(query), "-out", str(reply)]
        subprocess.run(command, check=True, capture_output=True)
        return reply.read_bytes()


def openssl_verifies(
    answer: bytes, message: bytes, roots: Path, folder: Path, at_s: int | None = None
) -> bool:
    """The verdict of ``openssl ts -verify``."""
    data, reply = folder / "oracle.body", folder / "oracle.tsr"
    data.write_bytes(message)
    reply.write_bytes(answer)
    at = [] if at_s is None else ["-attime", str(at_s)]
    command = ["openssl", "ts", "-verify", "-data", str(data), "-in", str(reply)]
    done = subprocess.run([*command, "-CAfile", str(roots), *at], capture_output=True, check=False)
    return done.returncode == 0


def sm2_answer(folder: Path, message: bytes, at: datetime.datetime = NOW) -> bytes:
    """A token over the SM3 imprint of a message, signed with SM2 (GM/T 0009, GB/T 32918).

    ``openssl ts`` makes none, so it is put together here and signed by ``openssl dgst``.
    """
    key, certificate = _sm2_signer(folder)
    algorithm = der.encode(der.SEQUENCE, der.encode_oid("1.2.156.10197.1.401"))
    imprint = der.encode(
        der.SEQUENCE, algorithm, der.encode(der.OCTET_STRING, hashlib.new("sm3", message).digest())
    )
    time = der.encode(der.GENERALIZED_TIME, at.strftime("%Y%m%d%H%M%SZ").encode())
    one = der.encode_integer(1)
    info = der.encode(der.SEQUENCE, one, der.encode_oid("1.2.3.4.1"), imprint, one, time)
    kind = "1.2.840.113549.1.9.16.1.4"
    attributes = _attribute("1.2.840.113549.1.9.3", der.encode_oid(kind)) + _attribute(
        "1.2.840.113549.1.9.4", der.encode(der.OCTET_STRING, hashlib.new("sm3", info).digest())
    )
    signature = _sm2_sign(folder, key, der.encode(der.SET, attributes))
    loaded = der.Element.whole(certificate, der.SEQUENCE).inner().take(der.SEQUENCE).inner()
    loaded.optional(der.tagged(0))
    serial = loaded.take(der.INTEGER).raw
    loaded.take(der.SEQUENCE)
    issuer = loaded.take(der.SEQUENCE).raw
    signer = der.encode(
        der.SEQUENCE,
        one,
        der.encode(der.SEQUENCE, issuer, serial),
        algorithm,
        der.encode(der.tagged(0), attributes),
        der.encode(der.SEQUENCE, der.encode_oid("1.2.156.10197.1.501")),
        der.encode(der.OCTET_STRING, signature),
    )
    encapsulated = der.encode(
        der.SEQUENCE,
        der.encode_oid(kind),
        der.encode(der.tagged(0), der.encode(der.OCTET_STRING, info)),
    )
    signed = der.encode(
        der.SEQUENCE,
        der.encode_integer(3),
        der.encode(der.SET, algorithm),
        encapsulated,
        der.encode(der.tagged(0), certificate),
        der.encode(der.SET, signer),
    )
    token = der.encode(
        der.SEQUENCE, der.encode_oid("1.2.840.113549.1.7.2"), der.encode(der.tagged(0), signed)
    )
    status = der.encode(der.SEQUENCE, der.encode_integer(0))
    return der.encode(der.SEQUENCE, status, token)


def _attribute(oid: str, value: bytes) -> bytes:
    return der.encode(der.SEQUENCE, der.encode_oid(oid), der.encode(der.SET, value))


def _sm2_signer(folder: Path) -> tuple[Path, bytes]:
    key, certificate = folder / "sm2.key", folder / "sm2.der"
    curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2"]
    _openssl("genpkey", *curve, "-out", str(key))
    (folder / "sm2.cnf").write_text("[req]\ndistinguished_name = name\n[name]\n")
    named = ["-subj", "/CN=SM2 authority", "-config", str(folder / "sm2.cnf"), "-days", "3650"]
    outcome = ["-outform", "DER", "-out", str(certificate)]
    _openssl("req", "-x509", "-new", "-key", str(key), "-sm3", *named, *outcome)
    return key, certificate.read_bytes()


def _sm2_sign(folder: Path, key: Path, data: bytes) -> bytes:
    (folder / "sm2.data").write_bytes(data)
    into = ["-out", str(folder / "sm2.signature"), str(folder / "sm2.data")]
    identity = ["-sigopt", "distid:1234567812345678"]
    _openssl("dgst", "-sm3", "-sign", str(key), *identity, *into)
    return (folder / "sm2.signature").read_bytes()


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
