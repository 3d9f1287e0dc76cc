"""What runs have kept: their weights as Keras models, and predictions with them on new examples."""
