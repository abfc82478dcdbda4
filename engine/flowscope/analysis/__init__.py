"""What is asked of a spec or a recording beside its run."""
