"""From a function to knots, pieces or networks, by theorem."""
