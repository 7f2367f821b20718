"""Complete uses of the library, one package each; known to nobody but the command line."""
