"""Say what is on pictures, with onnxruntime and numpy alone: predict_onnx.py EXPORT PICTURE...

A picture is a PPM file, as `djpeg photo.jpg > photo.ppm` makes it, or a .npy file of (height, width, 3) bytes, RGB, as
a camera gives them. EXPORT is what `clipling export RUN --with-classes` made.
"""

import json
import sys
from pathlib import Path

import numpy as np
from onnxruntime import InferenceSession


def read(path):
    if path.endswith(".npy"):
        return np.load(path)
    content = Path(path).read_bytes()  # "P6", width, height, 255, then the pixels
    width, height = map(int, content.split(maxsplit=3)[1:3])
    return np.frombuffer(content, np.uint8)[-3 * height * width :].reshape(height, width, 3)


folder = Path(sys.argv[1])
classes = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["classes"]
student = InferenceSession(folder / "student.onnx", providers=["CPUExecutionProvider"])
for picture in sys.argv[2:]:
    _, [probabilities] = student.run(None, {"images": read(picture)[None]})
    for row in np.argsort(-probabilities)[:3]:
        print(f"{picture}\t{classes[row]}\t{probabilities[row]:.3f}")
