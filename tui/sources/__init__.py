"""One backend each, behind `tui.sources.protocols`. Client libraries are imported here only, and lazily."""
