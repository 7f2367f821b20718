"""Texts of classes and of images, and their embeddings by whatever encodes texts."""

from clipling.language.captions import encode_captions
from clipling.language.classes import encode_classes
from clipling.language.templates import DEFAULT_TEMPLATE, named_templates
from clipling.language.texts import class_text, class_texts

__all__ = ["DEFAULT_TEMPLATE", "class_text", "class_texts", "encode_captions", "encode_classes", "named_templates"]
