"""`python -m platform_new` is `platform-new`."""

import sys

from platform_new.cli import main

sys.exit(main())
