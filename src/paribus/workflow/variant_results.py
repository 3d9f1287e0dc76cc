"""The results of one variant."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paribus.analysis import result_table
from paribus.errors import UsageError
from paribus.record.folder import RunFolder
from paribus.record.keeping import is_dropped
from paribus.record.records import Records
from paribus.record.run import RunRecord
from paribus.report import tables
from paribus.study.study import Study
from paribus.texts.printable import Block, Printable
from paribus.texts.quantities import figure_with_unit
from paribus.workflow import frames

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

    from paribus.analysis.questions.mistakes import Mistakes
    from paribus.record.reported import Reported


@dataclass(frozen=True, eq=False, repr=False)
class VariantResults(Printable):
    """The runs of one variant.

    Args:
        study: What was asked.
        variant: Its name.
        records: Its runs by seed.
    """

    study: Study
    variant: str
    records: Mapping[int, RunRecord]

    @property
    def row(self) -> result_table.Row:
        """The variant's row of the result table."""
        keyed = Records({(self.variant, seed): record for seed, record in self.records.items()})
        return next(row for row in result_table.rows(self.study, keyed) if row.variant == self.variant)

    @property
    def test_accuracy(self) -> tuple[float, ...]:
        """Test accuracy in [0, 1] of every run that has one, by seed."""
        results = (record.result for record in self.records.values())
        return tuple(result.test["accuracy"] for result in results if result and "accuracy" in result.test)

    @property
    def test_score(self) -> tuple[float, ...]:
        """Test accuracy in [0, 1], or R² in a regression, of every run that has one, by seed."""
        scores = (record.test_score for record in self.records.values())
        return tuple(score for score in scores if score is not None)

    def metrics(self) -> DataFrame:
        """Return every metric of the task on the test examples, a row a run; NaN where it is undefined.

        Raises:
            StoreError: A run's predictions are not what was written.
        """
        return frames.of_metrics(self.records)

    @property
    def history(self) -> DataFrame:
        """Every epoch of every run: a row each, with ``seed``, ``epoch`` and the metrics."""
        return frames.of_history(self.records)

    def probes(self) -> DataFrame:
        """Return what was measured inside the network, every probe of every run: a row each.

        Columns are ``seed`` and the fields of `paribus.record.probes.Probe`; those of a layer are named like
        ``hidden_1.gradient``. Runs of earlier versions have none.
        """
        return frames.of_probes(self.records)

    def mistakes(self) -> dict[int, Mistakes]:
        """Return confusion, precision and recall, calibration and the surest mistakes on test images by seed.

        Only of classification: a regression and several labels have `metrics`. Runs that have no predictions,
        because they diverged, failed or have not ended, are left out.

        Raises:
            StoreError: A run's predictions are not what was written.
        """
        from paribus.analysis.questions.mistakes import mistakes

        found: dict[int, Mistakes] = {}
        for seed, record in self.records.items():
            with suppress(FileNotFoundError):
                found[seed] = mistakes(*RunFolder(record.folder).predictions())
        return found

    def reported(self, seed: int | None = None) -> Reported:
        """Return what `paribus.rerun` must find when it trains a run again.

        Args:
            seed: The run's; None for the first that ended well.

        Raises:
            UsageError: No such run has ended well.
        """
        from paribus.record.reported import reported

        chosen = {each: run for each, run in self.records.items() if seed is None or each == seed}
        for record in chosen.values():
            if (found := reported(self.variant, record, self.study.margin)) is not None:
                return found
        seeds = ", ".join(map(str, self.records)) or "–"
        raise UsageError("notebook.none-ended", variant=self.variant, known=seeds)

    def keras_script(self, seed: int = 0) -> str:
        """Return the variant as a plain Keras script, as ``paribus keras`` prints it.

        Args:
            seed: The run's whose split, initial weights and order of examples the script has.

        Raises:
            UsageError: Keras has no words for one of its settings.
        """
        from paribus.report.keras_script import script

        return script(self.study, self.variant, seed=seed)

    def weights(self, seed: int = 0) -> Any:
        """Return a run's network with the weights that it kept, as a built model of plain Keras.

        Its inputs are scaled as the run's were; `predict` takes raw ones. A network of one's own is built by
        its function again. Of a training of one's own these are the arrays of its state, by name.

        Args:
            seed: The run's.

        Raises:
            UsageError: There is no such run, or it kept no weights; the message says how to keep them.
            StoreError: The file is damaged.
        """
        from paribus.kept.predictions import kept_weights

        record = self._record(seed)
        is_own = record.spec.configuration.network is not None
        return self._own_model(record) if is_own else kept_weights(record)

    def predict(self, x: object, *, seed: int = 0, probabilities: bool = False) -> Any:
        """Return what a run's network predicts for raw examples: they are scaled and filled as its own were.

        Args:
            x: As the data have them: an array, a data frame with the table's columns, a mapping by input.
            seed: The run's.
            probabilities: Whether to return a DataFrame with the probability of each class.

        Returns:
            Classes by name; in a regression numbers in the target's unit; of several labels a DataFrame.

        Raises:
            UsageError: There is no such run, it kept no weights, or the examples are not like the data.
        """
        from paribus.execute.own_model import scored_outputs
        from paribus.kept.predictions import predict

        record = self._record(seed)
        facts = record.spec.configuration.facts
        if record.spec.configuration.network is None:
            return predict(record, x, probabilities=probabilities)
        model = self._own_model(record)

        def compute(given: Any) -> Any:
            return scored_outputs(model, facts, given)

        return predict(record, x, probabilities=probabilities, compute=compute)

    def _own_model(self, record: RunRecord) -> Any:
        """Return a network that the user's own code builds, with the weights that a run kept."""
        from paribus.execute.own_model import own_model
        from paribus.kept.predictions import kept_arrays

        network = record.spec.configuration.network
        file = None if network is None else self.study.programs.get(network.sha256)
        return own_model(record.spec, file, kept_arrays(record))

    def ended(self, seed: int | None = None) -> RunRecord:
        """Return a run that was trained to its end.

        Args:
            seed: The run's; None for the first.

        Raises:
            UsageError: There is none.
        """
        found = {number: record for number, record in self.records.items() if record.has_ended}
        if seed in found or (seed is None and found):
            return found[next(iter(found)) if seed is None else seed]
        known = ", ".join(map(str, found)) or "–"
        raise UsageError("kept.no-card", variant=self.variant, known=known)

    def with_weights(self, seed: int | None = None) -> RunRecord:
        """Return a run that was trained to its end, and whose weights were not dropped.

        Args:
            seed: The run's; None for the first.

        Raises:
            UsageError: There is none; the message says why.
        """
        first = self.ended(seed)
        ended = [each for each in self.records.values() if each.has_ended]
        found = [each for each in ([first] if seed is not None else ended) if not is_dropped(each.folder)]
        if not found:
            raise UsageError("kept.dropped", folder=first.folder)
        return found[0]

    def _record(self, seed: int) -> RunRecord:
        if seed not in self.records:
            seeds = ", ".join(map(str, self.records)) or "–"
            raise UsageError("kept.no-run", variant=self.variant, seed=seed, known=seeds)
        return self.records[seed]

    def summary(self) -> None:
        """Print what the variant changes, its network, and how its runs ended."""
        sys.stdout.write(f"{self}\n")

    def plot(self) -> Figure:
        """Draw accuracy and loss over epochs, train and validation; a matplotlib figure to build on."""
        from paribus.report.figures.figures import variant_figure

        return variant_figure(self.study, self.variant, list(self.records.values()))

    def blocks(self) -> Iterable[Block]:
        """Return what the variant changes, its network and its runs."""
        return tables.variant_blocks(self.study, self.variant, self.records.values())

    def __repr__(self) -> str:
        test = figure_with_unit(self.row.test, self.study.score.unit)
        return f"VariantResults({self.variant!r}, {len(self.records)} runs, test {test})"
