"""The command ``cam``."""

import signal
import sys


def main():
    from ._native import run_command

    # Ctrl-C is the command's own business, and a closed pipe ends it as any other command.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(run_command(sys.argv))
