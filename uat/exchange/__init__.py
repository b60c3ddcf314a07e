"""One file a format: how a network leaves the library and comes back."""
