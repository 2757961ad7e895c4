"""`python -m sktools`: the same as the command `sktools`."""

from sktools.cli.entry import main

if __name__ == "__main__":
    main()
