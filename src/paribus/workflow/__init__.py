"""What a user does with a study."""
