"""`python -m azukari`: the command line."""

from azukari.cli import main

if __name__ == "__main__":
    main()
