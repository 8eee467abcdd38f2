"""Use cases without a screen: everything a screen can do, the command line can do through these."""
