"""Texts of classes and images, and their embeddings by whatever encodes texts; `texts` and `config` load no torch."""
