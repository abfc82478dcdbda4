"""`python -m flowscope_server` is the command `flowscope`."""

from .cli import main

if __name__ == "__main__":
    main(prog_name="flowscope")
