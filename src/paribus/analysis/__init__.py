"""What it means: sees studies and records, never a model."""
