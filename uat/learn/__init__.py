"""From samples to a network, by descent: sections I and II of the lecture notes."""
