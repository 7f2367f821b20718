"""Behind `describe`, `caption` and `space`: sentences, and how a teacher understands them."""
