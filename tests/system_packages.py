"""`python -m tests.system_packages`: install what the tests need of the system, where we may."""

import os
import shutil
import subprocess
import sys

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """Chromium for the browser tests: there already, or Debian's."""
    if any(shutil.which(name) for name in CHROMIUM):
        return 0
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(
            "The browser tests need Chromium: install it (apt-get install chromium).",
            file=sys.stderr,
        )
        return 1
    print("Installing Chromium for the browser tests (once) ...", flush=True)
    for words in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        subprocess.run(
            ["apt-get", "-qq", *words],
            check=True,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
