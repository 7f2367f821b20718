"""Behind `bench`: each engine in a process of its own, and the watch that times it."""
