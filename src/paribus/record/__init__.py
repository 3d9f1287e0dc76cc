"""What happened: everything that is kept of a run, on plain files."""
