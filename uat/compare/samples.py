"""The samples that every learned method sees, the same for all, and the units in which it sees them.

A uniform grid with both end points, 16 samples a neuron, refined by halving wherever f bends so much from one sample
to the next that a best piece would hold fewer than four of them: a method must not lose because nobody showed it the
steep end of sqrt. Where f is smooth nothing is refined, and the mean square over the samples is nearly the integral.

Training sees x in [-1, 1] and y with mean 0 and variance 1, as every guide to training advises; the trained network is
carried back exactly, but for one rounding a parameter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from uat._checks import Floats
from uat._sampling import Function, sample
from uat.piecewise import PiecewiseAffine
from uat.relu_net import ReluNet

LEAST, PER_NEURON = 512, 16  # cells of the uniform grid: at least this many, and this many a neuron
PER_PIECE = 4  # samples that each piece of a best network is to hold
HALVINGS = 40  # a jump cannot be resolved; 2^-40 of a cell is enough for any continuous f that floats show


@dataclass(frozen=True, eq=False, slots=True)
class Samples:
    """Samples (n,) of f on [a, b], and the maps to the units of training and back."""

    x: Floats
    y: Floats

    @classmethod
    def of(cls, f: Function, domain: tuple[float, float], width: int) -> Samples:
        """The samples for networks of that width."""
        x = np.linspace(*domain, max(LEAST, PER_NEURON * width) + 1)
        y = sample(f, x)
        for _ in range(HALVINGS):
            middle = x[:-1] + np.diff(x) / 2
            between = sample(f, middle)
            # on equally good pieces the integral of |f''|^(1/2) is the same (C1); a chord missed by d holds (8 d)^(1/2)
            mass = np.sqrt(8 * np.abs(between - (y[:-1] + np.diff(y) / 2)))
            bent = (mass > mass.sum() / (PER_PIECE * width)) & (x[:-1] < middle) & (middle < x[1:])
            if not bent.any():
                break
            x, y = np.append(x, middle[bent]), np.append(y, between[bent])
            order = np.argsort(x)
            x, y = x[order], y[order]
        return cls(x, y)

    @property
    def unit(self) -> float:
        """The standard deviation of y (1 for a constant)."""
        return float(self.y.std()) or 1.0

    @property
    def scaled(self) -> tuple[Floats, Floats]:
        """(t, z): abscissae in [-1, 1], values with mean 0 and variance 1."""
        return self.to_t(self.x), (self.y - self.y.mean()) / self.unit

    def to_t(self, x: Floats) -> Floats:
        """[a, b] -> [-1, 1], increasing, the end points exactly."""
        a, b = self.x[0], self.x[-1]
        t: Floats = np.clip((x - a) / (b - a) * 2 - 1, -1, 1)
        return t

    def forward(self, p: PiecewiseAffine) -> ReluNet:
        """A piecewise-affine function on [a, b] as a network (a bias, as many neurons as pieces) in scaled units."""
        scaled = PiecewiseAffine(self.to_t(p.knots), (p.values - self.y.mean()) / self.unit)
        return ReluNet.from_piecewise(scaled, form="output-bias")

    def back(self, net: ReluNet) -> ReluNet:
        """A network in scaled units as one of x: w t + b = (2 w / (b - a)) x + (b - w (a + b) / (b - a))."""
        a, b = float(self.x[0]), float(self.x[-1])
        return ReluNet(
            net.weights * (2 / (b - a)),
            net.biases - net.weights * ((a + b) / (b - a)),
            net.coefficients * self.unit,
            net.output_bias * self.unit + float(self.y.mean()),
        )
