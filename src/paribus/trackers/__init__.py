"""Runs sent on to the programs in which people look at them: TensorBoard, MLflow, Weights & Biases."""

TRACKERS = ("tensorboard", "mlflow", "wandb")
"""What `--log` may name; each is an extra of the package, of the same name."""
