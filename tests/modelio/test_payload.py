from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aibro_jupyter.modelio.faults import BadInput
from aibro_jupyter.modelio.multipart import boundary_of, parts_of
from aibro_jupyter.modelio.payload import posted, value_of

FORM = "multipart/form-data; boundary=XyZ"
CURL_D = "application/x-www-form-urlencoded"


def form(*parts: tuple[str, str | None, bytes]) -> bytes:
    made = b""
    for name, filename, content in parts:
        shown = f'; filename="{filename}"' if filename is not None else ""
        made += f'--XyZ\r\nContent-Disposition: form-data; name="{name}"{shown}\r\n\r\n'.encode() + content + b"\r\n"
    return made + b"--XyZ--\r\n"


def zipped(*entries: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


RAW = {
    "JSON where data/ has JSON": (["q.json"], b'{"a": 1}', {"q.json": b'{"a": 1}'}),
    "JSON where data/ has several": (["a.json", "b.json"], b"[]", {"data.json": b"[]"}),
    "text where data/ has text": (["q.txt"], b'{"a": 1}', {"q.txt": b'{"a": 1}'}),
    "csv where data/ has csv": (["q.csv"], b"a,b\n1,2", {"q.csv": b"a,b\n1,2"}),
    "JSON where data/ has nothing": ([], b"[1]", {"data.json": b"[1]"}),
    "text where data/ has nothing": ([], b"hello there", {"data.txt": b"hello there"}),
    "JSON where data/ has both": (["a.json", "b.txt"], b"[1]", {"a.json": b"[1]"}),
    "text where data/ has both": (["a.json", "b.txt"], b"hi", {"b.txt": b"hi"}),
    "bytes where data/ has nothing": ([], b"\xff\xfe\x00", {"data.bin": b"\xff\xfe\x00"}),
    "bytes where data/ has one picture": (["cat.png"], b"\x89PNG", {"cat.png": b"\x89PNG"}),
}


@pytest.mark.parametrize("content_type", [None, CURL_D])
@pytest.mark.parametrize(("names", "body", "files"), RAW.values(), ids=RAW.keys())
def test_a_raw_body_is_what_data_holds(
    names: list[str], body: bytes, files: dict[str, bytes], content_type: str | None
) -> None:
    assert posted(body, content_type, names).files == files


DECIDED = {name: case for name, case in RAW.items() if case[0] and "both" not in name and "several" not in name}


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/octet-stream"])
@pytest.mark.parametrize(("names", "body", "files"), DECIDED.values(), ids=DECIDED.keys())
def test_where_data_decides_no_content_type_does(
    names: list[str], body: bytes, files: dict[str, bytes], content_type: str
) -> None:
    assert posted(body, content_type, names).files == files


ZIP = zipped(("q.json", b"[1]"))
SAID = {
    "text that looks like JSON": ([], b'"To be"', "text/plain; charset=utf-8", {"data.txt": b'"To be"'}),
    "text, where data/ has both": (["a.json", "b.txt"], b"[1]", "text/plain", {"b.txt": b"[1]"}),
    "JSON, where data/ has both": (["a.json", "b.txt"], b"[1]", "application/json", {"a.json": b"[1]"}),
    "bytes that look like a zip": ([], ZIP, "application/octet-stream", {"data.bin": ZIP}),
    "bytes that look like text": ([], b"[1]", "application/octet-stream", {"data.bin": b"[1]"}),
    "a zip": ([], ZIP, "application/zip", {"q.json": b"[1]"}),
    "a zip that nobody calls one": ([], ZIP, CURL_D, {"q.json": b"[1]"}),
    "a zip for a folder": (["a.json", "b.json"], ZIP, "application/octet-stream", {"q.json": b"[1]"}),
}


@pytest.mark.parametrize(("names", "body", "content_type", "files"), SAID.values(), ids=SAID.keys())
def test_where_data_does_not_decide_the_content_type_does(
    names: list[str], body: bytes, content_type: str, files: dict[str, bytes]
) -> None:
    assert posted(body, content_type, names).files == files


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [(b"{nope", "application/json", "not JSON"), (b"no zip", "application/zip", "says zip, and the body is none")],
)
def test_a_body_that_is_not_what_it_is_said_to_be_is_a_400(body: bytes, content_type: str, message: str) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        posted(body, content_type, [])
    assert caught.value.status == 400


def test_a_body_that_is_not_json_where_json_is_must_is_a_400() -> None:
    with pytest.raises(BadInput, match="not JSON") as caught:
        posted(b"a=1&b=2", CURL_D, ["data.json"])
    assert caught.value.status == 400


FORMS = {
    "a file takes the name of the repo's one file of its kind": (
        ["q.json"],
        [("file", "x.json", b"[]")],
        {"q.json": b"[]"},
    ),
    "else its own": (["q.txt"], [("file", "x.csv", b"a")], {"x.csv": b"a"}),
    "its own too where there are several": (["a.csv", "b.csv"], [("file", "x.csv", b"a")], {"x.csv": b"a"}),
    "only its base name": ([], [("file", "C:\\dir\\x.csv", b"a")], {"x.csv": b"a"}),
    "never a path": ([], [("file", "../../etc/passwd", b"a")], {"passwd": b"a"}),
    "several files": ([], [("file", "a.png", b"1"), ("file", "b.png", b"2")], {"a.png": b"1", "b.png": b"2"}),
    "a field that is no file is a raw body": (["q.json"], [("file", None, b"[1]")], {"q.json": b"[1]"}),
    "a zip": (
        [],
        [("file", "data.zip", zipped(("data/a.png", b"1"), ("data/b/c.txt", b"2")))],
        {"a.png": b"1", "b/c.txt": b"2"},
    ),
    "bytes that look like the end": ([], [("file", "x.bin", b"a\r\n--Xy\r\n\r\n")], {"x.bin": b"a\r\n--Xy\r\n\r\n"}),
    "an empty file": ([], [("file", "x.txt", b"")], {"x.txt": b""}),
}


@pytest.mark.parametrize(("names", "parts", "files"), FORMS.values(), ids=FORMS.keys())
def test_a_form(names: list[str], parts: list[Any], files: dict[str, bytes]) -> None:
    assert posted(form(*parts), FORM, names).files == files


BAD_FORMS = {
    "cut off": (FORM, form(("file", "x", b"1"))[:-8]),
    "another boundary": (FORM, b"--other\r\n\r\n\r\n--other--"),
    "no boundary told": ("multipart/form-data", b"--x--"),
    "no parts": (FORM, b"--XyZ--\r\n"),
    "no headers": (FORM, b"--XyZ\r\nhello\r\n--XyZ--"),
    "a name that is none": (FORM, form(("file", "..", b"1"))),
    "two of one name": (FORM, form(("file", "x", b"1"), ("file", "x", b"1"))),
    "fields beside a file": (FORM, form(("file", "x", b"1"), ("note", None, b"1"))),
}


@pytest.mark.parametrize(("content_type", "body"), BAD_FORMS.values(), ids=BAD_FORMS.keys())
def test_a_form_that_is_broken_is_a_400(content_type: str, body: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        posted(body, content_type, [])
    assert caught.value.status == 400


@given(st.binary(max_size=300))
def test_no_body_breaks_the_form_parser(body: bytes) -> None:
    for content in (body, b"--XyZ" + body, form(("file", "x.bin", body))):
        try:
            parts = parts_of(content, b"XyZ")
        except BadInput:
            continue
        assert all(part.content in content for part in parts)


@pytest.mark.parametrize("content_type", [None, "text/plain", "multipart/mixed; boundary=x"])
def test_only_form_data_is_a_form(content_type: str | None) -> None:
    assert boundary_of(content_type) is None
    assert boundary_of('Multipart/Form-Data; boundary="a b"') == b"a b"


def test_a_zip_of_the_data_folder_loses_its_top_and_what_macos_adds() -> None:
    body = zipped(("data/", b""), ("data/a.txt", b"1"), ("__MACOSX/data/._a.txt", b"2"), ("data/.DS_Store", b"3"))
    assert posted(body, CURL_D, ["a.txt"]).files == {"a.txt": b"1"}
    assert posted(zipped(("data/a", b"1"), ("b", b"2")), None, []).files == {"data/a": b"1", "b": b"2"}


BAD_ZIPS = {
    "climbs out": zipped(("../x", b"1")),
    "climbs out in its middle": zipped(("a/../../x", b"1")),
    "absolute": zipped(("/x", b"1")),
    "a drive": zipped(("C:x", b"1")),
    "a backslash": zipped(("..\\x", b"1")),
    "a control character": zipped(("a\x1bb", b"1")),
    "two of one name": zipped(("a", b"1"), ("A", b"2")),
    "a file and a folder": zipped(("a", b"1"), ("a/b", b"2")),
    "too deep": zipped(("d/" * 40 + "x", b"1")),
    "a bomb": zipped(("zeros", bytes(50 * 2**20))),
    "cut off": zipped(("a", b"1" * 1000))[:-10],
    "a wrong checksum": zipped(("a", b"hello")).replace(b"\x86\xa6\x106", b"\0\0\0\0"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("body", BAD_ZIPS.values(), ids=BAD_ZIPS.keys())
def test_a_hostile_zip_is_a_400(body: bytes) -> None:
    with pytest.raises(BadInput, match="zip") as caught:
        posted(body, None, [])
    assert caught.value.status == 400


def test_a_link_in_a_zip_is_refused() -> None:
    link = zipfile.ZipInfo("l")
    link.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(BadInput, match="neither a file nor a folder"):
        posted(out.getvalue(), None, [])


VALUES = {
    "JSON": ([], b'{"a": [1]}', {"a": [1]}),
    "text": ([], b"hello", "hello"),
    "csv": (["a.csv"], b"a,b", "a,b"),
    "text with a byte order mark": (["a.txt"], b"\xef\xbb\xbfhi", "hi"),
    "bytes": (["a.png"], b"\x89", b"\x89"),
    "a zip": ([], zipped(("a", b"1"), ("b/c", b"2")), {"a": b"1", "b/c": b"2"}),
    "a zip of one": ([], zipped(("a", b"1")), {"a": b"1"}),
}


@pytest.mark.parametrize(("names", "body", "value"), VALUES.values(), ids=VALUES.keys())
def test_what_run_gets_as_data(names: list[str], body: bytes, value: Any) -> None:
    assert value_of(posted(body, CURL_D, names)) == value
