from __future__ import annotations

from tests.capturing.kernel import Kernel


def test_graphs_and_sessions(notebook: Kernel) -> None:
    notebook.run(
        "import numpy as np, onnx, onnxruntime as ort\nfrom skl2onnx import to_onnx\nfrom onnx import numpy_helper\nfrom sklearn.datasets import load_iris\nfrom sklearn.linear_model import LogisticRegression",
        "X, y = load_iris(return_X_y=True)\nmodel = LogisticRegression(max_iter=300).fit(X, y)",
        "graph = to_onnx(model, X[:1].astype('float32'), options={'zipmap': False})",
        "session = ort.InferenceSession(graph.SerializeToString(), providers=['CPUExecutionProvider'])",
        "onnx.save(graph, 'saved.onnx')\nfrom_file = ort.InferenceSession('saved.onnx', providers=['CPUExecutionProvider'])\nboth = {'one': session, 'labels': ['s', 'c', 'v']}",
        """
        def predict(rows):
            feed = {"X": np.asarray(rows, dtype="float32")}
            labels, chances = session.run(None, feed)
            again = both["one"].run(None, feed)[0], from_file.run(None, feed)[0]
            return [both["labels"][i] for i in labels], chances, again, len(graph.graph.node)
        """,
    )
    made = notebook.capture("predict, sample=X[::70].tolist()")
    assert made.proved == 1, made.told
    assert 'graph = onnx.load("model/graph.onnx")' in made.predict
    assert 'onnxruntime.InferenceSession("model/session.onnx"' in made.predict
    assert "scikit-learn" not in made.files["requirements.txt"]
