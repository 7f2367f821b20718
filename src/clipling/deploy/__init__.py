"""What is shipped: the bundle, one folder with everything, and the Student that is loaded from it."""

from clipling.deploy.bundle import Bundle, ClassEntry, read_bundle, write_bundle
from clipling.deploy.student import Student

__all__ = ["Bundle", "ClassEntry", "Student", "read_bundle", "write_bundle"]
