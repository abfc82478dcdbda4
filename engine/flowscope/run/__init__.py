"""A run: the spec that determines it, its integration, and the recording it leaves."""
