"""From samples to a network, by descent: sections I and II of the lecture notes."""

from __future__ import annotations

from uat.learn.backprop import backward, forward
from uat.learn.batches import cyclic, full, shuffled, with_replacement
from uat.learn.descent import SGD, Adam, AdamW
from uat.learn.gradient_check import check_gradient
from uat.learn.history import Fit, History, Row
from uat.learn.initialize import from_net, glorot, he, uniform_kinks
from uat.learn.last_layer import fit_last_layer
from uat.learn.losses import LOSSES, Loss
from uat.learn.metrics import accuracy
from uat.learn.noise import gradient_noise
from uat.learn.regularizers import L1, L2
from uat.learn.relocation import exchanged, relocated
from uat.learn.risk import value_and_gradient
from uat.learn.schedules import constant, cosine, inverse_sqrt, inverse_time, step_decay, warmup
from uat.learn.second_order import LBFGS, VariableProjection
from uat.learn.stopping import gradient_below, loss_below, plateau, seconds
from uat.learn.tracing import trace
from uat.learn.training import fit, fit_many

__all__ = [
    "L1",
    "L2",
    "LBFGS",
    "LOSSES",
    "SGD",
    "Adam",
    "AdamW",
    "Fit",
    "History",
    "Loss",
    "Row",
    "VariableProjection",
    "accuracy",
    "backward",
    "check_gradient",
    "constant",
    "cosine",
    "cyclic",
    "exchanged",
    "fit",
    "fit_last_layer",
    "fit_many",
    "forward",
    "from_net",
    "full",
    "glorot",
    "gradient_below",
    "gradient_noise",
    "he",
    "inverse_sqrt",
    "inverse_time",
    "loss_below",
    "plateau",
    "relocated",
    "seconds",
    "shuffled",
    "step_decay",
    "trace",
    "uniform_kinks",
    "value_and_gradient",
    "warmup",
    "with_replacement",
]
