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
    quiet = {
        "stdout": subprocess.DEVNULL,
        "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
    }
    subprocess.run(["apt-get", "update", "-qq"], check=True, **quiet)  # type: ignore[call-overload]
    subprocess.run(
        ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium"],
        check=True,
        **quiet,
    )  # type: ignore[call-overload]
    return 0


if __name__ == "__main__":
    sys.exit(main())
