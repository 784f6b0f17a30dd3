"""The guide's pipeline as a script."""

from benchmarks.guide import plain
from benchmarks.peers.work import stories_file

print(plain(stories_file()))
