"""The paper's six data sets: where they come from, and how each becomes ROOT/<class>/<image> with the paper's split."""
