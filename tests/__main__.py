"""Installs the Debian packages that the tests drive, where they are missing: `python -m tests`.

The product needs none of them: Chromium is the viewer of the browser tests, ffprobe a second opinion on our media.
"""

import os
import shutil
import subprocess
import sys

PROGRAMS = {"chromium": "chromium", "ffprobe": "ffmpeg"}


def main() -> int:
    """Install what is missing; returns the exit code."""
    packages = sorted(package for program, package in PROGRAMS.items() if shutil.which(program) is None)
    if not packages:
        return 0
    wanted = " ".join(packages)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(f"The tests need {wanted}. Install them, on Debian: apt-get install {wanted}", file=sys.stderr)
        return 1
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    for command in (["apt-get", "update", "-q"], install):
        if subprocess.run(command, env=environ, check=False).returncode:
            print(f"'{' '.join(command)}' failed; install {wanted} by hand.", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
