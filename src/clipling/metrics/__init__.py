"""What is measured: arithmetic from tensors to Python floats. Metrics never see a model; features have unit rows."""

from clipling.metrics.confusion import most_confused, per_class_accuracy
from clipling.metrics.harmonic_mean import harmonic_mean
from clipling.metrics.intervals import accuracy_interval
from clipling.metrics.m_neigh import m_neigh, m_neigh_each
from clipling.metrics.m_rel import m_rel
from clipling.metrics.m_vlalign import m_vlalign
from clipling.metrics.mean_class_accuracy import mean_class_accuracy
from clipling.metrics.mean_cosine import mean_cosine
from clipling.metrics.mse_and_degrees import mse_and_degrees
from clipling.metrics.singular_values import singular_values

__all__ = [
    "accuracy_interval",
    "harmonic_mean",
    "m_neigh",
    "m_neigh_each",
    "m_rel",
    "m_vlalign",
    "mean_class_accuracy",
    "mean_cosine",
    "most_confused",
    "mse_and_degrees",
    "per_class_accuracy",
    "singular_values",
]
