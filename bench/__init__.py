"""The standing benchmark: `make bench`."""
