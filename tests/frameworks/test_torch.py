from __future__ import annotations

import pytest

from tests.capturing.kernel import Kernel

NET = """
import torch
from torch import nn
torch.manual_seed(0)
n_class, width = 3, 8
"""


def test_29_a_module_from_cells_with_all_kinds_of_state(notebook: Kernel) -> None:
    notebook.run(
        NET,
        """
        class Block(nn.Module):
            def __init__(self):
                super().__init__()
                self.line = nn.Linear(width, width)
                self.norm = nn.BatchNorm1d(width)
            def forward(self, x):
                return torch.relu(self.norm(self.line(x)))
        """,
        """
        class Net(nn.Module):
            def __init__(self, depth, *, words):
                super().__init__()
                self.embed = nn.Embedding(n_class, width)
                self.blocks = nn.ModuleList([Block() for _ in range(depth)])
                self.head = nn.Linear(width, n_class, bias=False)
                self.head.weight = self.embed.weight  # tied
                self.register_buffer("shift", torch.arange(width) / 10, persistent=False)
                self.register_buffer("scale", torch.full((width,), 2.0))
                self.extra = torch.ones(width) * 3
                self.words = words
                self.drop = nn.Dropout(0.5)
            def forward(self, x):
                x = x * self.scale + self.shift + self.extra
                for block in self.blocks:
                    x = block(self.drop(x))
                return self.head(x)
        net = Net(2, words={"a": 1})
        net.embed.weight.requires_grad_(False)
        net(torch.randn(16, width))
        """,
        "def predict(rows):\n    with torch.no_grad():\n        return net(torch.tensor(rows)), len(net.words)",
    )
    state = "print(net.training, net.blocks[0].norm.running_mean, torch.get_rng_state().sum(), net.embed.weight.requires_grad)"
    before = notebook.run(state)
    made = notebook.capture("predict, sample=[[0.1] * 8, [0.9] * 8]")
    assert made.proved == 1, made.told
    assert notebook.run(state) == before
    assert before.startswith("True")
    assert "it is in training mode here" in made.warnings
    assert "class Net(nn.Module):" in made.files["notebook_code.py"]
    assert 'safetensors.torch.load_model(net, "model/net.safetensors")' in made.predict
    assert "net.eval()" in made.predict
    assert "torch==2.13.0\n" in made.files["requirements.txt"]
    weights = (notebook.folder / "aibro_repo/model/net.safetensors").read_bytes()
    assert b"head.weight" not in weights  # it is the embedding's
    tied = "net.head.weight is net.embed.weight, net.embed.weight.requires_grad, net.shift.tolist() == (torch.arange(8) / 10).tolist()"
    assert _loaded(notebook, tied) == "True False True"


def _loaded(notebook: Kernel, expression: str) -> str:
    code = f"import predict, torch; predict.load_model(); net = predict.net; print({expression})"
    return notebook.run(
        f"import subprocess as _s, sys as _y\nprint(_s.run([_y.executable, '-c', {code!r}], cwd='aibro_repo', capture_output=True, text=True, check=True).stdout)"
    ).strip()


def test_29_wrappers_hooks_and_half_precision(notebook: Kernel) -> None:
    notebook.run(
        NET,
        "net = nn.DataParallel(nn.Sequential(nn.Linear(4, 4), nn.ReLU())).eval()",
        "def double(module, args, out):\n    return out * 2\nhandle = net.module.register_forward_hook(double)",
        "quick = torch.compile(nn.Linear(4, 2).eval(), backend='eager')\nhalf = nn.Linear(2, 2).to(torch.bfloat16).eval()",
        "@torch.no_grad()\ndef predict(row):\n    return half(quick(net(torch.tensor(row))).to(torch.bfloat16)).float()",
    )
    made = notebook.capture("predict, sample=[[1.0, -1.0, 0.5, 2.0]]")
    assert made.proved == 1, made.told
    assert "without the wrapper" in made.warnings
    assert "hooks" in made.warnings
    assert notebook.run("print(type(net).__name__, type(quick).__name__)").split() == [
        "DataParallel",
        "OptimizedModule",
    ]


def test_28_tensors_devices_and_dtypes(notebook: Kernel) -> None:
    notebook.run(
        NET,
        "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')\ndtype = torch.float64\nshape = torch.Size([2, 2])",
        "net = nn.Linear(2, 2).to(device)\nstate = net.state_dict()\nmean = torch.tensor([0.5, 0.25])\nlearned = nn.Parameter(torch.ones(2))",
        "bundle = {'net': net, 'classes': ['no', 'yes'], 'mean': torch.zeros(2)}",
        """
        def predict(row):
            x = (torch.tensor(row, dtype=dtype).float().to(device) - mean) * learned + bundle["mean"]
            out = x @ state["weight"].T + bundle["net"](x).detach()
            return bundle["classes"][int(out.argmax())], out.tolist(), list(shape)
        """,
    )
    made = notebook.capture("predict, sample=[1.0, 2.0]")
    assert made.proved == 1, made.told
    assert 'device = torch.device("cpu")' in made.predict.replace("'", '"')
    assert 'mean = torch.load("model/mean.pt", weights_only=True)' in made.predict
    assert 'bundle["classes"] = ["no", "yes"]' in made.predict
    assert 'safetensors.torch.load_model(bundle["net"], "model/bundle_net.safetensors")' in made.predict


def test_scripted_traced_and_exported_programs_bring_their_code(notebook: Kernel) -> None:
    notebook.run(
        NET,
        "class Double(nn.Module):\n    def forward(self, x):\n        return x * 2",
        "scripted = torch.jit.script(Double())\ntraced = torch.jit.trace(nn.Linear(2, 1), torch.ones(1, 2))",
        "program = torch.export.export(nn.Linear(2, 2), (torch.ones(1, 2),))",
        "def predict(row):\n    x = torch.tensor([row])\n    with torch.no_grad():\n        return traced(scripted(x)), program.module()(x)",
    )
    made = notebook.capture("predict, sample=[1.0, 2.0]")
    assert made.proved == 1, made.told
    assert "notebook_code.py" not in made.files
    assert "torch.export.load(" in made.predict


def test_modules_that_share_a_part_go_on_sharing_it(notebook: Kernel) -> None:
    notebook.run(
        NET,
        "class Body(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.l = nn.Linear(2, 2)\n    def forward(self, x):\n        return self.l(x)",
        "class Head(nn.Module):\n    def __init__(self, body):\n        super().__init__()\n        self.body, self.o = body, nn.Linear(2, 1)\n    def forward(self, x):\n        return self.o(self.body(x))",
        "body = Body()\nfirst, second = Head(body), Head(body)",
        "def predict(row):\n    x = torch.tensor(row)\n    return first(x).item(), second(x).item(), body(x).tolist(), first.body is second.body is body",
    )
    made = notebook.capture("predict, sample=[1.0, 2.0]")
    assert made.proved == 1, made.told
    assert made.manifest["expected"][3] is True
    assert made.predict.count("safetensors.torch.load_model(") == 1


def test_the_same_module_makes_the_same_bytes(notebook: Kernel) -> None:
    notebook.run(
        NET,
        "net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2)).eval()\nnet[0].weight.requires_grad_(False)\nw = torch.ones(3)",
        "def predict(row):\n    return net(torch.tensor(row)).tolist(), w.sum().item()",
    )
    first = notebook.capture("predict, sample=[1.0, 2.0, 3.0, 4.0]")
    kept = {path.name: path.read_bytes() for path in (notebook.folder / "aibro_repo/model").iterdir()}
    second = notebook.capture("predict, sample=[1.0, 2.0, 3.0, 4.0]")
    assert first.proved == second.proved == 1
    assert kept == {path.name: path.read_bytes() for path in (notebook.folder / "aibro_repo/model").iterdir()}
    assert set(kept) == {"net_structure.pkl", "net.safetensors", "w.pt"}


def test_without_safetensors_weights_are_read_as_data_only(notebook: Kernel) -> None:
    notebook.run(
        NET,
        "import importlib.util as _u\n_find = _u.find_spec\n_u.find_spec = lambda name, *a: None if name == 'safetensors' else _find(name, *a)",
        "net = nn.Linear(2, 2)",
        "def predict(row):\n    return net(torch.tensor(row)).tolist()",
    )
    made = notebook.capture("predict, sample=[1.0, 2.0]")
    notebook.run("import importlib.util as _u2\n_u2.find_spec = _find")
    assert made.proved == 1, made.told
    assert 'net.load_state_dict(torch.load("model/net.pt", weights_only=True))' in made.predict


def test_30_an_object_that_pickles_its_parts_itself(notebook: Kernel) -> None:
    notebook.run(
        "import pickle",
        "class Inner:\n    def __init__(self): self.k = 3",
        """
        class Outer:
            def __init__(self): self.inner = Inner()
            def __getstate__(self): return {"blob": pickle.dumps(self.inner)}
            def __setstate__(self, state): self.inner = pickle.loads(state["blob"])
        outer = Outer()
        """,
        "def predict(x):\n    return outer.inner.k * x",
    )
    made = notebook.capture("predict, sample=5")
    assert made.proved == 1, made.told


def test_29_a_module_inside_an_object_of_the_notebook_serves_in_evaluation_mode(notebook: Kernel) -> None:
    notebook.run(
        NET,
        """
        class Service:
            def __init__(self):
                self.net = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.5), nn.Linear(8, 1))
            def answer(self, row):
                with torch.no_grad():
                    return self.net(torch.tensor(row)).item()
        service = Service()
        """,
        "def predict(row):\n    return service.answer(row)",
    )
    made = notebook.capture("predict, sample=[1.0, 2.0]")
    assert made.proved == 1, made.told
    assert "service: a Service is kept as a pickle" in made.warnings
    assert notebook.run("print(service.net.training)").strip() == "True"


NNLM = """
import torch
from torch import nn
torch.manual_seed(0)
words = ["a", "b", "c"]
width = 4

class NNLM(nn.Module):
    def __init__(self, count, size, *, rate=0.1):
        super().__init__()
        self.embed = nn.Embedding(count, width)
        self.line = nn.Linear(width, size)
        self.drop, self.rate = nn.Dropout(rate), rate
    def forward(self, x):
        return self.line(self.drop(self.embed(x))).sum(1)
"""
ASK = "def predict(row):\n    return net(torch.tensor([row])).tolist()"


def test_a_module_that_its_call_makes_again_is_made_by_it(notebook: Kernel) -> None:
    notebook.run(NNLM, "n = 16\nnet = NNLM(len(words), n, rate=0.2)", ASK)
    made = notebook.capture("predict, sample=[0, 2]")
    assert made.proved == 1, made.told
    assert "    net = NNLM(3, 16, rate=0.2)  # In[" in made.predict
    assert "pickle" not in made.predict
    assert {path.name for path in (notebook.folder / "aibro_repo/model").iterdir()} == {"net.safetensors"}
    assert not [line for line in made.told["warnings"] if "pickle" in line]


CHANGED = {
    "an attribute": "net.rate = 0.9",
    "another layer": "net.line = nn.Linear(4, 5)",
    "a layer more": "net.extra = nn.Linear(1, 1)",
    "a frozen weight": "net.line.weight.requires_grad_(False)",
    "a hook": "net.register_forward_hook(lambda *a: None)",
    "a tensor": "net.bias = torch.ones(2)",
    "a global of another value": "width = 7",
    "a buffer that no file has": "net.register_buffer('b', torch.ones(2), persistent=False)",
}


@pytest.mark.parametrize("changed", CHANGED.values(), ids=CHANGED.keys())
def test_a_module_that_was_changed_since_keeps_its_structure(notebook: Kernel, changed: str) -> None:
    notebook.run(NNLM, "net = NNLM(len(words), 16)", changed, ASK)
    made = notebook.capture("predict, sample=[0, 2]")
    assert made.proved == 1, made.told
    assert 'open("model/net_structure.pkl", "rb")' in made.predict


def test_a_constructor_that_reads_what_is_loaded_keeps_its_structure(notebook: Kernel) -> None:
    notebook.run(
        "import torch, numpy as np\nfrom torch import nn\nsizes = np.arange(100)",
        "class Net(nn.Module):\n    def __init__(self, at):\n        super().__init__()\n        self.line = nn.Linear(int(sizes[at]), 1)\n    def forward(self, x):\n        return self.line(x)",
        "net = Net(3)",
        "def predict(row):\n    return net(torch.tensor(row)).tolist()",
    )
    made = notebook.capture("predict, sample=[0.0, 1.0, 2.0]")
    assert made.proved == 1, made.told
    assert 'open("model/net_structure.pkl", "rb")' in made.predict
