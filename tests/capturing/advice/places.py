"""Refusals of files and folders, of packages and of modules."""

from __future__ import annotations

from tests.capturing.advice.refusal import Refusal

TABLE = {
    "outside": Refusal(
        at="proving/verify.py _fix",
        cells=("import os\nos.chdir('nb')\ndef predict(x): return open(os.path.join('..', x)).read()",),
        said="FileNotFoundError",
        fix="lies outside of the notebook's folder: move it there, and open it by its name from there",
        followed=("import shutil\nshutil.move('../up.txt', 'up.txt')\ndef predict(x): return open(x).read()",),
        call="predict, sample='up.txt'",
        files=(("up.txt", "a"), ("nb/x", "")),
    ),
    "data folder": Refusal(
        at="gathering/paths.py find_files",
        cells=("def predict(x): return open('data/words.txt').read()",),
        said="data/words.txt lies in data/, where a request's body goes",
        fix="move the file to another folder",
        followed=("import os\nos.rename('data', 'words')\ndef predict(x): return open('words/words.txt').read()",),
        files=(("data/words.txt", "a"),),
    ),
    "name of the repo's own": Refusal(
        at="writing/beside.py _copy",
        cells=("def predict(x): return open('requirements.txt').read()",),
        said="requirements.txt is a name of the repo's own",
        fix="rename the file",
        followed=("import os\nos.rename('requirements.txt', 'wanted.txt')\ndef predict(x): return open('wanted.txt').read()",),
        files=(("requirements.txt", "a"),),
    ),
    "no file of that name": Refusal(
        at="gathering/paths.py files_asked_for",
        cells=("def predict(x): return x",),
        said="--file nothing/*: what it names is not there",
        fix="name files below the notebook's folder",
        followed=(),
        call="predict, sample=1, files='nothing/*'",
        again="predict, sample=1, files='some/*'",
        files=(("some/a.txt", "a"),),
    ),
    "a file outside": Refusal(
        at="gathering/paths.py files_asked_for", cells=("import os\nos.chdir('nb9')\ndef predict(x): return x",),
        said="what it names lies outside of its folder", fix="name files below the notebook's folder",
        followed=("import shutil\n_ = shutil.move('../up9.txt', 'up9.txt')",), call="predict, sample=1, files='../up9.txt'",
        again="predict, sample=1, files='up9.txt'", files=(("up9.txt", "a"), ("nb9/x", "")),
    ),
    "a module of a taken name": Refusal(
        at="writing/beside.py bring_along",
        cells=("import sys; sys.path.insert(0, '.')\nimport data as mine81\nsys.path.pop(0)", "def predict(x): return mine81.f(x)"),
        said="data is a name of the repo's own", fix="rename the module",
        followed=("import os\nos.rename('data', 'mine81')\ndel sys.modules['data']\nsys.path.insert(0, '.')\nimport mine81\nsys.path.pop(0)",),
        files=(("data/__init__.py", "def f(x): return x\n"),),
    ),
    "a folder that run() reads": Refusal(
        at="writing/build.py write_sample", cells=("model = 2", "def run(model): return model * int(open('data/sample.json').read())"),
        said="it reads ./data, and there is no data/ folder", fix="make data/ with one sample file in it, or write run(model, data)",
        followed=("import os\nos.mkdir('data')\nwith open('data/sample.json', 'w') as _file: _ = _file.write('3')",), call="run",
    ),
    "somebody else's folder": Refusal(
        at="writing/folder.py check_place", cells=("def predict(x): return x",), said="it exists and was not made by a capture",
        fix="choose another place with out=..., or move it away", followed=(), call="predict, sample=1, out='theirs'",
        again="predict, sample=1, out='mine'", files=(("theirs/file.txt", "keep"),),
    ),
    "edits by hand": Refusal(
        at="writing/folder.py check_place",
        cells=(
            "def predict(x): return x + 1",
            "from aibro_jupyter.capturing import capture as _capture\n_ = _capture(predict, sample=1)\nimport pathlib\n_ = pathlib.Path('aibro_repo/predict.py').write_text(pathlib.Path('aibro_repo/predict.py').read_text() + '# mine\\n')",
        ),
        said="predict.py was edited by hand since the last capture", fix="move the edits into the notebook and delete the file",
        followed=("pathlib.Path('aibro_repo/predict.py').unlink()",),
    ),
    "a module edited after its import": Refusal(
        at="gathering/drifted.py drifted",
        cells=(
            "import sys, pathlib, importlib; sys.path.insert(0, '.')\nimport edited82\nfrom edited82 import f\nsys.path.pop(0)",
            "_ = pathlib.Path('edited82.py').write_text('def f(x):\\n    return x * 2 + 0\\n')\ndef predict(x): return f(x)",
        ),
        said="edited82.py was edited after it was imported, and the kernel still runs the older f()",
        fix="importlib.reload(edited82), then run the cells that import from it",
        followed=("importlib.invalidate_caches()\nsys.path.insert(0, '.')\n_ = importlib.reload(edited82)\nsys.path.pop(0)\nfrom edited82 import f",),
        files=(("edited82.py", "def f(x):\n    return x * 2\n"),),
    ),
    "a module that holds an object": Refusal(
        at="gathering/drifted.py _mend",
        cells=(
            "import sys; sys.path.insert(0, '.')\nimport holds83\nsys.path.pop(0)",
            "class Odd83:\n    def __call__(self, x): return x\nholds83.MODEL = Odd83()", "def predict(x): return holds83.f(x)",
        ),
        said="changed it, and what it holds by now cannot be written as Python", fix="make it so in holds83.py itself, or set it inside the function",
        followed=("holds83.MODEL = None\ndef predict(x):\n    holds83.MODEL = Odd83()\n    return holds83.f(x)",),
        files=(("holds83.py", "MODEL = None\ndef f(x):\n    return MODEL(x)\n"),),
    ),
    "a package of a folder": Refusal(
        at="writing/requirements.py _pin", cells=("import os, sys\nos.chdir('nb84'); sys.path.append(os.path.abspath('../lib84/site-packages'))\nimport folder84", "def predict(x): return folder84.f(x)"),
        said="folder84 is installed from the folder code", fix="install it from an index or from git, or put its modules beside the notebook",
        followed=("import shutil\n_ = shutil.move('../lib84/site-packages/folder84.py', 'folder84.py')\nsys.path.pop(); sys.path.insert(0, '.')\ndel sys.modules['folder84']\nimport folder84\nsys.path.pop(0)",),
        files=(
            ("nb84/x", ""), ("lib84/site-packages/folder84.py", "def f(x): return x\n"),
            ("lib84/site-packages/folder84-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: folder84\nVersion: 1.0\n"),
            ("lib84/site-packages/folder84-1.0.dist-info/RECORD", "folder84.py,,\n"),
            ("lib84/site-packages/folder84-1.0.dist-info/top_level.txt", "folder84\n"),
            ("lib84/site-packages/folder84-1.0.dist-info/direct_url.json", '{"url": "file:///home/code", "dir_info": {"editable": true}}'),
        ),
    ),
    "a package of a wheel": Refusal(
        at="writing/requirements.py _pin", cells=("import os, sys\nos.chdir('nb86'); sys.path.append(os.path.abspath('../lib86/site-packages'))\nimport wheel86", "def predict(x): return wheel86.f(x)"),
        said="wheel86 is installed from the file wheel86-1.0.whl", fix="install it from an index or from git, or put its modules beside the notebook",
        followed=("import shutil\n_ = shutil.move('../lib86/site-packages/wheel86.py', 'wheel86.py')\nsys.path.pop(); sys.path.insert(0, '.')\ndel sys.modules['wheel86']\nimport wheel86\nsys.path.pop(0)",),
        files=(
            ("nb86/x", ""), ("lib86/site-packages/wheel86.py", "def f(x): return x\n"),
            ("lib86/site-packages/wheel86-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: wheel86\nVersion: 1.0\n"),
            ("lib86/site-packages/wheel86-1.0.dist-info/RECORD", "wheel86.py,,\n"),
            ("lib86/site-packages/wheel86-1.0.dist-info/top_level.txt", "wheel86\n"),
            ("lib86/site-packages/wheel86-1.0.dist-info/direct_url.json", '{"url": "file:///home/wheel86-1.0.whl", "archive_info": {}}'),
        ),
    ),
    "a module of no package": Refusal(
        at="writing/requirements.py _unknown",
        cells=("import sys, sysconfig, types\nlonely85 = types.ModuleType('lonely85')\nlonely85.f = abs\nsys.modules['lonely85'] = lonely85", "import lonely85\ndef predict(x): return lonely85.f(x)"),
        said="no installed package says that it has this module", fix="install it with pip, or put it beside the notebook",
        followed=("with open('lonely85.py', 'w') as _file: _ = _file.write('f = abs\\n')\ndel sys.modules['lonely85']\nsys.path.insert(0, '.')\nimport lonely85\nsys.path.pop(0)",),
    ),
    "a module of the repo's own name": Refusal(
        at="writing/beside.py bring_along",
        cells=("import sys; sys.path.insert(0, '.')\nimport notebook_code\nsys.path.pop(0)", "def predict(x): return notebook_code.f(x)"),
        said="notebook_code.py is a name of the repo's own", fix="rename the module",
        followed=("import os\nos.rename('notebook_code.py', 'mine88.py')\ndel sys.modules['notebook_code']\nsys.path.insert(0, '.')\nimport mine88\nsys.path.pop(0)\ndef predict(x): return mine88.f(x)",),
        files=(("notebook_code.py", "def f(x): return x\n"),),
    ),
    "a version that no index has": Refusal(
        at="writing/venv.py in_venv",
        cells=(
            "import os, sys\nos.environ['AIBRO_HOME'] = os.path.abspath('home')\nsys.path.insert(0, os.path.abspath('lib89/site-packages'))\nimport requests",
            "def predict(x): return len(requests.Session().headers) + x",
        ),
        said="its environment cannot be built: the requirements cannot be met", call="predict, sample=1, verify='venv'",
        fix="ask for versions that an index has and that go together, as these lines say: in requirements.txt, or by installing them in the notebook",
        followed=("_ = sys.path.pop(0)",),
        files=(
            ("lib89/site-packages/requests-0.0.0.1.dist-info/METADATA", "Metadata-Version: 2.1\nName: requests\nVersion: 0.0.0.1\n"),
            ("lib89/site-packages/requests-0.0.0.1.dist-info/RECORD", "requests/__init__.py,,\n"),
            ("lib89/site-packages/requests-0.0.0.1.dist-info/top_level.txt", "requests\n"),
        ),
    ),
}  # fmt: skip
