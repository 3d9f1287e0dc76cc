"""What went on in runs: the evidence, its curves, and the rules that find something in them."""
