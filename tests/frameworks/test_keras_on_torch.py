from __future__ import annotations

from tests.capturing.kernel import Kernel


def test_31_the_backend_is_the_notebooks(notebook: Kernel) -> None:
    notebook.run(
        "import os\nos.environ['KERAS_BACKEND'] = 'torch'\nimport keras, numpy as np\nfrom keras import layers",
        "keras.utils.set_random_seed(0)\nnet = keras.Sequential([layers.Input((3,)), layers.Dense(4, activation='relu'), layers.Dropout(0.5), layers.Dense(1)])",
        "def predict(rows):\n    return net.predict(np.asarray(rows), verbose=0)",
    )
    made = notebook.capture("predict, sample=[[1.0, 2.0, 3.0]]")
    assert made.proved == 1, made.told
    assert made.predict.index('os.environ["KERAS_BACKEND"] = "torch"') < made.predict.index("import keras")
    assert "torch" in made.manifest["packages"]
    assert "tensorflow" not in made.files["requirements.txt"]
