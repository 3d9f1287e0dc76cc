"""Where in a study a key may stand, and what its value is that is no single number or word."""

from __future__ import annotations

from enum import StrEnum


class Group(StrEnum):
    """Where in a study a key may stand; keys of the base may stand in each variant as well."""

    STUDY = "study"
    VARIANTS = "variants"
    BASE = "base"
    MODEL = "model"
    EARLY_STOPPING = "early_stopping"
    REDUCE_ON_PLATEAU = "reduce_on_plateau"
    LABEL_NOISE = "label_noise"
    DATA = "data"
    LOSS = "loss"
    METRICS = "metrics"
    CALLBACKS = "callbacks"
    TRAIN = "train"
    QUESTIONS = "questions"
    PUBLISHED = "published"
    EXPECT = "expect"
    TUNE = "tune"
    RANGE = "range"
    MEDIAN = "median"
    HALVING = "halving"


class Shape(StrEnum):
    """What a value is that is no single number or word."""

    WORDS = "words"
    NAME = "name"
    LABEL = "label"
    VARIANT = "variant"
    NETWORK = "network"
    LAYERS = "layers"
    NOTES = "notes"
    DATA = "data"
    ONE_OR_MORE = "one-or-more"
    ARGUMENTS = "arguments"
    INPUTS = "inputs"
    CLASS_WEIGHT = "class-weight"
    LOSS_WEIGHTS = "loss-weights"
    AUGMENT = "augment"
    MATRIX = "matrix"
    SWEEP = "sweep"
    CROSS = "cross"
    TUNE = "tune"
    STOP = "stop"
    VALUES = "values"
