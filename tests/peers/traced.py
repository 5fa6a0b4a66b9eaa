"""Run a Python script and kill it before the n-th executed line of matching files.

    python traced.py NUMBER PART SCRIPT ARGUMENT...

Counts executed lines in files whose path contains PART. If NUMBER is 0, the script is not killed, and the last line of
the output is the count.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys

number, part = int(sys.argv[1]), sys.argv[2]
sys.argv = sys.argv[3:]
# The script's own folder, as Python sets it, instead of this file's folder.
sys.path[0] = os.path.dirname(sys.argv[0])  # noqa: PTH120
count = 0


def trace(frame, event, _):
    """Count the lines of matching files."""
    global count
    if part not in frame.f_code.co_filename:
        return None
    if event == "line":
        count += 1
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)
    return trace


sys.settrace(trace)
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    sys.settrace(None)
    if not number:
        print(count)
