"""From inputs to a measured bundle: the stages behind `distill`, which other verbs share."""
