"""A small Kubernetes cluster for tests and for trying things out: a real API over TLS, real processes as containers.

It is made so that the real kubectl and the official client cannot tell the difference in what we use. It refuses what
it cannot run: init containers, volumes, probes other than exec. It leaves out services that route, server-side apply,
port-forward and terminals. All containers share this machine's network and files.

`Cluster` runs in the test's own loop (fixture `cluster`); `apart` runs one in another process, for measuring.
`python -m tests.cluster` runs it with the platform's workloads.
"""
