"""`python -m hub`: the processes, and the commands that set the hub up."""

import os
import sys


def main() -> int:
    """Run the command of the process's arguments; its exit code."""
    if sys.argv[1:2] == ["web"] and not {"-h", "--help"} & set(sys.argv):
        from hub import wsgi

        wsgi.patch()  # before anything else is imported
    from hub import cli

    try:
        code = cli.main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # `hub doctor | head`: who reads has enough
        # Python flushes once more at its end: https://docs.python.org/3/library/signal.html
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
