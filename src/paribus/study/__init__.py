"""What is asked: pure Python, no numerical library."""
