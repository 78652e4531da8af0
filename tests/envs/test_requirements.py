from __future__ import annotations

import pytest

from aibro_jupyter.envs import checked_requirements
from aibro_jupyter.envs.requirements import has_requirements
from aibro_jupyter.errors import BadRequirements

GOOD = """\
# a comment
numpy
scikit-learn==1.5.2   # pinned
pandas[excel,html] >= 2, < 4
torch ~= 2.0 ; python_version < "3.13"
private @ https://example.org/private-1.0-py3-none-any.whl
tool @ git+https://example.org/tool.git@v1
zope.interface
safe==1.0 \\
    --hash=sha256:abcdef

"""


def test_packages_by_name_are_taken_as_they_are() -> None:
    assert checked_requirements(GOOD) == GOOD
    for line in GOOD.splitlines()[1:-3]:
        checked_requirements(line)


@pytest.mark.parametrize("text", ["", "\n\n", "# only\n  # comments\n"])
def test_nothing_asked_for(text: str) -> None:
    assert not has_requirements(checked_requirements(text))


BAD = {
    "-e .": "option of the installer",
    "--index-url https://evil.example/simple": "option of the installer",
    "-r other.txt": "option of the installer",
    "--find-links /tmp": "option of the installer",
    "numpy --global-option=x": "option of the installer",
    "./local": "names no package",
    "../local": "names no package",
    "/srv/package": "names no package",
    "package-1.0-py3-none-any.whl": "names no package",
    "https://example.org/x.whl": "bare URL",
    "git+https://example.org/x.git": "bare URL",
    "file:///x": "bare URL",
    "numpy @ file:///croot/numpy_1": "file of another machine",
    "numpy @ ../x": "file of another machine",
    "x @ https://example.org/${SECRET}": "variable of the machine",
    "import numpy": "names no package",
}


@pytest.mark.parametrize(("line", "message"), BAD.items())
def test_everything_else_is_refused_with_its_line(line: str, message: str) -> None:
    with pytest.raises(BadRequirements, match=f"requirements.txt line 3: .*{message}") as caught:
        checked_requirements(f"# first\nnumpy\n{line}\n")
    assert caught.value.fix
