"""`python -m hub`: the processes, and the commands that set the hub up."""

import sys


def main() -> int:
    """Run the command of the process's arguments; its exit code."""
    if sys.argv[1:2] == ["web"] and not {"-h", "--help"} & set(sys.argv):
        from hub import wsgi

        wsgi.patch()  # before anything else is imported
    from hub import cli

    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
