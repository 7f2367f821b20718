"""Behind `reproduce`: the jobs of a table, their time, their parts, and the figures that are drawn."""
