"""A small Kubernetes cluster for tests and for trying things out: a real API over TLS, real processes as containers.

It is made so that the real kubectl and the official client cannot tell the difference in what we use. What it leaves
out: init containers, volumes, probes other than exec, services that route, server-side apply, port-forward, terminals.

`python -m tests.cluster` runs it with the platform's workloads.
"""
