"""`python -m tests.system_packages`: install what the tests need of the system, where we may."""

import os
import shutil
import subprocess
import sys

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = {  # and their commands
    "chromium": CHROMIUM,
    "nodejs": ("node", "nodejs"),
    "npm": ("npm",),
    "pgbouncer": ("pgbouncer",),
}
WHERE = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin"))  # of daemons


def found(command: str) -> str | None:
    """Where a command of the system is."""
    return shutil.which(command, path=WHERE)


def main() -> int:
    """Chromium for the browser tests, npm for other people's webhook libraries, a pooler."""
    missing = [name for name, commands in PACKAGES.items() if not any(map(found, commands))]
    if not missing:
        return 0
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        words = " ".join(missing)
        print(f"The tests need {words}: install it (apt-get install {words}).", file=sys.stderr)
        return 1
    print(f"Installing {', '.join(missing)} for the tests (once) ...", flush=True)
    for words in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
        subprocess.run(
            ["apt-get", "-qq", *words],
            check=True,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
