"""One sample through a small network and back, node by node, with both partial derivatives of each.

This is backpropagation as one does it by hand: explicit Jacobians, one sample, plain NumPy. It shares no code with the
buffers of `uat.learn.backprop`, and the tests hold the two against each other.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, TextIO

import numpy as np
from numpy.typing import ArrayLike

from uat._activations import VALUES, Activation
from uat._checks import InputError, flag, numbers, samples, show
from uat.learn.backprop import as_network
from uat.learn.losses import resolve
from uat.learn.risk import prepare
from uat.mlp import MLP, Array

MOST = 200  # parameters: more than that nobody reads


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """A node X(input, params), its value, and on the way back dLoss/dX, (**) dLoss/dinput and (*) dLoss/dparams."""

    layer: int
    node: str
    value: Array
    slope: Array
    jacobian: Array  # dX/dinput, (outputs, inputs)
    to_input: Array  # (**)
    to_params: tuple[Array, Array] | None  # (*): dLoss/dA, dLoss/db of an affine node


@dataclass(frozen=True, eq=False, slots=True)
class Trace:
    """What `trace` printed: the ``steps`` from the input to the output, the sample's ``loss``, and the ``text``."""

    steps: tuple[Step, ...]
    loss: float
    text: str

    def __repr__(self) -> str:  # short: a notebook shows it below what was printed
        return f"Trace({len(self.steps)} nodes, loss {self.loss:.6g}; .text is what was printed)"


def jacobian(activation: Activation, z: Array) -> Array:
    """da_j/dz_i, shape (width, width), as in the notes; sub-gradient 0 of ReLU at 0."""
    if not isinstance(activation, str):
        return np.asarray(np.diag(activation[1](z)))
    a = VALUES[activation](z)
    if activation == "softmax":
        return np.asarray(np.diag(a) - np.outer(a, a))
    derivative = {
        "relu": (z > 0).astype(float),
        "sigmoid": a * (1 - a),
        "tanh": 1 - a * a,
        "identity": np.ones_like(z),
    }[activation]
    return np.asarray(np.diag(derivative))


def steps(network: MLP, x: ArrayLike, y: ArrayLike, loss: Any = "squared") -> tuple[list[Step], float]:
    """The nodes from the input to the output, each with its derivatives, and the loss of the one sample."""
    resolved, x, y = resolve(loss), numbers(x, "x"), numbers(y, "y")
    if np.ndim(x) < 2 and np.size(x) != (wide := network.sizes[0]):
        raise InputError(f"`x` must be one sample, of shape ({wide},), but has shape {np.shape(x)}.")
    point = samples(np.atleast_1d(x)[None, :] if np.ndim(x) < 2 else x, "x", network.sizes[0])
    if len(point) != 1:
        raise InputError(f"`x` must be one sample, but has {len(point)} rows.")
    labels = y if resolved.kind == "classes" and np.size(y) == 1 else np.reshape(y, (1, -1))
    target = prepare(network.astype(float), point, np.atleast_1d(labels), resolved).Y[:, 0]
    inputs, forward = [point[0]], []
    for layer in network.layers:
        z = layer.weights.astype(float) @ inputs[-1] + layer.biases
        act = layer.activation
        forward.append((inputs[-1], z, act))
        inputs.append(np.asarray(VALUES[act](z) if isinstance(act, str) else act[0](z)))
    output = inputs[-1]
    value = float(np.sum(resolved.value(target, output)))
    slope, found = resolved.derivative(target, output), []
    for k in reversed(range(len(forward))):
        u, z, act = forward[k]
        J = jacobian(act, z)
        name = act if isinstance(act, str) else getattr(act[0], "__name__", "own")
        found.append(Step(k + 1, name, inputs[k + 1], slope, J, J.T @ slope, None))
        g, A = J.T @ slope, network.layers[k].weights.astype(float)
        slope = A.T @ g
        found.append(Step(k + 1, "affine", z, g, A, slope, (np.outer(g, u), g)))
    return found[::-1], value


def trace(
    network: MLP, x: ArrayLike, y: ArrayLike, loss: Any = "squared", *, latex: bool = False, file: TextIO | None = None
) -> Trace:
    """Print the forward and the backward pass of one sample, node by node; ``latex=True`` for LaTeX.

    Returns what was printed: its ``text``, and the numbers behind it, ``steps`` and ``loss``.

    x () or (d_in,), y () or (d_out,) (a class number for "cross_entropy"). At most 200 parameters. ``file`` is where to
    print, by default the standard output. Raises InputError for larger networks and where `value_and_gradient` does.
    """
    as_network(network)
    flag(latex, "latex")
    if file is not None and not callable(getattr(file, "write", None)):
        raise InputError(f"`file` must be a file to write to, but is {show(file)}.")
    if network.theta.size > MOST:
        raise InputError(f"`network` must have at most {MOST} parameters to be read, but has {network.theta.size}.")
    with np.errstate(over="ignore", invalid="ignore"):  # it is shown
        nodes, value = steps(network, x, y, loss)
    lines = _latex(nodes, value) if latex else _text(np.atleast_1d(x), nodes, value)
    text = "\n".join(lines)
    print(text, file=file or sys.stdout)
    return Trace(tuple(nodes), value, text)


def _show(array: Array) -> str:
    return np.array2string(np.asarray(array) + 0.0, precision=6, separator=", ").replace("\n", "\n" + " " * 24)


def _text(x: Array, nodes: list[Step], value: float) -> list[str]:
    lines = ["forward", f"  input                 {_show(x)}"]
    lines += [f"  layer {s.layer} {s.node:<13} {_show(s.value)}" for s in nodes]
    lines += [f"  loss                  {value:.6g}", "backward", f"  dLoss/doutput         {_show(nodes[-1].slope)}"]
    for s in reversed(nodes):
        lines.append(f"  layer {s.layer} {s.node}")
        lines.append(f"    dX/dinput           {_show(s.jacobian)}")
        if s.to_params is not None:
            lines.append(f"    dLoss/dA      (*)   {_show(s.to_params[0])}")
            lines.append(f"    dLoss/db      (*)   {_show(s.to_params[1])}")
        lines.append(f"    dLoss/dinput  (**)  {_show(s.to_input)}")
    return lines


def _matrix(array: Array) -> str:
    rows = np.asarray(array) if np.ndim(array) == 2 else np.asarray(array)[:, None]
    body = r" \\ ".join(" & ".join(f"{entry + 0.0:.6g}" for entry in row) for row in rows)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"


def _latex(nodes: list[Step], value: float) -> list[str]:
    lines = [r"\begin{align*}"]
    for s in nodes:
        symbol = f"z_{{{s.layer}}}" if s.node == "affine" else f"u_{{{s.layer}}}"
        rule = (
            f"A_{{{s.layer}}} u_{{{s.layer - 1}}} + b_{{{s.layer}}}"
            if s.node == "affine"
            else rf"\mathrm{{{s.node}}}(z_{{{s.layer}}})"
        )
        lines.append(rf"{symbol} &= {rule} = {_matrix(s.value)} \\")
    lines.append(rf"\mathrm{{Loss}} &= {value:.6g} \\")
    for s in reversed(nodes):
        k, loss = s.layer, r"\partial \mathrm{Loss}"
        if s.node == "affine":
            assert s.to_params is not None
            lines.append(rf"\frac{{{loss}}}{{\partial A_{{{k}}}}} &= {_matrix(s.to_params[0])} \\")
            lines.append(rf"\frac{{{loss}}}{{\partial b_{{{k}}}}} &= {_matrix(s.to_params[1])} \\")
            rule = rf"\frac{{{loss}}}{{\partial u_{{{k - 1}}}}} &= A_{{{k}}}^\top \frac{{{loss}}}{{\partial z_{{{k}}}}}"
        else:
            jac = rf"\left(\frac{{\partial u_{{{k}}}}}{{\partial z_{{{k}}}}}\right)^\top"
            rule = rf"\frac{{{loss}}}{{\partial z_{{{k}}}}} &= {jac} \frac{{{loss}}}{{\partial u_{{{k}}}}}"
            rule += rf" = {_matrix(s.jacobian.T)} {_matrix(s.slope)}"
        lines.append(rf"{rule} = {_matrix(s.to_input)} \\")
    lines[-1] = lines[-1].removesuffix(r" \\")
    return [*lines, r"\end{align*}"]
