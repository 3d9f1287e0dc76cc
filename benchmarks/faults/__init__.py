"""Faulty training programs of public benchmarks, rebuilt as studies: `python -m benchmarks.faults`."""
