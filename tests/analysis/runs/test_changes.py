"""One setting at another level, as a study file has it."""

from tests.analysis.made_studies import clean, with_inputs

from paribus.analysis.runs.changes import scaled
from paribus.analysis.runs.remedies import remedies


def test_pixels_are_scaled_by_one_word_or_by_the_input_that_has_them():
    def settings(study):
        return scaled(next(iter(study.variants.values())).configuration)

    assert settings(clean()) == {"scale": "unit"}
    assert settings(with_inputs()) == {"scale": {"image": "unit"}}


def test_the_input_that_has_pixels_is_named_in_what_is_left_to_try():
    configuration = next(iter(with_inputs().variants.values())).configuration
    assert str(remedies(configuration, ["scale"])) == "dividing pixels by 255 (scale: {image: unit})"
    scaled_already = next(iter(with_inputs(scale={"image": "unit"}).variants.values())).configuration
    assert "255" not in str(remedies(scaled_already, ["scale"]))
