"""Texts of classes and of images, and their embeddings by whatever encodes texts. `texts` and `config` load no torch."""
