"""The pictures. This is the only place that imports matplotlib."""
