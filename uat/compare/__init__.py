"""Constructed networks beside learned ones: the grid of runs and the store that keeps its rows."""
