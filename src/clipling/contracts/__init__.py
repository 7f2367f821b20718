"""What the rooms agree on: the error a user sees, the records stages exchange, the Protocols of encoders.

`errors` and `records` load no torch, so that the command line and the report stay light; `encoders` does.
"""
