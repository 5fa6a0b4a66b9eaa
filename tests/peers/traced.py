"""Run a Python script that kills itself before its n-th line of code of one kind.

    python traced.py NUMBER PART SCRIPT ARGUMENT...

Counted are the lines of files whose path holds PART. With a NUMBER of 0 nothing is killed, and the last line of the
output is how many there were.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys

number, part = int(sys.argv[1]), sys.argv[2]
sys.argv = sys.argv[3:]
# A script's own folder, as Python does it; and not ours, whose modules are no business of the script.
sys.path[0] = os.path.dirname(sys.argv[0])  # noqa: PTH120
count = 0


def trace(frame, event, _):
    """Count the lines of the files that matter."""
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
