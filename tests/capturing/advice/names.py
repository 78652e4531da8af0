"""Refusals of names that are not there, or that mean something else."""

from __future__ import annotations

from tests.capturing.advice.refusal import Refusal

TABLE = {
    "deleted": Refusal(
        at="gathering/gone.py gone",
        cells=("W1 = [1, 2]", "def predict(x): return W1[0] + x", "del W1"),
        said="deleted it after In[",
        fix="run In[",
        followed=("W1 = [1, 2]",),
    ),
    "made and deleted": Refusal(
        at="gathering/gone.py gone",
        cells=("for W2 in [1]: pass\ndel W2", "def predict(x): return W2 + x"),
        said="makes and deletes it",
        fix="take `del W2` out of In[",
        followed=("for W2 in [1]: pass",),
    ),
    "not come to": Refusal(
        at="gathering/gone.py gone",
        cells=("if list():\n    W3 = 1", "def predict(x): return W3 + x"),
        said="did not come to that line",
        fix="to its end",
        followed=("if not list():\n    W3 = 1",),
    ),
    "inside a function": Refusal(
        at="gathering/gone.py gone",
        cells=("def train():\n    W4 = 3\n    return None\ntrain()", "def predict(x): return W4 + x"),
        said="it is a variable inside train(), In[",
        fix="have train() return it, and keep it: W4 = train(...)",
        followed=("def train():\n    W4 = 3\n    return W4\nW4 = train()",),
    ),
    "misspelt": Refusal(
        at="gathering/gone.py gone",
        cells=("weights = [1]", "def predict(x): return wieghts[0] + x"),
        said="there is 'weights'",
        fix="write weights, if that is meant",
        followed=("def predict(x): return weights[0] + x",),
    ),
    "never defined": Refusal(
        at="gathering/gone.py gone",
        cells=("def predict(x): return QQ + x",),
        said="no such variable now, used in predict()",
        fix="run the cell that defines 'QQ'",
        followed=("QQ = 1",),
    ),
    "stale default": Refusal(
        at="gathering/collect.py _define",
        cells=("k = [object()]\ndef predict(x, k=k): return len(k)", "k = 5"),
        said="its default k=k holds an earlier value of 'k'",
        fix="run its cell again, or write the value out",
        followed=("k = [1]\ndef predict(x, k=k): return len(k)",),
    ),
    "magic": Refusal(
        at="gathering/collect.py _kernel_only",
        cells=("def predict(x):\n    !ls\n    return x",),
        said="it exists only inside a notebook",
        fix="take !commands, %magics and get_ipython() out of the function",
        followed=("def predict(x):\n    return x",),
    ),
    "order": Refusal(
        at="proving/verify.py _of_missing",
        cells=(
            "import numpy as np\nW16 = np.arange(5000)\ndef weight(): return int(eval('W16').sum())",
            "def weighed(f):\n    f.k = weight()\n    return f\n@weighed\ndef predict(x): return predict.k + x",
        ),
        said="name 'W16' is not defined",
        fix="give it there as a default, def weight(…, W16=W16)",
        followed=("def weight(W16=W16): return int(W16.sum())", "@weighed\ndef predict(x): return predict.k + x"),
    ),
    "reset": Refusal(
        at="gathering/gone.py gone", cells=("W5 = [1]", "def f5(x): return W5[0] + x", "%reset -f", "def predict(x): return W5[0] + x"),
        said="deleted it after In[", fix="run In[", followed=("W5 = [1]",),
    ),
    "a model that run() has not": Refusal(
        at="gathering/asked.py model", cells=("weights9 = [1]", "def run(model, data): return model[0] + data"),
        said="there is neither a variable 'model' nor a function load_model()", fix="name the model 'model'",
        followed=("model = weights9",), call="run, sample=1",
    ),
    "what IPython keeps": Refusal(
        at="gathering/collect.py _kernel_only", cells=("def predict(x): return len(In) + x",),
        said="exists only inside a notebook: the text of cells that ran", fix="keep the text that it needs in a variable of your own",
        followed=("texts = list(In)\ndef predict(x): return len(texts) + x",),
    ),
    "the shell": Refusal(
        at="gathering/collect.py _kernel_only", cells=("def predict(x): return get_ipython().user_ns['x'] + x",),
        said="predict() uses it, and it exists only inside a notebook", fix="and get_ipython() out of the function",
        followed=("def predict(x): return x",),
    ),
    "one name, two meanings": Refusal(
        at="gathering/collect.py _same",
        cells=(
            "import sys; sys.path.insert(0, '.')\nfrom rates87 import maker\nsys.path.pop(0)\nRATE87 = [5]\nmade87 = [maker()]\nf87, = made87",
            "def predict(x): return f87(x) * RATE87[0]",
        ),
        said="means another object by that name", fix="rename one of the two 'RATE87'",
        followed=("FACTOR87 = [5]", "def predict(x): return f87(x) * FACTOR87[0]"),
        files=(("rates87.py", "RATE87 = [2]\ndef maker():\n    def inner(x): return x * RATE87[0]\n    return inner\n"),),
    ),
    "a wrapper without a name": Refusal(
        at="gathering/collect.py _without_source",
        cells=("from functools import cache\ndef half7(n): return n / 2\nF7 = {'half': cache(half7)}", "def predict(n): return F7['half'](n)"),
        said="it was made of half7(), and no cell says how", fix="give what was made of it a name of its own in a cell",
        followed=("cached7 = cache(half7)\nF7 = {'half': cached7}",),
    ),
    "a wrapper that no cell explains": Refusal(
        at="gathering/collect.py _without_source",
        cells=(
            "import sys; sys.path.insert(0, '.')\nfrom timing86 import timed\nsys.path.pop(0)\ndef plain8(n): return n\nmade8 = [timed(plain8)]\nfast8, = made8",
            "def predict(n): return fast8(n)",
        ),
        said="it was made of plain8(), and no cell says how", fix="write fast8 = ... at the top level of a cell and run that cell",
        followed=("fast8 = timed(plain8)",),
        files=(("timing86.py", "import functools\ndef timed(f):\n    @functools.wraps(f)\n    def inner(n): return f(n)\n    return inner\n"),),
    ),
    "a function of no cell": Refusal(
        at="gathering/collect.py _without_source",
        cells=("made9 = [type('Kind9', (), {'go': lambda self, x: x})]\nKind9, = made9\nkind9 = Kind9()", "def predict(x): return kind9.go(x)"),
        said="its source is nowhere to be found", fix="define it in a cell and run that cell",
        followed=("class Kind9:\n    def go(self, x): return x\nkind9 = Kind9()",),
    ),
    "the plain function of a decorated one": Refusal(
        at="gathering/registered.py empty_what_fills_itself",
        cells=(
            "import functools\ndef twice(f):\n    @functools.wraps(f)\n    def inner(x): return f(f(x))\n    return inner",
            "@twice\ndef more(x): return x + 1", "PLAIN = {'more': more.__wrapped__}", "def predict(x): return PLAIN['more'](x)",
        ),
        said="it holds more() as it was before its decorator", fix="give the plain more a name of its own",
        followed=("def plain_more(x): return x + 1\nmore = twice(plain_more)\nPLAIN = {'more': plain_more}",),
    ),
    "a definition under a taken name": Refusal(
        at="gathering/settle.py _share_name",
        cells=("def step10(x): return x + 1\nfirst10 = step10\nstep10 = {'a': object()}", "def predict(x): return first10(x) + len(step10)"),
        said="its definition is called step10, and so is another object that is needed", fix="rename one of the two 'step10'",
        followed=("steps10 = {'a': 1}", "def predict(x): return first10(x) + len(steps10)"),
    ),
    "an attribute of a class": Refusal(
        at="gathering/classstate.py class_state",
        cells=("class Odd11:\n    def __init__(self): self.n = 2\nclass A11:\n    k = None", "A11.k = Odd11()\nA11.k.n = 3\ndef predict(x): return A11.k.n + x"),
        said="it is not what the class body says", fix="say in the class body what A11.k is, and run that cell",
        followed=("class A11:\n    k = Odd11()",),
    ),
    "a partial of names read by text": Refusal(
        at="pipeline.py capture", cells=("\n".join(f"N{n}12 = {n}" for n in range(7)), "def predict(x): return sum(eval(f'N{n}12') for n in range(7)) + x"),
        said="it reaches too many names only while it runs", fix="keep what it reads by name in one dict",
        followed=("N12 = {n: n for n in range(7)}\ndef predict(x): return sum(N12[n] for n in range(7)) + x",),
    ),
    "a name read by text": Refusal(
        at="proving/verify.py _of_missing", cells=("import sys\ndef predict(x): return eval('x' if 'IPython' in sys.modules else 'gone' + '13') + x",),
        said="name 'gone13' is not defined", fix="run the cell that defines 'gone13'", followed=("gone13 = 1",),
    ),
    "no function": Refusal(
        at="gathering/target.py target_of", cells=("k14 = 5",), said="it is a int, not a function", call="k14, sample=1",
        fix="write a function that takes the input and returns the answer", followed=("def f14(x): return k14 + x",),
        again="f14, sample=1",
    ),
    "no such verification": Refusal(
        at="pipeline.py capture", cells=("def predict(x): return x",), said="verify='all' is nothing we know",
        fix='verify="venv", or nothing', followed=(), call="predict, sample=1, verify='all'", again="predict, sample=1, verify=''",
    ),
    "an answer of IPython's": Refusal(
        at="gathering/collect.py _kernel_only", cells=("5", "def predict(x): return Out[max(Out)] + x"),
        said="exists only inside a notebook: what earlier cells answered", fix="keep the answer that it needs in a variable of your own",
        followed=("five = Out[max(Out)]\ndef predict(x): return five + x",),
    ),
    "the last answer": Refusal(
        at="gathering/collect.py _kernel_only", cells=("7", "def predict(x): return _ + x"),
        said="exists only inside a notebook: what earlier cells answered", fix="keep the answer that it needs in a variable of your own",
        followed=("7", "seven = _", "def predict(x): return seven + x"),
    ),
    "the folders": Refusal(
        at="gathering/collect.py _kernel_only", cells=("def predict(x): return len(str(_dh[0])) + x",),
        said="exists only inside a notebook: the folders that the notebook was in", fix="keep the path that it needs in a variable of your own",
        followed=("first = str(_dh[0])\ndef predict(x): return len(first) + x",),
    ),
    "the end": Refusal(
        at="gathering/collect.py _kernel_only", cells=("def predict(x):\n    if x < 0: exit()\n    return x",),
        said="exists only inside a notebook: what ends the kernel", fix="raise an error or return in its place",
        followed=("def predict(x):\n    if x < 0: raise ValueError('negative')\n    return x",),
    ),
}  # fmt: skip
