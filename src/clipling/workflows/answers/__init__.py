"""Behind `predict`: the images that are asked about, and the lines that answer."""
