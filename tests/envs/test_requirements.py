from __future__ import annotations

import pytest

from aibro_jupyter.envs import checked_requirements, count_requirements
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

EXACT = (
    "torch[opt-einsum]===2.4.0+cpu",
    'numpy==1.26.4; python_version < "3.13" and sys_platform != "win32"',
    "numpy(>=1.26,<3)",
    'private[gpu] @ https://example.org/private-1.0-py3-none-any.whl#sha256=ab ; platform_machine == "x86_64"',
    "tool@git+ssh://git@example.org/tool.git@v1#subdirectory=python",
)
"""What PEP 508 allows besides, each a line."""


def test_packages_by_name_are_taken_as_they_are() -> None:
    assert checked_requirements(GOOD) == GOOD
    for line in (*GOOD.splitlines()[1:-3], *EXACT):
        checked_requirements(line)
    assert count_requirements(GOOD) == 8
    assert count_requirements("\n".join(EXACT)) == len(EXACT)


@pytest.mark.parametrize("text", ["", "\n\n", "# only\n  # comments\n"])
def test_nothing_asked_for(text: str) -> None:
    assert count_requirements(checked_requirements(text)) == 0


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
    "numpy >=": "names no package in the way of PEP 508",
    "numpy==1.0, <": "names no package in the way of PEP 508",
    "numpy ~= 2.0 extra": "names no package in the way of PEP 508",
    "torch; python_version < 3": "names no package in the way of PEP 508",
    "torch; phase_of_moon == 'full'": "names no package in the way of PEP 508",
    "pandas[excel": "names no package in the way of PEP 508",
    "local.whl[gpu]": "names no package but a file",
    "numpy --hash=sha256:ab": "names no exact version",
    "numpy==1.* --hash=sha256:ab": "names no exact version",
    "numpy[a] @ C:/wheels/numpy.whl": "file of another machine",
}


@pytest.mark.parametrize(("line", "message"), BAD.items())
def test_everything_else_is_refused_with_its_line(line: str, message: str) -> None:
    with pytest.raises(BadRequirements, match=f"requirements.txt line 3: .*{message}") as caught:
        checked_requirements(f"# first\nnumpy\n{line}\n")
    assert caught.value.fix
