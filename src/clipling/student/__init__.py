"""The student: any timm network whose classifier serves as the projection into the teacher's space."""

from clipling.student.create import create_student, is_transformer, shapes_of
from clipling.student.local import LocalNet, Sight, create_local_student
from clipling.student.mode import evaluation_mode
from clipling.student.net import StudentNet

__all__ = [
    "LocalNet",
    "Sight",
    "StudentNet",
    "create_local_student",
    "create_student",
    "evaluation_mode",
    "is_transformer",
    "shapes_of",
]
