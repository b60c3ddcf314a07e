"""What f is, recorded once: a graph of named operations, from a text or from code that ran on a tracer."""

from uat.formula.node import Formula as Formula
