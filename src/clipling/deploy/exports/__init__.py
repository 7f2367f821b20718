"""The student in other people's formats: ONNX, torch.export and open_clip, each in a folder with a manifest."""
