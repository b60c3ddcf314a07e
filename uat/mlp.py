"""The multilayer perceptron: affine maps and activations in turn, all its parameters in one vector.

    u_0 = x,    u_i = act_i(A_i u_{i-1} + b_i),  i = 1..L,    m(x) = u_L

``theta`` holds A_1, b_1, A_2, b_2, ... one after the other (each A_i row by row), so that an optimiser sees one
vector and a reader sees layers: ``m.layers[i].weights`` and ``m.layers[i].biases`` are views of it. An `MLP` is the
same object whether it was constructed by a theorem or learned by descent; it knows its value, its features and its
symmetries. The derivatives live in ``uat.learn``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from uat import _checks
from uat._activations import HOMOGENEOUS, Activation, apply, is_sequence, per_layer
from uat._checks import InputError, all_positive, float_dtype, generator, integer, memory, one_of, samples, show, vector

Array = NDArray[Any]  # float64 or float32, whichever theta has
MOST_NEURONS = 10_000_000  # of a layer: some seconds a step


@dataclass(frozen=True, eq=False, slots=True)
class Layer:
    """One layer u -> act(weights u + biases); its arrays are views of the network's theta."""

    weights: Array
    biases: Array
    activation: Activation


@dataclass(frozen=True, eq=False, slots=True)
class MLP:
    """A network of affine layers and activations.

    Parameters
    ----------
    sizes : sequence of int >= 1
        (d_in, width_1, ..., d_out): at least two.
    theta : (P,) float64 or float32
        Every parameter, layer by layer: the weights (fan_out, fan_in) row by row, then the biases (fan_out,).
        Copied, made read-only, dtype kept; other real dtypes become float64.
    activations : str, pair of callables, or a sequence of them
        "relu", "sigmoid", "tanh", "softmax", "identity", or (f, f'), both elementwise. A single one is that of every
        hidden layer, the output being affine; a sequence names one a layer, the output's last.

    Raises `InputError` where the lengths do not fit or theta is not finite.
    """

    sizes: tuple[int, ...]
    theta: Array
    activations: tuple[Activation, ...] = "relu"  # type: ignore[assignment]  # any accepted form; normalised below

    def __post_init__(self) -> None:
        sizes = _sizes(self.sizes)
        object.__setattr__(self, "sizes", sizes)
        object.__setattr__(self, "activations", per_layer(self.activations, len(sizes) - 1))
        single = getattr(self.theta, "dtype", None) == np.float32
        theta: Array = vector(self.theta, "theta", length=count_parameters(sizes))
        if single:
            theta = theta.astype(np.float32)
            theta.flags.writeable = False
        object.__setattr__(self, "theta", theta)

    def __reduce__(self) -> tuple[Any, ...]:
        return MLP, (self.sizes, self.theta, self.activations)  # a copy is made as read-only as the original

    # -- making one -----------------------------------------------------------------------------------------------

    @classmethod
    def initialize(
        cls,
        sizes: Sequence[int],
        activation: Any = "relu",
        *,
        output: Activation = "identity",
        rng: int | np.random.Generator | None = 0,
        scheme: str | None = None,
        dtype: DTypeLike = np.float64,
    ) -> MLP:
        """A network with random weights and zero biases.

        ``scheme="he"``: normal with variance 2/fan_in, which keeps the size of signals through ReLU layers (He et al.
        2015); ``"glorot"``: uniform with variance 2/(fan_in + fan_out) (Glorot & Bengio 2010). None takes "he" where
        the hidden activation is ReLU and "glorot" otherwise. ``output`` is the activation of the output layer (not
        used when ``activation`` is a sequence that names one a layer). ``rng`` is a seed or a Generator. For one input
        and ReLU every kink of the first layer is then at 0; `learn.uniform_kinks` puts them where the samples are.

        Raises InputError for sizes that are no integers >= 1, unknown activations, schemes or types, and a bad seed.
        """
        sizes, dtype = _sizes(sizes), float_dtype(dtype)
        layers = len(sizes) - 1
        each = activation if is_sequence(activation) else (activation,) * (layers - 1) + (output,)
        activations = per_layer(each, layers)
        usual = "he" if activations[0] == "relu" else "glorot"
        scheme = one_of(usual if scheme is None else scheme, "scheme", ("he", "glorot"))
        draw = generator(rng)
        blocks: list[Array] = []
        for fan_in, fan_out in pairwise(sizes):
            if scheme == "he":
                blocks.append(draw.normal(0.0, np.sqrt(2 / fan_in), fan_in * fan_out))
            else:
                limit = np.sqrt(6 / (fan_in + fan_out))  # a uniform law on +-limit has variance limit^2 / 3
                blocks.append(draw.uniform(-limit, limit, fan_in * fan_out))
            blocks.append(np.zeros(fan_out))
        return cls(sizes, np.concatenate(blocks).astype(dtype), activations)

    @classmethod
    def from_layers(cls, layers: Sequence[tuple[ArrayLike, ArrayLike]], activation: Any = "relu") -> MLP:
        """A network from pairs (weights (fan_out, fan_in), biases (fan_out,)), first layer first.

        Raises InputError when the shapes do not fit together (they are shown) or a number is not finite.
        """
        given = enumerate(_checks.listed(layers, "layers", "pairs (weights, biases)"))
        parted = [(f"layers[{k}]", _checks.pair(layer, f"layers[{k}]", "(weights, biases)")) for k, layer in given]
        pairs = [tuple(_checks.numbers(part, name) for part in parts) for name, parts in parted]
        if not pairs or any(w.ndim != 2 or b.shape != w.shape[:1] for w, b in pairs):
            shapes = ", ".join(f"{w.shape} with {b.shape}" for w, b in pairs)
            raise InputError(
                f"`layers` must be pairs (fan_out, fan_in) with (fan_out,), but the shapes are [{shapes}]."
            )
        sizes = [pairs[0][0].shape[1], *(w.shape[0] for w, _ in pairs)]
        if any(w.shape[1] != fan_in for (w, _), fan_in in zip(pairs, sizes, strict=False)):
            raise InputError(f"`layers` must fit together, but the weights have shapes {[w.shape for w, _ in pairs]}.")
        return cls(tuple(sizes), np.concatenate([part.ravel() for pair in pairs for part in pair]), activation)

    def with_theta(self, theta: ArrayLike) -> MLP:
        """The same architecture with other parameters (P,). Raises InputError for another number of them."""
        return MLP(self.sizes, theta, self.activations)  # type: ignore[arg-type]  # made an array there

    def astype(self, dtype: DTypeLike) -> MLP:
        """The same network in float64 or float32. Raises InputError for another type."""
        return replace(self, theta=self.theta.astype(float_dtype(dtype)))

    # -- reading it -----------------------------------------------------------------------------------------------

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, first to last, as views of theta."""
        found, start = [], 0
        for (fan_in, fan_out), activation in zip(pairwise(self.sizes), self.activations, strict=True):
            middle, end = start + fan_in * fan_out, start + fan_in * fan_out + fan_out
            weights = self.theta[start:middle].reshape(fan_out, fan_in)
            found.append(Layer(weights, self.theta[middle:end], activation))
            start = end
        return tuple(found)

    def __call__(self, x: ArrayLike) -> Array:
        """m(x): (n, d_in) -> (n, d_out), in the dtype of theta.

        When d_in = 1, x may also have shape (n,) or (): the result then has that shape if d_out = 1, and one more axis
        of length d_out otherwise. Accuracy: rounding of the layers' dot products.
        """
        u = self._through(x, len(self.sizes) - 1)
        if _checks.is_ball(x):
            return u[0] if u.shape == (1,) else u
        shape = np.shape(x)
        if len(shape) == 2:
            return u
        return u.reshape(shape if self.sizes[-1] == 1 else (*shape, self.sizes[-1]))

    def features(self, x: ArrayLike) -> Array:
        """The last hidden layer u_{L-1}, shape (n, width), in which m is affine; x itself if no layer is hidden."""
        return self._through(x, len(self.sizes) - 2)

    def _through(self, x: ArrayLike, depth: int) -> Array:
        if _checks.is_ball(x):
            return self._layers(np.ones(1) * x, depth)
        try:
            single = np.ndim(x) == 0 and not isinstance(x, (str, bytes, dict))
        except (ValueError, RuntimeError):  # rows of different lengths, a tensor: refused by the name of what was given
            single = False
        u = samples(np.reshape(x, (-1,)) if single else x, "x", self.sizes[0], self.theta.dtype)
        return self._layers(u, depth)

    def _layers(self, u: Array, depth: int) -> Array:
        for layer in self.layers[:depth]:
            u = apply(layer.activation, u @ layer.weights.T + layer.biases)
        return u

    @property
    def path_norm(self) -> float:
        """Sum over all paths from an input to an output of the product of |weights|.

        For one hidden layer and one input: sum_j |eta_j| |w_j|. Invariant under `rescaled`. For ReLU networks it is a
        Lipschitz constant (maximum norm of x, sum of the outputs).
        """
        total = np.ones(self.sizes[0])
        for layer in self.layers:
            total = np.abs(layer.weights) @ total
        return float(total.sum())

    @property
    def slope_variation(self) -> float:
        """Total variation on R of the derivative of x -> m(x): sum over distinct kinks of |slope jump|.

        For one input, one hidden ReLU layer and one affine output: neuron j jumps by eta_j |w_j| at -b_j/w_j, and
        neurons with the same kink (as floats) are summed first. Always <= `path_norm`, with equality when no two
        neurons of opposite sign share a kink.
        """
        if self.sizes[::2] != (1, 1) or self.activations != ("relu", "identity"):
            raise InputError(
                "`slope_variation` must be asked of a network with one input, one hidden ReLU layer and one affine "
                f"output, but this one has sizes {self.sizes} and activations {self.activations}."
            )
        hidden, outer = self.layers
        w, eta = hidden.weights[:, 0], outer.weights[0]
        live = w != 0
        kinks, which = np.unique(-hidden.biases[live] / w[live] + 0.0, return_inverse=True)  # + 0.0 merges -0.0 and 0.0
        jumps = np.zeros(kinks.size)
        np.add.at(jumps, which, eta[live] * np.abs(w[live]))
        return float(np.abs(jumps).sum())

    # -- its symmetries (Theory A6) -------------------------------------------------------------------------------

    def rescaled(self, layer: int, factors: ArrayLike) -> MLP:
        """Positive homogeneity: (eta_j, w_j, b_j) -> (eta_j d_j, w_j/d_j, b_j/d_j), the function unchanged.

        ``layer`` counts hidden layers from 0; ``factors`` d has shape (width of that layer,) and is > 0. The next
        layer's weights are multiplied, its biases are not. Up to rounding; exact where the factors are powers of 2.
        Raises `InputError` when the activation of the layer is not positively homogeneous.
        """
        hidden = len(self.sizes) - 2
        layer = integer(layer, "layer", least=0)
        if layer >= hidden:
            raise InputError(f"`layer` must be a hidden layer, 0 to {hidden - 1}, but is {layer}.")
        if self.activations[layer] not in HOMOGENEOUS:
            raise InputError(
                f"`layer` must have a positively homogeneous activation ({', '.join(HOMOGENEOUS)}), "
                f"but layer {layer} has {show(self.activations[layer])}."
            )
        d = all_positive(vector(factors, "factors", length=self.sizes[layer + 1]), "factors")
        pairs = [(part.weights.astype(float), part.biases.astype(float)) for part in self.layers]
        (w, b), (w_next, b_next) = pairs[layer], pairs[layer + 1]
        pairs[layer] = (w / d[:, None], b / d)
        pairs[layer + 1] = (w_next * d, b_next)
        return self.with_theta(np.concatenate([p.ravel() for pair in pairs for p in pair]).astype(self.theta.dtype))

    def balanced(self) -> MLP:
        """The same function with |(w_j, b_j)| = |outgoing weights of j| for every homogeneous hidden neuron j.

        Among all rescalings this is the one of least |theta|_2, and gradient flow conserves the difference of the two
        squares (Du, Hu & Lee 2018). One hidden layer: d_j = (|(w_j, b_j)| / |eta_j|)^(1/2). Deeper: the layers in
        turn until no factor moves by more than 1e-12. Neurons with nothing coming in or going out are left alone.
        """
        net, hidden = self, [i for i, act in enumerate(self.activations[:-1]) if act in HOMOGENEOUS]
        for _ in range(200 if len(hidden) > 1 else 1):
            moved = 0.0
            for i in hidden:
                here, after = net.layers[i : i + 2]
                into = np.hypot(np.linalg.norm(here.weights, axis=1), here.biases)
                out = np.linalg.norm(after.weights, axis=0)
                live = (into > 0) & (out > 0)
                d = np.sqrt(np.divide(into, out, out=np.ones_like(into), where=live))
                moved = max(moved, float(np.abs(d - 1).max()))
                net = net.rescaled(i, d)
            if moved < 1e-12:
                break
        return net


def count_parameters(sizes: Sequence[int]) -> int:
    """P = sum over layers of (fan_in + 1) fan_out."""
    return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(sizes))


def _sizes(values: Any) -> tuple[int, ...]:
    sizes = tuple(_checks.listed(values, "sizes"))
    if len(sizes) < 2:
        raise InputError(f"`sizes` must have at least two entries, d_in and d_out, but is {show(values)}.")
    sizes = tuple(integer(size, f"sizes[{i}]", most=MOST_NEURONS) for i, size in enumerate(sizes))
    memory(count_parameters(sizes), f"a network of `sizes` = {show(sizes)}")
    return sizes
