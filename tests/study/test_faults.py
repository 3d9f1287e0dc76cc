"""Every way to get a study wrong is told: where, what was given, what is allowed, what was probably meant."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.study.conftest import BASE, faults_of, faults_with

import paribus.study
from paribus.errors import StudyError
from paribus.study.faults import printable_text
from paribus.study.reader import load
from paribus.texts import text

HEAD = """\
base: &base
  data: mnist
  model: {hidden: [784], activation: relu, output: sigmoid}
  loss: binary_crossentropy
  optimizer: {name: sgd, learning_rate: 0.01}
  epochs: 30
"""
PLAIN = HEAD + "variants: {plain: {}}\n"

IN_A_VARIANT = [
    ({"optimizer": "adamm"}, "a.optimizer: 'adamm' is not an optimizer.", "Did you mean 'adam'?"),
    ({"optimizer": "Adam"}, "'Adam' is not an optimizer.", "Did you mean 'adam'?"),
    ({"optimizer": {"name": "adma"}}, "a.optimizer.name: 'adma'", "Known: adadelta, adafactor, adagrad, adam,"),
    ({"optimizer": {"name": "adam", "momentum": 0.9}}, "a.optimizer.momentum: 'momentum' is not an argument of adam", "beta_1"),
    ({"optimizer": {"rho": 0.9}}, "a.optimizer.rho: 'rho' is not an argument of sgd", "momentum, nesterov"),
    ({"optimizer": 3}, "a.optimizer: An optimizer is given by its name", "adam"),
    ({"optimizer": ["adam"]}, "a.optimizer: An optimizer is given by its name", ""),
    ({"learning_rate": -0.1}, "a.learning_rate: -0.1 is not allowed here.", "Give a number above 0."),
    ({"learning_rate": 0}, "a.learning_rate: 0 is not allowed here.", "above 0"),
    ({"learning_rate": "fast"}, "a.learning_rate: 'fast' is not a learning-rate schedule.", "exponential_decay"),
    ({"learning_rate": True}, "a.learning_rate: Give a number above 0, or", "exponential_decay"),
    ({"learning_rate": float("nan")}, "a.learning_rate: NaN is not allowed here.", ""),
    ({"learning_rate": float("inf")}, "a.learning_rate: Infinity is not allowed here.", ""),
    ({"learning_rate": {"decay_steps": 3}}, "Which learning-rate schedule?", "exponential_decay"),
    ({"learning_rate": {"name": "cosine_decay"}}, "a.learning_rate.decay_steps: cosine_decay needs decay_steps.", "initial_learning_rate"),
    ({"learning_rate": {"name": "piecewise_constant_decay", "boundaries": [5, 3], "values": [1, 2]}}, "2 boundaries", "2 values are given"),
    ({"learning_rate": 0.1, "optimizer": {"name": "sgd", "learning_rate": 0.2}}, "a.learning_rate:", "differ. Give one of them."),
    ({"optimizer": {"momentum": 1.5}}, "a.optimizer.momentum: 1.5 is not allowed here.", "a number from 0 to 1"),
    ({"optimizer": {"nesterov": "yes"}}, "a.optimizer.nesterov: 'yes' is not allowed here.", "true or false"),
    ({"optimizer": {"clipnorm": 1, "clipvalue": 1}}, "Only one of clipnorm, clipvalue can be given", ""),
    ({"optimizer": {"name": "rmsprop", "epsilon_outside": True, "momentum": 0.9}}, "the RMSprop of TensorFlow in 2021", "Leave epsilon_outside or momentum out."),
    ({"batch_size": 0}, "a.batch_size: 0 is not allowed here.", "a whole number of at least 1"),
    ({"batch_size": 12.5}, "a.batch_size: 12.5 is not allowed here.", "whole"),
    ({"batch_size": "128"}, "a.batch_size: '128' is not allowed here.", "whole"),
    ({"batch_size": 60_000}, "The batch size 60000 exceeds the number of training examples (54000)", ""),
    ({"batch_size": 1e300}, "a.batch_size: 1e+300 is not allowed here.", ""),
    ({"epochs": 0}, "a.epochs: 0 is not allowed here.", "from 1 to 1,000,000"),
    ({"epochs": True}, "a.epochs: true is not allowed here.", ""),
    ({"validation": 1.0}, "a.validation: 1.0 is not allowed here.", "from 0 up to, but not including, 1"),
    ({"validation": 10}, "a.validation: 10 looks like a percentage.", "Give the fraction: 0.1."),
    ({"scale": "255"}, "a.scale: '255' is not allowed here.", "Known: none, unit, standard, minmax, robust."),
    ({"data": "minst"}, "a.data: 'minst' is not a data set.", "Did you mean 'mnist'?"),
    ({"data": ["mnist"]}, "a.data: [\"mnist\"] is not allowed here.", "mnist, fashion_mnist or cifar10"),
    ({"loss": "crossentropy"}, "a.loss: 'crossentropy' is not a loss for images in classes.", "binary_crossentropy"),
    ({"loss": {"name": "mse"}}, "a.loss.name: 'name' is not an argument of loss", ""),
    ({"epoch": 3}, "a.epoch: 'epoch' is not a setting.", "Did you mean 'epochs'?"),
    ({"learning-rate": 3}, "a.learning-rate: 'learning-rate' is not a setting.", "Did you mean 'learning_rate'?"),
    ({"dropout": 0.5}, "a.dropout: 'dropout' is not a setting by itself", "it belongs in model: {dropout: …}"),
    ({"momentum": 0.9}, "a.momentum: 'momentum' is not a setting by itself", "it belongs in optimizer: {momentum: …}"),
    ({"patience": 3}, "a.patience: 'patience' is not a setting by itself", "it belongs in early_stopping: {patience: …}"),
    ({"early_stopping": 3}, "a.early_stopping: early_stopping is written as keys and values.", "patience"),
    ({"early_stopping": {"monitor": "vall_loss"}}, "a.early_stopping.monitor: 'vall_loss'", "Did you mean 'val_loss'?"),
    ({"metrics": ["top_10"]}, "a.metrics.0: top_10 says nothing of mnist, which has 10 classes", "top_5, balanced_accuracy"),
    ({"early_stopping": {"monitor": "val_top_10"}}, "a.early_stopping: top_10 says nothing of mnist", "top_5, balanced_accuracy"),
    ({"early_stopping": {"mode": "minimum"}}, "a.early_stopping.mode: 'minimum'", "Known: auto, min, max."),
    ({"early_stopping": {"patience": -1}}, "a.early_stopping.patience: -1 is not allowed here.", "at least 0"),
    ({"early_stopping": {"patients": 3}}, "'patients' is not an argument of early_stopping", "Did you mean 'patience'?"),
    ({"early_stopping": {"monitor": "val_loss"}, "validation": 0}, "val_loss cannot be monitored: no examples are held out", ""),
    ({"class_weight": {"cat": 2}}, "a.class_weight.cat: 'cat' is not a class of mnist.", "Known: 0, 1, 2"),
    ({"class_weight": 3}, "a.class_weight: 3 is not allowed here.", "balanced, or a number of at least 0 for each class"),
    ({"class_weight": {"3": -1}}, "a.class_weight.3: -1 is not allowed here.", "at least 0"),
    ({"train_size": 90_000}, "a.train_size: train_size 90000 is more than the 54000 training examples", ""),
    ({"train_size": 1.5}, "a.train_size: 1.5 is not allowed here.", "a share above 0 and up to 1, or a whole number"),
    ({"train_size": 0.00001}, "train_size 1e-05 leaves none of the 54000 training examples.", ""),
    ({"train_size": 40}, "The batch size 128 exceeds the number of training examples (40)", ""),
    ({"label_noise": 20}, "a.label_noise: 20 looks like a percentage.", "0.2"),
    ({"label_noise": "2,5 %"}, "a.label_noise: '2,5 %' looks like a percentage.", "0.025"),
    ({"label_noise": {}}, "a.label_noise.share: label_noise needs share.", ""),
    ({"label_noise": {"matrix": [[1, 0], [0, 1]]}}, "The matrix needs a row for each of the 10 classes", ""),
    ({"folds": 1}, "a.folds: 1 is not allowed here.", "a whole number of at least 2"),
    ({"folds": 80_000}, "a.folds: 80000 folds are more than the 70000 examples.", ""),
    ({"folds": 5, "split": "time"}, "a.folds: folds put later examples", "split: time"),
    ({"split": "kfold"}, "a.split: 'kfold' is not allowed here.", "stratified"),
    ({"split": "group"}, "a.split: mnist has no groups.", "group: COLUMN"),
    ({"balance": "both"}, "a.balance: 'both' is not allowed here.", "over, under"),
    ({"augment": "random_flip"}, "a.augment: 'random_flip' is not allowed here.", "a list of layers"),
    ({"augment": ["random_flp"]}, "a.augment.0: 'random_flp' is not a layer that changes images.", "Did you mean 'random_flip'?"),
    ({"augment": ["random_rotation"]}, "random_rotation needs factor.", ""),
    ({"augment": [{"random_rotation": 3}]}, "a.augment.0.random_rotation: 3 is not allowed here.", "from -1 to 1"),
    ({"augment": [{"random_zoom": [0.2, 0.1]}]}, "[0.2, 0.1] is not allowed here.", "[lowest, highest]"),
    ({"augment": [{"gaussian_noise": 0.1}, "random_flip"]}, "gaussian_noise is added to the scaled inputs", "Put it last."),
    ({"label_smoothing": 0.1, "loss": "mse"}, "label_smoothing does not go with mean_squared_error.", "categorical_crossentropy"),
    ({"reduce_on_plateau": 3}, "reduce_on_plateau is written as keys and values.", "patience"),
    ({"reduce_on_plateau": {"factor": 1}}, "a.reduce_on_plateau.factor: 1 is not allowed here.", "not including, 1"),
    ({"reduce_on_plateau": {}, "validation": 0}, "val_loss cannot be monitored: no examples are held out", ""),
    ({"reduce_on_plateau": {}, "learning_rate": {"name": "exponential_decay", "decay_steps": 9, "decay_rate": 0.5, "initial_learning_rate": 0.1}}, "needs a learning rate that is a number, and exponential_decay changes it", ""),
    ({"cooldown": 3}, "it belongs in reduce_on_plateau: {cooldown: …}", ""),
    ({"kernel_regularizer": "l3"}, "a.kernel_regularizer: 'l3' is not a regularizer.", "l1, l1_l2, l2"),
    ({"kernel_regularizer": {"l2": -1}}, "a.kernel_regularizer.l2: -1 is not allowed here.", "at least 0"),
    ({"kernel_regularizer": {"lambda": 0.1}}, "Which regularizer?", "{l1: 0.01}"),
    ({"kernel_regularizer": 0.01}, "a.kernel_regularizer: A regularizer is given by its name", "{l2: 0.01}"),
    ({"bias_regularizer": "orthogonal_regularizer"}, "orthogonal_regularizer cannot be the bias_regularizer of hidden_1", ""),
    ({"kernel_initializer": "zero"}, "a.kernel_initializer: 'zero' is not an initializer.", "Did you mean 'zeros'?"),
    ({"kernel_initializer": 0}, "a.kernel_initializer: An initializer is given by its name", "zeros"),
    ({"kernel_initializer": {"name": "random_uniform", "minval": 1}}, "minval is above maxval.", ""),
    ({"kernel_initializer": {"name": "variance_scaling", "mode": "fan"}}, "a.kernel_initializer.mode: 'fan'", "fan_in"),
    ({"bias_initializer": "orthogonal"}, "orthogonal cannot be the bias_initializer of hidden_1", ""),
    ({"layers": {"hidden_2": {"use_bias": False}}}, "No layer of this network is called 'hidden_2'.", "Known: hidden_1, output."),
    ({"layers": {"output": {"units": 9}}}, "a.layers: The network ends in 9 outputs, but mnist has 10 classes.", ""),
    ({"layers": {"output": {"unit": 9}}}, "a.layers.output.unit: 'unit' is not an argument of dense.", "Did you mean 'units'?"),
    ({"layers": {"output": 3}}, "a.layers.output: Give this layer's settings by name", ""),
    ({"layers": ["zeros"]}, "a.layers: Put settings of single layers under the layer's name", "hidden_1"),
    ({"model": "mlp"}, "a.model: A model is {hidden: [784]", "list of layers"),
    ({"model": []}, "a.model: The model has no layers.", ""),
    ({"model": {"hidden": 784}}, "a.model.hidden: The hidden layers are a list", "[512, 256]"),
    ({"model": {"hidden": [0]}}, "a.model.hidden.0: 0 is not allowed here.", "at least 1"),
    ({"model": {"hidden": None}}, "a.model.hidden: The model needs its hidden layers", ""),
    ({"model": {"activations": "relu"}}, "'activations' is not part of a model.", "Did you mean 'activation'?"),
    ({"model": {"activation": "rellu"}}, "a.model.activation: 'rellu' is not an activation.", "Did you mean 'relu'?"),
    ({"model": {"dropout": 1.2}}, "a.model.dropout: 1.2 looks like a percentage.", "0.012"),
    ({"model": {"dropout": -0.2}}, "a.model.dropout: -0.2 is not allowed here.", "up to, but not including, 1"),
    ({"model": {"batch_normalization": 1}}, "a.model.batch_normalization: 1 is not allowed here.", "true or false"),
    ({"model": ["dense"]}, "dense needs units.", ""),
    ({"model": ["flaten", {"dense": 10}]}, "a.model.0: 'flaten' is not a layer that a study can use.", "Did you mean 'flatten'?"),
    ({"model": ["lambda", {"dense": 10}]}, "'lambda' is not a layer that a study can use.", "conv2d"),
    ({"model": [{"conv2d": 32}, "flatten", {"dense": 10}]}, "conv2d takes its arguments by name", ""),
    ({"model": [["dense", 10]]}, "a.model.0: Each entry is one layer", ""),
    ({"model": [{"dense": {"units": 10}, "flatten": {}}]}, "a.model.0: Each entry is one layer", ""),
    ({"model": [{"conv2d": {"filters": 8, "kernel_size": [3, 3, 3]}}, "flatten", {"dense": 10}]}, "a.model.0.conv2d.kernel_size: [3, 3, 3]", "[height, width]"),
    ({"model": [{"bidirectional": {"dense": 8}}, {"dense": 10}]}, "bidirectional cannot wrap dense", ""),
    ({"model": ["time_distributed", {"dense": 10}]}, "time_distributed wraps one other layer", "{lstm: 32}"),
    ({"model": [{"bidirectional": {"lstm": 8, "gru": 8}}, {"dense": 10}]}, "bidirectional wraps one other", ""),
    ({"model": [{"bidirectional": {"lstn": 8}}, {"dense": 10}]}, "'lstn' is not a layer", "Did you mean 'lstm'"),
    ({"model": [{"lstm": 8}, {"dense": 10}]}, "lstm_1 needs sequences of time × features", "28 × 28 × 1"),
    ({"model": [{"reshape": [5, -1]}, "flatten", {"dense": 10}]}, "reshape_1 cannot give 28 × 28 × 1", "[5, -1]"),
    ({"model": [{"conv2d_transpose": {"filters": 2, "kernel_size": 3, "output_padding": 1}}, "flatten", {"dense": 10}]}, "output_padding must be smaller than strides", ""),
    ({"model": [{"permute": [1, 1, 2]}, "flatten", {"dense": 10}]}, "permute_1 cannot arrange", "[1, 1, 2]"),
    ({"model": [{"cropping2d": 14}, "flatten", {"dense": 10}]}, "cropping2d_1 cuts 28 positions away", "only 28"),
    ({"kernel_constraint": {"name": "max_norm", "max_value": -1}}, "-1 is not allowed", "at least 0"),
    ({"kernel_constraint": "max_nrom"}, "'max_nrom' is not a constraint", "Did you mean 'max_norm'"),
    ({"bias_constraint": {"name": "min_max_norm", "min_value": 2}}, "min_value is above max_value", ""),
    ({"model": [{"conv2d": {"filters": 8, "kernel_size": 29}}, "flatten", {"dense": 10}]}, "conv2d_1 covers 29 positions, but its input has only 28", "padding: same"),
    ({"model": ["flatten", {"conv2d": {"filters": 8, "kernel_size": 3}}, {"dense": 10}]}, "conv2d_1 needs images of height × width × channels", "784 values"),
    ({"model": [{"conv2d": {"filters": 8, "kernel_size": 3}}, {"dense": 10}]}, "The network ends in 26 × 26 × 10 values per image", "flatten"),
    ({"model": [{"conv2d": {"filters": 8, "kernel_size": 3, "strides": 2, "dilation_rate": 2}}, "flatten", {"dense": 10}]}, "not both", ""),
    ({"model": [{"conv2d": {"filters": 8, "kernel_size": 3, "groups": 3}}, "flatten", {"dense": 10}]}, "conv2d_1 cannot divide 1 channels into 3 equal groups", ""),
    ({"model": [{"dense": 11}]}, "The network ends in 11 outputs, but mnist has 10 classes.", ""),
    ({"model": [{"dense": 1}], "loss": "categorical_crossentropy"}, "The network ends in 1 outputs", ""),
    ({"model": [{"input": [32, 32, 3]}, "flatten", {"dense": 10}]}, "expects inputs of [32, 32, 3], but the images of mnist have shape 28 × 28 × 1", ""),
    ({"model": {"hidden": [10_000_000]}}, "The network has 7,950,000,010 weights", "1,000,000,000"),
]  # fmt: skip

WHOLE = [
    ("", "mine.yaml: The file is empty."),
    ("# nothing\n", "mine.yaml: The file is empty."),
    ("- base\n", "mine.yaml:1: A study is written as keys and values"),
    ("just words", "A study is written as keys and values"),
    (PLAIN + "---\nname: two\n", "A second YAML document starts here"),
    (PLAIN + "base: {}\n", "mine.yaml:8: base: Duplicate key; first given on line 1."),
    (HEAD + "variants:\n\tplain: {}\n", "mine.yaml:8: This line is indented with a tab."),
    (HEAD + "variants: {plain: {]\n", "mine.yaml:7: This is not YAML:"),
    (HEAD + "variants: {plain: *nobody}\n", "mine.yaml:7: This is not YAML: found undefined alias 'nobody'"),
    ("name: caf\xe9\n".encode("latin-1") + PLAIN.encode(), "mine.yaml:1: The file is not text in UTF-8."),
    (b"\x00\x01" + PLAIN.encode(), "This is not YAML"),
    (PLAIN + "#" * 200_000, "The file is longer than 128 kB, too long"),
    ("[" * 2_000, "Nested too deeply"),
    ("a: " + "[" * 40 + "]" * 40, "Nested too deeply"),
    (PLAIN + "title: &loop [*loop]\n", "title.0: This contains itself."),
    ("a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)), "the study has more than 20000 entries"),
    (HEAD + "variants: {plain: !!python/object/apply:os.system ['true']}\n", "plain: The tag !!python/object/apply:os.system is not supported."),
    (HEAD + "variants: {plain: {epochs: !mine 3}}\n", "variants.plain.epochs: The tag !mine is not supported."),
    (HEAD + "variants: {plain: {epochs: !!binary aGk=}}\n", "The tag !!binary is not supported."),
    (HEAD + "variants: {? [a, b] : {}}\n", "variants: A key must be a word or a number."),
    (HEAD + "variants: {plain: {<<: *base}}\n", "'<<' is not a setting."),
    (HEAD, "variants: A study needs at least one variant"),
    (HEAD + "variants: {}\n", "variants: A study needs at least one variant"),
    (HEAD + "variants: [plain]\n", "mine.yaml:7: variants: Variants are written by name"),
    (HEAD + "variants: {plain: 3}\n", "variants.plain: plain is written as keys and values."),
    (HEAD + "variants: {plain: {from: nobody}}\n", "variants.plain.from: There is no variant 'nobody' to inherit from."),
    (HEAD + "variants: {plain: {from: plain}}\n", "These variants inherit from each other: plain → plain."),
    (HEAD + "variants:\n  a: {from: c}\n  b: {from: a}\n  c: {from: b}\n", "inherit from each other: a → c → b → a."),
    (HEAD + "variants: {plain: {from: [a]}}\n", "variants.plain.from: Text is expected here."),
    (HEAD + "variants: {a/b: {}}\n", "variants.a/b: 'a/b' cannot be a name"),
    (HEAD + "variants: {'': {}}\n", "'' cannot be a name"),
    (HEAD + "variants: {'..': {}}\n", "'..' cannot be a name"),
    (HEAD + "variants: {'a\\\\b': {}}\n", "cannot be a name"),
    (HEAD + 'variants: {"a\\tb": {}}\n', "'a\N{REPLACEMENT CHARACTER}b' cannot be a name"),
    (HEAD + "variants: {' a': {}}\n", "cannot be a name"),
    (HEAD + "variants: {con: {}}\n", "cannot be a name"),
    (HEAD + f"variants: {{{'a' * 101}: {{}}}}\n", "at most 100 bytes"),
    (HEAD + "variants: {fast: {}, Fast: {}}\n", "'Fast' and 'fast' differ only in case"),
    (PLAIN + "name: a/b\n", "name: 'a/b' cannot be a name"),
    (PLAIN + "name: [a]\n", "name: Text is expected here."),
    (PLAIN + "seeds: 0\n", "mine.yaml:8: seeds: 0 is not allowed here."),
    (PLAIN + "margin: 0.5%\n", "margin: '0.5%' looks like a percentage. Give the fraction: 0.005."),
    (PLAIN + "margin: 1\n", "margin: 1 looks like a percentage. Give the fraction: 0.01."),
    (PLAIN + "epochs: 3\n", "epochs: 'epochs' is a setting; it belongs in base, or in a variant."),
    (PLAIN + "variant: {}\n", "'variant' is not a valid key here."),
    (PLAIN + "data: cifar10\n", "base.data: Two different data sets are given"),
    (PLAIN.replace("  data: mnist\n", ""), "variants.plain.data: The setting data is missing"),
    (PLAIN.replace("  data: mnist\n", "").replace("{plain: {}}", "{a: {}, b: {}}"), "base.data: The setting data is missing"),
    (HEAD + "variants: {plain: {epochs: ~}, other: {loss: ~}}\n", "variants.plain.epochs"),
    (PLAIN.replace("optimizer: {name: sgd, ", "optimizer: {"), "base.optimizer: Which optimizer?"),
    (PLAIN.replace("optimizer: {name: sgd, learning_rate: 0.01}", "learning_rate: 0.01"), "This learning_rate belongs to no optimizer."),
    ("base: 3\nvariants: {a: {}}\n", "base: base is written as keys and values."),
    (PLAIN + "questions: {a: b}\n", "questions: Questions are a list"),
    (PLAIN + "questions: [Does it help?]\n", "questions.0: question is written as keys and values."),
    (PLAIN + "questions: [{treatment: plain}]\n", "questions.0.reference: question needs reference."),
    (PLAIN + "questions: [{treatment: plan, reference: plain}]\n", "There is no variant 'plan'.\n  Known: plain. Did you mean 'plain'?"),
    (HEAD + "variants: {plain: {}, b: {epochs: 2}}\nquestions: [{treatment: b, reference: plain, margin: 5}]\n", "questions.0.margin: A margin for test_accuracy must be below 1, not 5."),
    (HEAD + "variants: {plain: {}, b: {epochs: 2}}\nquestions: [{treatment: b, reference: plain, margin: 0}]\n", "questions.0.margin: 0 is not allowed here.\n  Give a number above 0."),
    (PLAIN + "questions: [{treatment: plain, reference: plain}]\n", "'plain' cannot be compared with itself."),
    (PLAIN + "questions: [{treatment: plain, reference: plain, metric: accuracy}]\n", "Did you mean 'test_accuracy'?"),
    (PLAIN + "questions: [{treatment: plain, reference: plain, metric: test_top_10}]\n", "test_top_5, test_balanced_accuracy"),
    (PLAIN + "questions: [{treatment: plain, reference: plain, metric: brier}]\n", "Did you mean 'test_brier'?"),
    (PLAIN + "questions: [{treatment: plain, reference: plain, asks: Why?}]\n", "Did you mean 'ask'?"),
    (PLAIN + "published: {plain: {test: 96.18}}\n", "published.plain.test: 96.18 looks like a percentage. Give the fraction: 0.9618."),
    (PLAIN + "published: {plan: {test: 0.96}}\n", "published.plan: There is no variant 'plan'."),
    (PLAIN + "published: {plain: 0.96}\n", "published.plain: plain is written as keys and values."),
    (PLAIN + "published: {plain: {tset: 0.96}}\n", "Did you mean 'test'?"),
    (PLAIN + "published: {plain: {test: 0.96, of: plan}}\n", "published.plain.of: There is no variant 'plan'."),
    (PLAIN + "published: {plain: {test: 0.96, runs: 0}}\n", "published.plain.runs: 0 is not allowed here."),
    (PLAIN + "published: [0.96]\n", "published: published is written as keys and values."),
]  # fmt: skip


@pytest.mark.parametrize(("variant", "told", "also"), IN_A_VARIANT)
def test_a_fault_of_a_variant_is_told(variant: dict[str, object], told: str, also: str):
    message = faults_with(variant)
    assert told in message
    assert also in message
    assert "variants.a" in message


@pytest.mark.parametrize(("source", "told"), WHOLE, ids=range(len(WHOLE)))
def test_a_fault_of_the_whole_is_told(source: str | bytes, told: str):
    message = faults_of(source)
    assert told in message
    assert message.startswith("mine.yaml")


def test_a_fault_of_the_base_is_told_once():
    source = PLAIN.replace("sgd", "sdg").replace("{plain: {}}", "{a: {}, b: {}, c: {from: b, epochs: 3}}")
    assert faults_of(source).count("'sdg' is not an optimizer.") == 1


def test_a_fault_of_the_base_is_told_even_where_every_variant_replaces_it():
    source = PLAIN.replace("sgd", "sdg").replace("{plain: {}}", "{a: {optimizer: adam}}")
    assert "'sdg' is not an optimizer." in faults_of(source)


def test_a_base_that_cannot_stand_alone_is_no_fault():
    base = {key: value for key, value in BASE.items() if key not in ("data", "epochs")}
    assert load({"base": base, "variants": {"a": {"data": "mnist", "epochs": 3}}}).variants["a"]


def test_what_a_variant_breaks_is_told_at_the_variant():
    source = HEAD.replace("784", "9") + "variants:\n  a: {}\n  b: {validation: 0, early_stopping: {}}\n"
    message = faults_of(source)
    assert message.startswith("mine.yaml:9: variants.b.early_stopping: val_loss cannot be monitored")
    assert message.count("mine.yaml") == 1


def test_many_faults_are_told_in_the_order_of_the_file():
    golden = Path(__file__).parent / "many_faults"
    message = faults_of((golden.with_suffix(".yaml")).read_bytes())
    assert message + "\n" == golden.with_suffix(".txt").read_text(encoding="utf-8")


def test_a_missing_file_may_be_a_built_in_study():
    with pytest.raises(
        StudyError,
        match=re.escape(
            "no built-in study of this name.\n  Known: adding, breast_cancer, diabetes, digits, lab2, learning-curve, noise, wine. Did you mean 'lab2'?"
        ),
    ):
        load("lab3")


def test_a_folder_is_not_a_study(tmp_path: Path):
    with pytest.raises(StudyError, match=re.escape("This is a folder. Give a study file.")):
        load(tmp_path)
    (tmp_path / "mine.yaml").touch()
    with pytest.raises(StudyError, match=re.escape("Known: mine.yaml.")):
        load(tmp_path)


@pytest.mark.parametrize("source", ["a\0b", "a" * 5_000, "mine.yaml/inside", "", "."])
def test_no_path_brings_down_the_reader(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").touch()
    with pytest.raises(StudyError):
        load(source)


def test_a_mapping_can_hold_itself_only_by_mistake():
    loop: dict[str, object] = {}
    loop["base"] = loop
    with pytest.raises(StudyError, match="This contains itself"):
        load(loop)


def test_a_name_as_a_number_and_as_text_is_the_same_name():
    with pytest.raises(StudyError, match="'1' is given twice"):
        load({"base": BASE, "variants": {1: {}, "1": {}}})


def test_a_mapping_holds_no_other_objects():
    with pytest.raises(StudyError, match=re.escape("variants.a.epochs: A study cannot contain 'object'.")):
        load({"base": BASE, "variants": {"a": {"epochs": object()}}})


def test_what_a_file_holds_cannot_control_a_terminal():
    message = faults_of('"\\e[2Jname": 3\n' + PLAIN)
    assert all(letter.isprintable() or letter == "\n" for letter in message)
    assert printable_text("a" * 100) == "a" * 59 + "…"


def test_every_code_has_its_sentence():
    source = "".join(path.read_text() for path in Path(paribus.study.__path__[0]).glob("*.py"))
    codes = set(re.findall(r'"study\.([a-z0-9-]+)"', source))
    codes |= set(re.findall(r'(?:\.fault|self\._add|NotReadableError|ShapeError)\(\s*"([a-z-]+)"', source))
    assert len(codes) > 70
    fillings = dict.fromkeys(re.findall(r"\w+", source), "x")
    fillings |= {
        f"{place}_{each}": "x" for place in ("first", "second") for each in ("budget", "seeds", "on")
    }
    for code in codes:
        assert text(f"study.{code}", **fillings)
