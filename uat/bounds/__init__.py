"""Statements that contain a `<=`: a priori bounds, certified enclosures, rounding bounds."""
