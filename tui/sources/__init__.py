"""One backend each, behind the Protocols of `tui.sources.protocols`. Client libraries are imported here only, and lazily."""
