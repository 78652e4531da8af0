from __future__ import annotations

from tests.capturing.kernel import Kernel

START = """
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np, tensorflow as tf, keras
from keras import layers
keras.utils.set_random_seed(0)
"""


def test_31_custom_layers_losses_and_a_model_that_was_trained(notebook: Kernel) -> None:
    notebook.run(
        START,
        "FACTOR = 3.0\ndef bent(x):\n    return keras.ops.tanh(x) * FACTOR",
        """
        class Scale(layers.Layer):
            def __init__(self, by, **more):
                super().__init__(**more)
                self.by = by
            def call(self, x):
                return x * self.by
            def get_config(self):
                return {**super().get_config(), "by": self.by}
        @keras.saving.register_keras_serializable(package="mine")
        class Shift(layers.Layer):
            def call(self, x):
                return x + 1
        def own_loss(a, b):
            return keras.ops.mean((a - b) ** 2)
        """,
        """
        net = keras.Sequential([layers.Input((4,)), layers.Dense(8, activation=bent), Scale(2.0), Shift(), layers.Dropout(0.5), layers.Dense(2)])
        net.compile("adam", loss=own_loss)
        net.fit(np.ones((8, 4)), np.ones((8, 2)), epochs=1, verbose=0)
        """,
        "def predict(rows):\n    return net.predict(np.asarray(rows), verbose=0)",
    )
    made = notebook.capture("predict, sample=[[1.0, 2.0, 3.0, 4.0]]")
    assert made.proved == 1, made.told
    assert 'custom_objects={"Scale": Scale, "bent": bent, "mine>Shift": Shift}' in made.predict
    assert "own_loss" not in "".join(made.files.values())
    assert {"keras", "tensorflow_cpu"} <= set(made.manifest["packages"])
    kept = (notebook.folder / "aibro_repo/model/net.keras").read_bytes()
    again = notebook.capture("predict, sample=[[1.0, 2.0, 3.0, 4.0]]")
    assert again.proved == 1
    assert kept == (notebook.folder / "aibro_repo/model/net.keras").read_bytes()


def test_31_subclassed_model_vectorizer_and_tensors(notebook: Kernel) -> None:
    notebook.run(
        START,
        """
        class Tagger(keras.Model):
            def __init__(self, units, names):
                super().__init__()
                self.d1, self.d2 = layers.Dense(units, activation="relu"), layers.Dense(len(names))
            def call(self, x):
                return self.d2(self.d1(x))
        names = ["a", "b"]
        tagger = Tagger(5, names=names)
        tagger(np.ones((1, 3)))
        """,
        "words = layers.TextVectorization(max_tokens=20, output_sequence_length=3)\nwords.adapt(['the cat', 'the dog ran'])",
        "offset = tf.constant([1.0, 2.0])\nweight = tf.Variable([[2.0, 0.0], [0.0, 3.0]])\nlabels = tf.constant(['x', 'y'])",
        "table = {'net': tagger, 'labels': ['x', 'y']}",
        """
        def predict(text):
            ids = words([text])
            out = table["net"](tf.cast(ids, tf.float32)) @ weight + offset
            return ids, tagger(tf.ones((1, 3))), out, table["labels"][int(tf.argmax(out[0]))], labels[0].numpy().decode()
        """,
    )
    made = notebook.capture("predict, sample='the dog sat'")
    assert made.proved == 1, made.told
    assert "class Tagger(keras.Model):" in made.files["notebook_code.py"]
    assert ".pkl" not in " ".join(made.told["files"])
    assert "tagger = Tagger(5, names=['a', 'b'])" in made.predict.replace('"', "'")
    assert 'table["net"] = tagger' in made.predict


def test_31_a_lambda_layer_comes_as_source_not_as_bytecode(notebook: Kernel) -> None:
    notebook.run(
        START,
        "net = keras.Sequential([layers.Input((2,)), layers.Lambda(lambda x: x * 2, name='twice')])",
        "def predict(row):\n    return net.predict(np.array([row]), verbose=0)",
    )
    made = notebook.capture("predict, sample=[1.0, 2.0]")
    assert made.proved == 1, made.told
    assert "lambda_1 = lambda x: x * 2" in made.files["notebook_code.py"]
    assert "safe_mode" not in made.predict


def test_31_a_lambda_without_source_is_refused_unless_accepted(notebook: Kernel) -> None:
    (notebook.folder / "elsewhere.py").write_text("f = lambda x: x * 2\n")
    notebook.run(
        START,
        "import sys; sys.path.insert(0, '.')\nimport elsewhere",
        "net = keras.Sequential([layers.Input((2,)), layers.Lambda(elsewhere.f, name='twice')])",
        "def predict(row):\n    return net.predict(np.array([row]), verbose=0)",
    )
    refused = notebook.capture("predict, sample=[1.0, 2.0]")
    assert "its layer twice holds a lambda" in refused.refused
    assert "enable_unsafe_deserialization" in refused.told["fix"]
    notebook.run("keras.config.enable_unsafe_deserialization()")
    made = notebook.capture("predict, sample=[1.0, 2.0]")
    assert made.proved == 1, made.told
    assert "safe_mode=False" in made.predict


def test_31_a_stateful_layer_starts_where_the_notebook_left_it(notebook: Kernel) -> None:
    notebook.run(
        START,
        "net = keras.Sequential([layers.Input((2, 1), batch_size=1), layers.LSTM(3, stateful=True), layers.Dense(1)])",
        "def predict(rows):\n    net.reset_states() if hasattr(net, 'reset_states') else [l.reset_state() for l in net.layers if hasattr(l, 'reset_state')]\n    return net(np.array([rows]))",
        "net(np.ones((1, 2, 1)))",
    )
    state = "print([s.numpy().tolist() for s in net.layers[0].states])"
    before = notebook.run(state)
    made = notebook.capture("predict, sample=[[1.0], [2.0]]")
    assert made.proved == 1, made.told
    assert notebook.run(state) == before


def test_31_a_subclassed_model_that_predicts_is_after_its_capture_what_it_was(notebook: Kernel) -> None:
    notebook.run(
        START,
        """
        class Net(keras.Model):
            def __init__(self, units):
                super().__init__()
                self.many, self.named = [layers.Dense(units), layers.Dropout(0.5)], {"last": layers.Dense(2)}
            def call(self, x):
                for one in self.many:
                    x = one(x)
                return self.named["last"](x)
        net = Net(3)
        _ = net(np.ones((1, 3)))
        """,
        "def predict(rows):\n    return net.predict(np.asarray(rows), verbose=0)",
    )
    state = "print([one.numpy().tolist() for one in net.weights], len(net.many), list(net.named))"
    before = notebook.run(state)
    made = notebook.capture("predict, sample=[[1.0, 2.0, 3.0]]")
    assert made.proved == 1, made.told
    assert notebook.run(state) == before
    notebook.run("net.compile('adam', 'mse')\n_ = net.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)")
