"""The origin's secrets in its data folder, each made at the first start, in files of mode 0600."""

import hashlib
import hmac
import re
import secrets
from pathlib import Path

from origin.folder import write_durably
from swarm.errors import PlainError
from swarm.keys import SigningKey

SIGNING_KEY_FILE = "signing-key.pem"
ADMIN_TOKEN_FILE = "admin-token"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,128}")


def signing_key(folder: Path) -> SigningKey:
    """The key that signs playlists and tickets. Raises PlainError when its file is broken."""
    path = folder / SIGNING_KEY_FILE
    if not path.exists():
        _make(path, SigningKey.generate().pem())
    try:
        return SigningKey.from_pem(path.read_bytes())
    except ValueError as error:
        raise _broken(path) from error


def admin_token(folder: Path) -> str:
    """What the person who runs the server shows. Raises PlainError when its file is broken."""
    path = folder / ADMIN_TOKEN_FILE
    if not path.exists():
        _make(path, secrets.token_urlsafe(32).encode() + b"\n")
    token = path.read_text("ascii", "replace").strip()
    if not _TOKEN.fullmatch(token):
        raise _broken(path)
    return token


def pseudonym_secret(key: SigningKey) -> bytes:
    """A secret that lives as long as the signing key, for pseudonyms."""
    return hashlib.sha256(b"banyan/pseudonym/1\0" + key.pem()).digest()


def pseudonym(secret: bytes, course_id: str, bearer: str) -> str:
    """A bearer's name within one course; it says nothing about the bearer, and nothing across courses."""
    return hmac.new(secret, f"{course_id}\0{bearer}".encode(), hashlib.sha256).hexdigest()[:32]


def _make(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, data, mode=0o600)


def _broken(path: Path) -> PlainError:
    return PlainError(
        f"The file {path} is damaged. Put it back from a backup, or delete it: a new one is made at the next start, "
        "and open pages then need to be reloaded.",
        f"文件 {path} 已损坏。请从备份恢复,或删除它:下次启动会生成新的,之后需要刷新已打开的页面。",
    )
