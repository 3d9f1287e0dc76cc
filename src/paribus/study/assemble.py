"""A study, read from its variants, its questions and its published figures."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from paribus.errors import Fault, StudyError
from paribus.study.consistency import margin_faults, own_metrics, question_faults
from paribus.study.design_questions import DesignQuestionReader, is_of_design
from paribus.study.expectations import ExpectationReader
from paribus.study.faults import Faults, PartReader, format_value, printable_text, unknown_name
from paribus.study.keras_model import KerasReader
from paribus.study.keys import KEYS, SETTINGS, Group
from paribus.study.model import DesignQuestion, Published, Question, Variant
from paribus.study.notes import subjects
from paribus.study.ranking import MAX_RANKED, RANKING_KEYS, Ranking, RankingKind
from paribus.study.source import Sources, folder_of
from paribus.study.variants import VariantsReader, name_faults
from paribus.study.yaml_node import SameKeyError, YamlNode, write

_KEYS, _QUESTION, _PUBLISHED = KEYS[Group.STUDY], KEYS[Group.QUESTIONS], KEYS[Group.PUBLISHED]


IN_PYTHON = "the study"
"""The source of a study that was made in Python and stands in no file."""


def read_mapping(written: Mapping[str, object], source: str = IN_PYTHON) -> dict[str, object]:
    """Return the fields of a study from a mapping with the keys of a study file.

    Args:
        written: The mapping; ``model`` may also be a ``keras.Sequential``.
        source: What to call it in messages.

    Raises:
        StudyError: Anything is wrong with it.
    """
    keras_reader = KerasReader(Faults())
    try:
        root = write(written, convert=keras_reader.convert)
    except RecursionError:
        raise StudyError(source, [Fault("study.recursive")]) from None
    except SameKeyError as error:
        fault = Fault("study.same-key", values={"given": format_value(str(error))})
        raise StudyError(source, [fault]) from None
    return StudyReader(root, keras_reader.faults).fields("study", source)


class StudyReader(PartReader):
    """Reads a whole study."""

    def __init__(self, root: YamlNode, faults: Iterable[Fault] = ()) -> None:
        super().__init__(Faults())
        self.faults.add(*faults)
        self.root = root

    def fields(self, name: str, source: str) -> dict[str, object]:
        """Return the fields of the study.

        Args:
            name: Its name where it gives none.

        Raises:
            StudyError: Anything is wrong with it.
        """
        for key, written in self.root.branches.items():
            if key in SETTINGS and key not in _KEYS:
                self.faults.add(written.fault("belongs-in-base", given=format_value(key), key=key))
            elif key not in _KEYS:
                self.faults.add(unknown_name("key", written, key, _KEYS))
        name = self.text(self.root, "name") or name
        if self.root.get("name") is not None:
            self.faults.add(*name_faults(self.root.branches["name"], name))
        elif any(name_faults(self.root, name)):
            self.faults.add(self.root.fault("unsafe-file-name", given=format_value(name)))
        title = self.text(self.root, "title")
        seeds = self.setting(self.root, *_KEYS["seeds"].as_setting)
        margin = self.setting(self.root, *_KEYS["margin"].as_setting)
        keep = self.setting(self.root, *_KEYS["keep"].as_setting)
        sources = Sources(folder_of(source))
        variants = VariantsReader(self.root, self.faults, sources)
        resolved = variants.variants()
        sources.networks.close()
        fields: dict[str, object] = {
            "name": name,
            "title": title,
            "seeds": seeds,
            "margin": margin,
            "keep": keep,
            "variants": resolved,
            "questions": tuple(self._questions(variants.declared, resolved)),
            "designs": tuple(each for each in variants.designs if each.cells.keys() <= resolved.keys()),
            "design_questions": tuple(self._design_questions(variants, resolved)),
            "rankings": tuple(self._rankings(variants.declared, resolved)),
            "published": dict(self._published(variants.declared)),
            "notes": dict(self._notes(variants.declared)),
            "expect": tuple(ExpectationReader(self.faults, variants.declared, resolved).read(self.root)),
            "sources": sources.by_name,
            "programs": {**sources.programs, **sources.networks.files},
            "source": source,
            "lines": dict(self._lines(variants.declared)),
        }
        tasks = dict.fromkeys(each.configuration.facts.task for each in resolved.values())
        if len(tasks) > 1:
            place = self.root.get("variants") or self.root
            self.faults.add(place.fault("several-tasks", tasks=", ".join(tasks)))
        if len(self.faults):
            raise StudyError(source, list(self.faults))
        return fields

    def _lines(self, declared: Mapping[str, YamlNode]) -> Iterator[tuple[str, int]]:
        """Yield the lines of what findings point to, by path; none unless the study was read from a file."""
        questions, branches = self.root.get("questions"), self.root.branches
        places = {
            **{key: branches[key] for key in ("seeds", "margin", "fraction") if key in branches},
            **{f"variants.{name}": written for name, written in declared.items()},
            **{f"questions.{place}": each for place, each in enumerate(self._of_pairs(questions))},
        }
        return ((path, written.line) for path, written in places.items() if written.line is not None)

    def _questions(
        self, declared: Mapping[str, YamlNode], resolved: Mapping[str, Variant]
    ) -> Iterator[Question]:
        questions = self.root.get("questions")
        if questions is None:
            return
        if not isinstance(questions.value, list):
            self.faults.add(questions.fault("questions-not-a-list"))
        for written in self._of_pairs(questions):
            if not self._has_keys(written, "question", _QUESTION):
                continue
            treatment, reference = (
                self._variant(written, key, declared) for key in ("treatment", "reference")
            )
            if (against := written.get("against")) is not None:
                self.faults.add(against.fault("against-without-each"))
            if treatment is None or reference is None:
                continue
            if treatment == reference:
                self.faults.add(written.fault("same-variant", given=format_value(treatment)))
            shared = self._of_any_question(written, (treatment, reference), resolved)
            yield Question.model_validate({"treatment": treatment, "reference": reference, **shared})

    def _of_any_question(
        self, written: YamlNode, named: Collection[str], resolved: Mapping[str, Variant]
    ) -> dict[str, object]:
        """Return what a question of any kind says besides its variants, and add its faults."""
        compared = [resolved[name].configuration for name in named if name in resolved]
        definition = (
            own_metrics(compared).get(self.text(written, "metric")) if written.get("metric") else None
        )
        domain = _QUESTION["metric"].as_setting
        metric = self.text(written, "metric") if definition else self.setting(written, *domain)
        margin = self.setting(written, *_QUESTION["margin"].as_setting)
        words = {key: self.text(written, key) for key in ("title", "ask")}
        chosen = metric or (compared[0].score.test if compared else "test_accuracy")
        for name, values in dict(question_faults(chosen, compared)).items() if definition is None else ():
            self.faults.add((written.get("metric") or written).fault(name, **values))
        if (given := written.get("margin")) is not None and definition is None:
            wrong = margin_faults(chosen, given.value)
            self.faults.add(*(given.fault(name, **values) for name, values in wrong))
        own = {} if definition is None else {"definition": definition}
        return {"metric": chosen, "margin": margin, **own, **words}

    def _rankings(
        self, declared: Mapping[str, YamlNode], resolved: Mapping[str, Variant]
    ) -> Iterator[Ranking]:
        """Yield the questions about several variants; faults of keys are those of `_questions`."""
        questions = self.root.get("questions")
        for written in questions.items if questions is not None else []:
            kind = _ranking_kind(written)
            if kind is None:
                continue
            for other in ("treatment", "reference", *RANKING_KEYS, *(() if kind == "each" else ("against",))):
                if other != kind and (extra := written.get(other)) is not None:
                    self.faults.add(extra.fault("two-kinds-of-question", key=other, kind=kind))
            names = self._ranked(written, kind, declared)
            against = self._variant(written, "against", declared) if kind == "each" else None
            if against is not None and against in names:
                self.faults.add(written.fault("same-variant", given=format_value(against)))
            fewest = 1 if kind == "each" else 2
            if len(names) < fewest or (kind == "each" and against is None):
                continue
            shared = self._of_any_question(written, (*names, *([against] if against else [])), resolved)
            yield Ranking.model_validate({"kind": kind, "variants": names, "against": against, **shared})

    def _ranked(
        self, written: YamlNode, kind: RankingKind, declared: Mapping[str, YamlNode]
    ) -> tuple[str, ...]:
        """Return the variants that a question ranks, and add its faults."""
        listed = written.branches[kind]
        fewest = 1 if kind == "each" else 2
        if not isinstance(listed.value, list) or not fewest <= len(listed.items) <= MAX_RANKED:
            self.faults.add(listed.fault("not-a-list-of-variants", key=kind, fewest=fewest, most=MAX_RANKED))
            return ()
        names = [self.known_name("variant", each, declared) for each in listed.items]
        for place, each in enumerate(listed.items):
            if names[place] is not None and names[place] in names[:place]:
                self.faults.add(each.fault("same-variant", given=format_value(names[place])))
        return tuple(dict.fromkeys(name for name in names if name is not None))

    def _of_pairs(self, questions: YamlNode | None) -> list[YamlNode]:
        """Return the questions about two variants."""
        written = questions.items if questions else []
        return [each for each in written if not is_of_design(each) and not _ranking_kind(each)]

    def _design_questions(
        self, variants: VariantsReader, resolved: Mapping[str, Variant]
    ) -> Iterator[DesignQuestion]:
        """Yield the questions about factors; their faults are told once those of the factors are mended."""
        questions = self.root.get("questions") if variants.knows_factors else None
        reader = DesignQuestionReader(self.faults, variants.designs, resolved)
        for written in questions.items if questions else []:
            if is_of_design(written) and self._has_keys(written, "question", _QUESTION):
                found = reader.question(written)
                if found is not None:
                    yield found

    def _has_keys(self, written: YamlNode, name: str, keys: Collection[str]) -> bool:
        """Return whether something is a mapping; add the faults of its keys."""
        if not isinstance(written.value, dict):
            self.faults.add(written.fault("not-a-mapping", given=name, names=", ".join(keys)))
            return False
        self.check_keys("key", written.value, keys)
        return True

    def _variant(self, question: YamlNode, key: str, declared: Mapping[str, YamlNode]) -> str | None:
        written = question.get(key)
        if written is None:
            self.faults.add(question.fault("missing-argument", key, technique="question", argument=key))
            return None
        return self.known_name("variant", written, declared)

    def _published(self, declared: Mapping[str, YamlNode]) -> Iterator[tuple[str, Published]]:
        published = self.root.get("published")
        if published is None:
            return
        if not isinstance(published.value, dict):
            self.faults.add(published.fault("not-a-mapping", given="published", names=", ".join(declared)))
        for name, written in published.branches.items():
            if name not in declared:
                self.faults.add(unknown_name("variant", written, name, declared))
            if not self._has_keys(written, printable_text(name), _PUBLISHED):
                continue
            fields: dict[str, object] = {
                **{
                    key: self.setting(written, *_PUBLISHED[key].as_setting)
                    for key in ("test", "train", "dev", "epochs", "runs")
                },
                "of": self._owner(written, name, declared),
                "note": self.text(written, "note"),
            }
            yield name, Published.model_validate(fields)

    def _notes(self, declared: Mapping[str, YamlNode]) -> Iterator[tuple[str, str]]:
        notes = self.root.get("notes")
        if notes is None:
            return
        known = subjects(declared, self._pairs())
        if not isinstance(notes.value, dict):
            self.faults.add(notes.fault("not-a-mapping", given="notes", names=", ".join(known)))
        for name, written in notes.branches.items():
            if name not in known:
                self.faults.add(unknown_name("note", written, name, known))
            elif words := self.text(notes, name):
                yield name, words

    def _pairs(self) -> Iterator[tuple[str, str]]:
        """Yield treatment and reference of the questions that name both."""
        questions = self.root.get("questions")
        for written in questions.items if questions else []:
            named = [written.get(key) if written.branches else None for key in ("treatment", "reference")]
            if all(named):
                treatment, reference = (str(each.value) for each in named if each)
                yield treatment, reference

    def _owner(self, figures: YamlNode, name: str, declared: Mapping[str, YamlNode]) -> str | None:
        """Return the variant that published figures belong to, where it is another one."""
        written = figures.get("of")
        owner = None if written is None else self.known_name("variant", written, declared)
        return None if owner == name else owner


def _ranking_kind(written: YamlNode) -> RankingKind | None:
    """Return what a question about several variants asks; None for one of two variants."""
    if not isinstance(written.value, dict):
        return None
    return next((key for key in RANKING_KEYS if key in written.branches), None)
