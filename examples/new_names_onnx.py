"""Say which of these names is on a photograph, with onnxruntime, tokenizers, numpy and Pillow alone.

new_names_onnx.py EXPORT TEXT_EXPORT PHOTOGRAPH NAME...
"""

import json
import sys
from pathlib import Path

import numpy as np
from onnxruntime import InferenceSession
from PIL import Image, ImageOps
from tokenizers import Tokenizer

folder, tower, photograph, names = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4:]
about = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
templates = json.loads((tower / "manifest.json").read_text(encoding="utf-8"))["templates"]
texts = [template.replace("{}", name) for name in names for template in templates]
encodings = Tokenizer.from_file(str(tower / "tokenizer.json")).encode_batch(texts)
tokens = np.array([encoding.ids for encoding in encodings], np.int64)
[every] = InferenceSession(tower / "text.onnx").run(None, {"tokens": tokens})
rows = every.reshape(len(names), len(templates), -1).mean(axis=1)
rows /= np.linalg.norm(rows, axis=1, keepdims=True)

pixels = np.asarray(ImageOps.exif_transpose(Image.open(photograph)).convert("RGB"))
embedding = InferenceSession(folder / "student.onnx").run(["image_embeds"], {"images": pixels[None]})[0][0]
logits = rows @ embedding / about["temperature"]
probabilities = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
for row in np.argsort(-probabilities):
    print(f"{names[row]}\t{probabilities[row]:.3f}")
