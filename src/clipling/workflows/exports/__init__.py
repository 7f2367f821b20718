"""Behind `export` and `push`: formats, the images they are checked on, and their figures."""
