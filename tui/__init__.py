"""Operations Center: a terminal operations center for on-call engineers."""
