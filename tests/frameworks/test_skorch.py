from __future__ import annotations

from tests.capturing.kernel import Kernel


def test_30_a_net_whose_module_is_a_cell_class(notebook: Kernel) -> None:
    notebook.run(
        "import numpy as np, torch\nfrom torch import nn\nfrom skorch import NeuralNetClassifier\nfrom sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import StandardScaler",
        """
        class ClassifierModule(nn.Module):
            def __init__(self, units=6):
                super().__init__()
                self.a, self.drop, self.b = nn.Linear(4, units), nn.Dropout(0.5), nn.Linear(units, 2)
            def forward(self, X):
                return torch.softmax(self.b(self.drop(torch.relu(self.a(X)))), dim=-1)
        """,
        "torch.manual_seed(0)\nX = np.random.RandomState(0).randn(60, 4).astype('float32')\ny = (X[:, 0] > 0).astype('int64')",
        "net = NeuralNetClassifier(ClassifierModule, max_epochs=2, lr=0.1, verbose=0, train_split=None).fit(X, y)",
        "pipe = make_pipeline(StandardScaler(), NeuralNetClassifier(ClassifierModule, max_epochs=1, verbose=0, train_split=None)).fit(X, y)",
        "def predict(rows):\n    data = np.asarray(rows, dtype='float32')\n    return net.predict(data), net.predict_proba(data), pipe.predict_proba(data)",
    )
    made = notebook.capture("predict, sample=[[0.1, 0.2, 0.3, 0.4]]")
    assert made.proved == 1, made.told
    assert "class ClassifierModule(nn.Module):" in made.files["notebook_code.py"]
    assert {"skorch", "torch"} <= set(made.manifest["packages"])
    assert notebook.run("print(ClassifierModule.__module__, type(net.module_).__module__)").split() == ["__main__"] * 2
