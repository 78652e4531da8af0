"""Refusals of samples, of answers, and of answers that differ."""

from __future__ import annotations

from tests.capturing.advice.refusal import Refusal

TABLE = {
    "what JSON changes": Refusal(
        at="proving/inputs.py check",
        cells=("asked = {True: 1}\ndef predict(d): return list(d.values())",),
        said="'d' has the key True, and it becomes text in JSON",
        fix="let the function take JSON values",
        followed=("asked = {'yes': 1}",),
        call="predict, sample=asked",
    ),
    "an answer with two levels of columns": Refusal(
        at="proving/verify.py _expected",
        cells=("import pandas as pd\ndef predict(v): return pd.DataFrame({'a': v, 'v': v}).groupby('a').agg({'v': ['sum']})",),
        said="its answer cannot be JSON: answer[0] has a key that is no text, number or date",
        fix="tables whose columns have one name each (.reset_index(), .to_dict())",
        followed=("def predict(v): return pd.DataFrame({'a': v, 'v': v}).groupby('a')['v'].sum().reset_index()",),
        call="predict, sample=[1, 1, 2]",
    ),
    "a sample for nothing": Refusal(
        at="proving/inputs.py inputs_of", cells=("def predict(): return 1",), said="it takes no parameter",
        fix="give it a parameter for what clients send, or leave the sample out", followed=(), again="predict",
    ),
    "a sample that lacks one": Refusal(
        at="proving/inputs.py inputs_of", cells=("def predict(a, bb): return a + bb",), said="no value for its parameter 'bb'",
        fix="pass sample={'a': …, 'bb': …}", followed=(), call="predict, sample={'a': 1}", again="predict, sample={'a': 1, 'bb': 2}",
    ),
    "an object as a sample": Refusal(
        at="proving/inputs.py describe", cells=("class Picture: size = 2\npicture = Picture()\ndef predict(image): return image.size",),
        said="'image' is a __main__.Picture", fix="let the function take JSON values", call="predict, sample=picture",
        followed=("def predict(size):\n    image = Picture()\n    image.size = size\n    return image.size",), again="predict, sample=2",
    ),
    "a sample whose class refuses its fields": Refusal(
        at="proving/inputs.py _made",
        cells=("from dataclasses import dataclass\n@dataclass\nclass Order:\n    n: int\n    def __post_init__(self):\n        if self.n > 1: raise ValueError('too many')\norder = Order(1)\norder.n = 2\ndef predict(order): return order.n",),
        said="'order', Order(**its fields), raises ValueError: too many", fix="let the function take JSON values", call="predict, sample=order",
        followed=("def predict(n): return n",), again="predict, sample=2",
    ),
    "dimensions that are none": Refusal(
        at="proving/widening.py free_dimensions", cells=("import numpy as np\ndef predict(image): return image.mean()",),
        said="free='wide' names no dimensions", fix='free="0,2", or free="image:0,2" of the parameter image',
        followed=(), call="predict, sample=np.ones((2, 3, 4)), free='wide'", again="predict, sample=np.ones((2, 3, 4)), free='image:0,2'",
    ),
    "a sample that it does not take": Refusal(
        at="proving/verify.py _expected", cells=("def predict(x): return 1 / x",),
        said="in the notebook it raises ZeroDivisionError on the sample", fix="make it work on the sample here first, or pass another sample=",
        followed=(), call="predict, sample=0", again="predict, sample=1",
    ),
    "the order of a set": Refusal(
        at="proving/verify.py _why_it_differs", cells=("WORDS = [f'word{n}' for n in range(40)]\ndef predict(x): return list(set(WORDS))",),
        said="its answers are not the notebook's", fix="answer with sorted(...) of it",
        followed=("def predict(x): return sorted(set(WORDS))",),
    ),
    "state outside of it": Refusal(
        at="proving/verify.py _why_it_differs", cells=("import string\nvars(string)['digits'] = 'changed'\ndef predict(x): return string.digits",),
        said="its answers are not the notebook's", fix="look for state that is set outside of it: options, patched modules",
        followed=("string.digits = '0123456789'",),
    ),
    "the network": Refusal(
        at="proving/verify.py _fix",
        cells=(
            "import http.server, threading, urllib.request\nclass Quiet(http.server.SimpleHTTPRequestHandler):\n    def log_message(self, *told): pass\nserver = http.server.HTTPServer(('127.0.0.1', 0), Quiet)\nthreading.Thread(target=server.serve_forever, daemon=True).start()\nport = server.server_port",
            "def predict(x): return urllib.request.urlopen(f'http://127.0.0.1:{port}').status",
        ),
        said="in a clean process it fails", fix="or allow it with --allow-net", followed=(),
        again="predict, sample=1, allow_net=True",
    ),
    "the notebook's folder": Refusal(
        at="proving/verify.py _fix", cells=("import os\nhere9 = os.getcwd()\ndef predict(x): return len(open(os.path.join(here9, x)).read())",),
        said="FileNotFoundError", fix="it opens words9.txt by its full path in the notebook's folder: open it by its relative name",
        followed=("def predict(x): return len(open(x).read())",), call="predict, sample='words9.txt'", files=(("words9.txt", "a"),),
    ),
    "what exists here alone": Refusal(
        at="proving/verify.py _fix", cells=("import os, sys\ndef predict(x): return x + bool(sys.modules['ipykernel'])",),
        said="KeyError: 'ipykernel'", fix="it works here, so something differs there: its input is",
        followed=("def predict(x): return x + 1",),
    ),
    "a variable of this computer": Refusal(
        at="proving/verify.py _fix", cells=("import os\ndef predict(x): return int(os.getenv('JPY_PARENT_PID')) + x",),
        said="TypeError", fix="it has no environment variables but those of --secret",
        followed=("def predict(x): return int(os.getenv('JPY_PARENT_PID', 0)) * 0 + x",),
    ),
    "a text that is none": Refusal(
        at="proving/inputs.py _posted", cells=("def predict(x): return len(x)",), said="no request can carry it",
        fix="let the function take JSON values", followed=(), call="predict, sample='\\ud800'", again="predict, sample='x'",
    ),
    "a table of intervals": Refusal(
        at="proving/inputs.py check", cells=("import pandas as pd\ntable9 = pd.DataFrame({'a': [pd.Interval(0, 1)]})\ndef predict(x): return len(x)",),
        said="'x': its own JSON does not fit it: column 'a', row 0", fix="let the function take JSON values, a DataFrame",
        followed=("table9 = pd.DataFrame({'left': [0], 'right': [1]})",), call="predict, sample=table9",
    ),
}  # fmt: skip
