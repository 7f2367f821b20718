"""`python -m clipling`, the same as the command `clipling`."""

from clipling.cli import main

main()
