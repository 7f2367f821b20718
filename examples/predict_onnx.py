"""Say what is on photographs, with onnxruntime, numpy and Pillow alone: predict_onnx.py EXPORT PHOTOGRAPH..."""

import json
import sys
from pathlib import Path

import numpy as np
from onnxruntime import InferenceSession
from PIL import Image, ImageOps

folder = Path(sys.argv[1])
about = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
student = InferenceSession(folder / "student.onnx", providers=["CPUExecutionProvider"])
short, side = about["resize"]["shorter_side"], about["resize"]["crop"]
for photograph in sys.argv[2:]:
    image = ImageOps.exif_transpose(Image.open(photograph)).convert("RGB")
    size = [round(length * short / min(image.size)) for length in image.size]
    left, top = ((length - side) // 2 for length in size)
    pixels = np.asarray(image.resize(size, Image.Resampling.BICUBIC).crop((left, top, left + side, top + side)))
    _, [probabilities] = student.run(None, {"images": pixels[None]})
    for row in np.argsort(-probabilities)[:3]:
        print(f"{photograph}\t{about['classes'][row]}\t{probabilities[row]:.3f}")
