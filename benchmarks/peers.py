"""
The usual ways to serve a text model, each as its own documentation shows it.

All of them turn the three texts of an item into one mean-pooled vector, by the weights and layers that our
model uses, in float32 as models come from a hub; LitServe in the kind of number that ours takes on this
processor. None of them routes or records anything. `benchmarks/serving.py` starts them, one at a time:

    python benchmarks/peers.py fastapi FOLDER PORT
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PATHS = {"fastapi": "/embed", "litserve": "/predict", "bentoml": "/embed", "mlflow": "/invocations"}
"""Where each is asked."""


def body(name: str, texts: tuple[str, ...]) -> Any:
    """Return what a peer wants to be asked about one item."""
    whole = " ".join(texts)
    return {"fastapi": {"text": whole}, "litserve": {"text": whole}, "bentoml": {"texts": [whole]}}.get(
        name, {"inputs": [whole]}
    )


def fastapi(folder: str, port: int) -> None:
    """FastAPI and a transformers pipeline."""
    import uvicorn
    from fastapi import Body, FastAPI
    from transformers import pipeline

    read = pipeline("feature-extraction", model=folder, tokenizer=folder, dtype="float32")
    app = FastAPI()

    @app.post("/embed")
    def embed(text: str = Body(embed=True)) -> list[float]:
        return _mean(read(text, truncation=True))

    uvicorn.run(app, port=port, log_level="error")


def litserve(folder: str, port: int) -> None:
    """LitServe with its own batching."""
    import litserve as server

    os.environ["PEER_FOLDER"] = folder
    api = LitPeer(max_batch_size=8, batch_timeout=0.01)
    server.LitServer(api, accelerator="cpu").run(port=port, log_level="error", generate_client_file=False)


def bentoml(folder: str, port: int) -> None:
    """BentoML, started as its documentation says."""
    subprocess.run(
        [sys.executable, "-m", "bentoml", "serve", "peers:Peer", "--port", str(port)],
        env=os.environ | {"PEER_FOLDER": folder, "BENTOML_DO_NOT_TRACK": "True"},
        cwd=Path(__file__).parent,
        check=True,
    )


def mlflow(folder: str, port: int) -> None:
    """MLflow's model server with the transformers flavour."""
    import mlflow as tracking
    from transformers import pipeline

    with tempfile.TemporaryDirectory(prefix="tamis-benchmark-") as made:
        model = f"{made}/model"
        read = pipeline("feature-extraction", model=folder, tokenizer=folder, dtype="float32")
        tracking.transformers.save_model(read, model, pip_requirements=[])
        words = ["mlflow", "models", "serve", "-m", model, "--env-manager", "local", "--port", str(port)]
        # It looks for uvicorn among the programs, not among the modules.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        subprocess.run([sys.executable, "-m", *words], check=True, env=os.environ | {"PATH": path})


class _Model:
    """A tokenizer and a model; batches are padded to their longest text."""

    def __init__(self, folder: str, dtype: str) -> None:
        from transformers import AutoModel, AutoTokenizer

        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModel.from_pretrained(folder, dtype=dtype).eval()

    def __call__(self, texts: list[str]) -> list[list[float]]:
        import torch

        read = self.tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            states = self.model(**read).last_hidden_state
        mask = read["attention_mask"][..., None]
        return ((states.float() * mask).sum(1) / mask.sum(1)).tolist()  # type: ignore[no-any-return]


def _mean(vectors: Any) -> list[float]:
    [tokens] = vectors
    return [sum(column) / len(tokens) for column in zip(*tokens, strict=True)]


if __name__ != "peers" and find_spec("litserve"):  # the program, and the processes it starts
    import litserve as lit

    class LitPeer(lit.LitAPI):  # type: ignore[misc]
        def setup(self, _device: str) -> None:
            from training.models.encoder import own_dtype

            self.model = _Model(os.environ["PEER_FOLDER"], own_dtype())

        def decode_request(self, request: dict[str, str]) -> str:
            return request["text"]

        def predict(self, texts: list[str]) -> list[list[float]]:
            return self.model(texts)

        def encode_response(self, output: list[float]) -> dict[str, list[float]]:
            return {"vector": output}


if __name__ == "peers":
    import bentoml as framework

    @framework.service(name="peer", traffic={"timeout": 60})
    class Peer:
        def __init__(self) -> None:
            self.model = _Model(os.environ["PEER_FOLDER"], "float32")

        @framework.api(batchable=True, max_batch_size=32, max_latency_ms=60_000)
        def embed(self, texts: list[str]) -> list[list[float]]:
            return self.model(texts)


if __name__ == "__main__":
    start = {"fastapi": fastapi, "litserve": litserve, "bentoml": bentoml, "mlflow": mlflow}[sys.argv[1]]
    start(sys.argv[2], int(sys.argv[3]))
