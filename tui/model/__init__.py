"""Values and rules: frozen structs and pure functions. No I/O, no Textual, no client library."""
