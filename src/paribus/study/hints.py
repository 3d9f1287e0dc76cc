"""What keys and arguments are called elsewhere: in Keras, PyTorch, scikit-learn, pandas, and in speech."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_ELSEWHERE: Mapping[str, str] = {
    # a study
    "variants": "models experiments arms configs treatments",
    "questions": "comparisons comparison compare hypotheses tests",
    "base": "baseline defaults default common control",
    "seeds": "seed random_state random_seed n_seeds num_seeds runs n_runs repeats repetitions replicates",
    "margin": "tolerance rope delta equivalence",
    # a table, images, text
    "data": "dataset datasets train_data input source",
    "target": "label labels y target_column response outcome y_column",
    "separator": "sep delimiter",
    "test": "test_size test_split test_fraction test_share",
    "drop": "exclude ignore drop_columns skip",
    "id": "index index_col row_names row_id key",
    "group": "groups group_id groupby",
    "categorical": "categories cat_features categorical_features",
    "weight": "sample_weight weights sample_weights",
    "text": "text_column",
    "size": "image_size img_size target_size input_shape resize",
    "length": "maxlen max_len max_length sequence_length",
    "vocabulary": "vocab vocab_size num_words max_tokens max_features",
    "ordered": "time_series chronological",
    # training
    "learning_rate": "lr eta step_size lrate learning_rate_init",
    "batch_size": "batch bs batchsize minibatch mini_batch mini_batch_size train_batch_size",
    "epochs": "epoch n_epochs num_epochs max_epochs nb_epoch max_iter n_iter iterations",
    "validation": "validation_split val_split val_size valid_size validation_fraction validation_size",
    "split: stratified": "stratify stratified",
    "folds": "cv k kfold k_fold k_folds n_splits n_folds cross_validation",
    "loss": "criterion loss_fn loss_function objective cost",
    "optimizer": "optim solver optimiser",
    "scale": "normalize normalise standardize normalization scaler scaling rescale preprocessing",
    "target_scale": "scale_target normalize_target target_transform",
    "metrics": "metric scoring eval_metric",
    "early_stopping: {…}, reduce_on_plateau: {…}": "callback",
    "early_stopping": "early_stop earlystopping",
    "reduce_on_plateau": "reduce_lr_on_plateau reducelronplateau",
    "augment": "augmentation augmentations transforms transform",
    "balance": "oversample resample sampler",
    "class_weight": "class_weights",
    "label_smoothing": "smoothing",
    "dtype": "precision mixed_precision dtype_policy amp",
    "device": "accelerator devices",
    # weights
    "kernel_regularizer: {l2: …}": "l2 l2_reg l2_penalty reg regularization regularizer ridge lambda",
    "kernel_regularizer: {l1: …}": "l1 l1_reg lasso",
    "kernel_regularizer": "weight_regularizer kernel_reg",
    "kernel_initializer": "init initializer weight_init kernel_init initialization weight_initializer",
    # a network
    "model": "network net architecture",
    "hidden": "units hidden_layers hidden_units hidden_layer_sizes layer_sizes neurons hidden_size",
    "activation": "act activation_function nonlinearity",
    "output": "output_activation final_activation last_activation",
    "dropout": "dropout_rate drop_rate p_dropout dropout_p",
    "batch_normalization": "batch_norm batchnorm bn use_bn",
    # an optimizer
    "weight_decay": "wd decay",
    "clipnorm": "clip grad_clip gradient_clip clip_norm max_norm max_grad_norm",
    "beta_1": "beta1",
    "beta_2": "beta2",
    "epsilon": "eps",
    "gradient_accumulation_steps": "accumulate_grad_batches accumulation_steps",
}
_INSIDE = {
    "model": ("hidden", "dropout", "batch_normalization"),
    "optimizer": ("weight_decay", "clipnorm"),
}
"""Where a setting lies that people look for beside it."""
_MEANT = {name: here for here, names in _ELSEWHERE.items() for name in names.split()}


def meant_elsewhere(given: str, known: Collection[str]) -> str:
    """Return what a study calls that which has another name elsewhere; empty where it is not known here.

    Args:
        given: What was written.
        known: The names that would have been right.

    Example:
        >>> meant_elsewhere("lr", ["learning_rate"]), meant_elsewhere("l2", ["kernel_regularizer"])
        ('learning_rate', 'kernel_regularizer: {l2: …}')
        >>> meant_elsewhere("dropout_rate", ["model", "loss"]), meant_elsewhere("lr", ["hidden"])
        ('model: {dropout: …}', '')
    """
    name = re.sub(r"\W", "_", given.lower())
    here = _MEANT.get(name, "")
    if here.partition(":")[0] in known:
        return here
    around = next((outer for outer, inner in _INSIDE.items() if here in inner and outer in known), "")
    return f"{around}: {{{here}: …}}" if around else ""
