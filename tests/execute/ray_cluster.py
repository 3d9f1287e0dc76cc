"""A cluster of Ray on this machine, whose nodes can be killed and joined by others."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress


class Nodes:
    """The nodes of a cluster."""

    def __init__(self, made, options):
        self._made, self._options = made, options
        self.address = made.address
        self.workers = []
        self.right = []

    def add(self, **options):
        """Let a node join, with one core."""
        node = self._made.add_node(**{"num_cpus": 1, **self._options, **options})
        self.workers.append(node)
        self.right.append(node)
        return node

    def add_wrong(self, **options):
        """Let a node join that is not to stay."""
        self.right.remove(self.add(**options))

    def kill(self, node):
        """Kill a node without a farewell."""
        self.workers.remove(node)
        with suppress(AssertionError):  # on a busy machine it takes a moment until its processes are gone
            self._made.remove_node(node, allow_graceful=False)


@contextmanager
def cluster(workers=2, **options):
    """Start a head, on which the tests' own process is, and nodes that train."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "include_dashboard": False, **options}
    # Without handlers of signals, so that a thread of a test may let nodes join.
    made = Cluster(initialize_head=True, head_node_args=head, shutdown_at_exit=False)
    nodes = Nodes(made, options)
    try:
        for _ in range(workers):
            nodes.add()
        yield nodes
    finally:
        ray.shutdown()
        made.shutdown()
