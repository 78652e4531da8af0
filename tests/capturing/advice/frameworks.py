"""Refusals of the savers of frameworks; `make test-frameworks` follows their advice, where the frameworks are."""

from __future__ import annotations

from tests.capturing.advice.refusal import Refusal

_KERAS = "import os\nos.environ.setdefault('KERAS_BACKEND', 'tensorflow')\nimport numpy as np, keras\nfrom keras import layers"

TABLE = {
    "torch: lazy layers": Refusal(
        at="values/savers/torch.py save", cells=("import torch\nnet = torch.nn.LazyLinear(1)", "def predict(row): return torch.tensor(row).sum().item() + len(list(net.children()))"),
        said="it has lazy layers that have not seen data yet", fix="call it once on some data",
        followed=("_ = net(torch.ones(1, 2))",), call="predict, sample=[1.0, 2.0]",
    ),
    "torch: lazy layers of two that share": Refusal(
        at="values/store.py save_values",
        cells=("import torch\nlazy = torch.nn.LazyLinear(1)\none = torch.nn.Sequential(lazy)\ntwo = torch.nn.Sequential(lazy)", "def predict(x): return len(one) + len(two) + x"),
        said="it has lazy layers that have not seen data yet", fix="call it once on some data", followed=("_ = one(torch.ones(1, 2))",),
    ),
    "onnx: the file is gone": Refusal(
        at="values/savers/onnx.py _write_graph",
        cells=(
            "import os, numpy as np, onnx, onnxruntime as ort\nfrom onnx import helper, TensorProto\n"
            "graph = helper.make_graph([helper.make_node('Neg', ['x'], ['y'])], 'g', [helper.make_tensor_value_info('x', TensorProto.FLOAT, [1])], [helper.make_tensor_value_info('y', TensorProto.FLOAT, [1])])\n"
            "onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)], ir_version=8), 'g.onnx')\n"
            "session = ort.InferenceSession('g.onnx', providers=['CPUExecutionProvider'])\nos.rename('g.onnx', 'h.onnx')",
            "def predict(x): return session.run(None, {'x': np.array([x], dtype='float32')})[0].tolist()",
        ),
        said="its graph is not at hand any more", fix="make the session from bytes, or from a file",
        followed=("with open('h.onnx', 'rb') as _file:\n    session = ort.InferenceSession(_file.read(), providers=['CPUExecutionProvider'])",),
    ),
    "keras: a constructor with arguments": Refusal(
        at="values/savers/keras.py save",
        cells=(
            _KERAS,
            "class Scale(layers.Layer):\n    def __init__(self, by):\n        super().__init__()\n        self.by = by.size\n    def call(self, x): return x * self.by\n"
            "net = keras.Sequential([layers.Input((2,)), Scale(np.ones(3))])",
            "def predict(row): return net.predict(np.array([row]), verbose=0)",
        ),
        said="Keras cannot write down how it was made", fix="give its class a get_config() that returns the arguments",
        followed=(
            "class Scale(layers.Layer):\n    def __init__(self, by, **rest):\n        super().__init__(**rest)\n        self.by = by\n    def call(self, x): return x * self.by\n"
            "    def get_config(self): return {**super().get_config(), 'by': self.by}\nnet = keras.Sequential([layers.Input((2,)), Scale(3)])",
        ),
        call="predict, sample=[1.0, 2.0]",
    ),
    "keras: no weights yet": Refusal(
        at="values/savers/keras.py _weights_only",
        cells=(
            _KERAS,
            "class Net(keras.Model):\n    def __init__(self, wide):\n        super().__init__()\n        self.out = layers.Dense(len(wide))\n    def call(self, x): return self.out(x)\nnet = Net(['a', 'b'])",
            "def predict(x): return x + len(net.layers)",
        ),
        said="it has no weights yet", fix="call it once on some data", followed=("_ = net(np.ones((1, 2)))",),
    ),
    "keras: the call that made it is gone": Refusal(
        at="values/store.py save_values",
        cells=(
            _KERAS,
            "class Net91(keras.Model):\n    def __init__(self, wide):\n        super().__init__()\n        self.out = layers.Dense(wide.size)\n    def call(self, x): return self.out(x)\n"
            "made = [Net91(np.ones(3))]\nnet91, = made\n_ = net91(np.ones((1, 2)))",
            "def predict(row): return np.asarray(net91(np.array([row])))",
        ),
        said="how it was made is not in the notebook any more", fix="give its class a get_config() that returns the arguments of __init__()",
        followed=(
            "class Net91(keras.Model):\n    def __init__(self, wide, **rest):\n        super().__init__(**rest)\n        self.wide, self.out = wide, layers.Dense(wide)\n    def call(self, x): return self.out(x)\n"
            "    def get_config(self): return {**super().get_config(), 'wide': self.wide}\nmade = [Net91(3)]\nnet91, = made\n_ = net91(np.ones((1, 2)))",
        ),
        call="predict, sample=[1.0, 2.0]",
    ),
    "keras: a lambda without source": Refusal(
        at="values/savers/keras.py _check_trusted",
        cells=(
            _KERAS, "import sys; sys.path.insert(0, '.')\nimport elsewhere90\nsys.path.pop(0)",
            "net = keras.Sequential([layers.Input((2,)), layers.Lambda(elsewhere90.f, name='twice')])",
            "def predict(row): return net.predict(np.array([row]), verbose=0)",
        ),
        said="its layer twice holds a lambda", fix="write it as a layer class",
        followed=("class Twice(layers.Layer):\n    def call(self, x): return x * 2\nnet = keras.Sequential([layers.Input((2,)), Twice()])",),
        call="predict, sample=[1.0, 2.0]", files=(("elsewhere90.py", "f = lambda x: x * 2\n"),),
    ),
    "transformers: code of the hub": Refusal(
        at="values/savers/transformers.py _refuse_remote_code",
        cells=(
            "import os, sys, torch, transformers\n"
            "config = transformers.AutoConfig.from_pretrained('theirs', trust_remote_code=True)\nnet = transformers.AutoModel.from_config(config, trust_remote_code=True)",
            "def predict(x): return net(torch.tensor([float(x)])).item()",
        ),
        said="its code was fetched from the hub with trust_remote_code",
        fix="put its modeling file beside the notebook and import the class from there",
        followed=(
            "import shutil\n_ = shutil.copy('theirs/modeling_theirs.py', 'modeling_theirs.py')\nsys.path.insert(0, '.')\n"
            "from modeling_theirs import Theirs, TheirsConfig\nsys.path.pop(0)\nnet = Theirs(TheirsConfig())",
        ),
        files=(
            ("theirs/config.json", '{"model_type": "theirs", "architectures": ["Theirs"], "auto_map": {"AutoConfig": "modeling_theirs.TheirsConfig", "AutoModel": "modeling_theirs.Theirs"}}'),
            (
                "theirs/modeling_theirs.py",
                "import torch\nimport transformers\n\n\nclass TheirsConfig(transformers.PretrainedConfig):\n    model_type = 'theirs'\n\n\n"
                "class Theirs(transformers.PreTrainedModel):\n    config_class = TheirsConfig\n\n"
                "    def __init__(self, config):\n        super().__init__(config)\n        self.part = torch.nn.Linear(1, 1)\n        self.post_init()\n\n    def forward(self, x):\n        return self.part(x)\n",
            ),
        ),
    ),
}  # fmt: skip
