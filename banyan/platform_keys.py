"""The public keys with which a tracker of its own checks the platform's tickets."""

from pathlib import Path

import msgspec

from banyan.config import Config
from banyan.errors import ConfigError
from origin.keyring import SIGNING_KEY_FILE
from swarm.keys import SigningKey, VerifyingKey


def platform_keys(config: Config) -> dict[str, VerifyingKey]:
    """Verifying keys by kid: of the files that the configuration names, else of the data folder.

    Raises ConfigError for a file that is missing or holds no such key.
    """
    own = Path(config.data.path) / SIGNING_KEY_FILE
    try:
        if config.tracker.keys:
            keys = [_from_jwk(Path(name)) for name in config.tracker.keys]
        else:
            keys = [SigningKey.from_pem(own.read_bytes()).public]
    except OSError as error:
        raise ConfigError(
            f"The platform's key {error.filename} cannot be read ({error.strerror}). Start the origin first, or name "
            "the files of its public keys in tracker.keys.",
            f"无法读取平台密钥 {error.filename}（{error.strerror}）。"
            "请先启动源站，或在 tracker.keys 中写明其公钥文件。",
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise ConfigError(
            f"A file of tracker.keys, or {own}, holds no P-256 key: {error}.",
            f"tracker.keys 中的文件或 {own} 不是 P-256 密钥：{error}。",
        ) from error
    return {key.kid: key for key in keys}


def _from_jwk(file: Path) -> VerifyingKey:
    return VerifyingKey.from_jwk(msgspec.json.decode(file.read_bytes(), type=dict[str, str]))
