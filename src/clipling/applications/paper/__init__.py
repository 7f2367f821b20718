"""All that the paper prints, by one command."""
