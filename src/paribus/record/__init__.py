"""Records: everything that is stored of a run, in plain files."""
