"""A server of workers, or a worker, as an interpreter of its own: `python -m tidemill.executors NUMBER ROLE`."""

import sys

from tidemill.executors.nursery import main

main(sys.argv[1:])
