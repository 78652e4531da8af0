"""What a widget is where no widgets are shown: in a saved notebook, on a web page, in a terminal."""

from __future__ import annotations

from typing import Any

from aibro_jupyter.views import View


def with_picture(bundle: Any, view: View) -> Any:
    """Return a widget's mime bundle with the text and the HTML of a view beside the widget."""
    if isinstance(bundle, tuple):
        return ({**bundle[0], **view._repr_mimebundle_()}, *bundle[1:])
    return {**(bundle or {}), **view._repr_mimebundle_()}
