"""What travels: an assignment with the runs and the files that it needs, and none of this machine's paths."""

import hashlib

import pytest
from tests.execute.test_executor import Small

from paribus.execute.messages import Assignment, DataSource
from paribus.execute.parcel import receive, send
from paribus.record.store import Store
from paribus.study.programs import Program


@pytest.fixture(scope="module")
def small(small_study, small_images):
    return Small(small_study, small_images)


@pytest.fixture
def assignment(small, tmp_path):
    (found,) = small.assignments(tmp_path / "out", ["momentum"])
    return found


def test_the_folder_is_one_of_the_other_machine(assignment, tmp_path):
    received = receive(send(assignment, ()), tmp_path / "far")
    assert received.folder == tmp_path / "far" / "study"
    assert received.specs == assignment.specs
    assert received.updates == assignment.updates


def test_what_the_folder_has_of_a_run_goes_along(assignment, tmp_path):
    (spec,) = assignment.specs
    run = Store(assignment.folder).run(spec)
    run.path.mkdir(parents=True)
    (run.path / "history.jsonl").write_text('{"epoch": 1}\n')
    received = receive(send(assignment, ()), tmp_path / "far")
    assert Store(received.folder).run(spec).history() == [{"epoch": 1}]


def test_files_of_the_users_own_lie_there_by_their_digest_under_their_names(assignment, tmp_path):
    file, layers = tmp_path / "train.py", tmp_path / "layers.py"
    file.write_text("def train(): pass\n")
    layers.write_text("class Mine: pass\n")
    program = Program(path=file, source=file.read_text(), classes=layers)
    source = DataSource(program=program, functions={"ab": Program(path=layers, source="")})
    given = Assignment(specs=assignment.specs, folder=assignment.folder, source=source)
    parcel = send(given, ())
    file.unlink()
    layers.unlink()
    there = receive(parcel, tmp_path / "far").source
    digest = hashlib.sha256(b"def train(): pass\n").hexdigest()[:16]
    assert there.program.path == tmp_path / "far" / "programs" / digest / "train.py"
    assert there.program.path.read_text() == "def train(): pass\n"
    assert there.program.classes.read_text() == there.functions["ab"].path.read_text() == "class Mine: pass\n"


def test_a_command_keeps_its_folder(assignment, tmp_path):
    source = DataSource(program=Program(path=tmp_path, source=""))
    given = Assignment(specs=assignment.specs, folder=assignment.folder, source=source)
    assert receive(send(given, ()), tmp_path / "far").source.program.path == tmp_path
