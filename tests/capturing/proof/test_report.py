"""What a proof tells: each sample, whom to blame, what to do, what was measured, which machine."""

from __future__ import annotations

from aibro_jupyter.machines import machine
from tests.capturing.kernel import Kernel


def test_everything_measured_is_told_and_a_machine_suggested(notebook: Kernel) -> None:
    notebook.run("rates = {'a': 2}\ndef price(x):\n    return rates['a'] * x")
    proof = notebook.capture("price, samples=[1, 2, 3]").told["proof"]
    assert [verdict["outcome"] for verdict in proof["verdicts"]] == ["equal"] * 3
    assert proof["load_s"] > 0
    assert proof["peak_mib"] >= proof["memory_mib"] > 0
    assert proof["latency_s"] > 0
    assert proof["size_bytes"] > 100
    assert proof["isolation"] in ("namespace", "guard")
    assert proof["recommended"]["machine_id"] == "c5.large.od"
    assert "4 GiB hold 1.5 x" in proof["recommended"]["why"]


def test_an_error_names_sample_function_cell_and_option(notebook: Kernel) -> None:
    notebook.run(
        "import os\nos.environ.update(RATE='3')",
        "def scaled(x):\n    return x * int(os.environ['RATE'])",
        "def score(x):\n    return x if x < 2 else scaled(x)",
    )
    found = notebook.capture("score, samples=[1, 2]")
    notebook.run("del os.environ['RATE']")
    assert "in a clean process it fails: KeyError: 'RATE' (in scaled(), In[" in found.refused
    assert "--secret RATE delivers it" in found.told["fix"]
    assert "equal: sample 1" in found.told["details"]
    assert "error: sample 2 (scaled(), In[" in found.told["details"]


def test_a_different_answer_names_sample_and_what_is_read(notebook: Kernel) -> None:
    notebook.run(
        "import os, sys\nlimit = 10\nos.environ.update(MODE='full')",
        "def score(x):\n    return x + limit if x < 2 or os.environ.get('MODE') else -1",
    )
    found = notebook.capture("score, samples=[1, 2, 1]")
    notebook.run("del os.environ['MODE']")
    assert "its answers are not the notebook's" in found.refused
    assert "sample 2: answer: -1 instead of 12" in found.told["details"]
    assert "equal: sample 1, 3" in found.told["details"]
    assert "it reads limit (In[" in found.told["details"]


def test_the_network_is_named_with_its_option(notebook: Kernel) -> None:
    notebook.run(
        """
        import socket
        server = socket.create_server(("127.0.0.1", 0))
        port = server.getsockname()[1]
        """,
        """
        def ask(x):
            with socket.create_connection(("127.0.0.1", port), timeout=5):
                return x
        """,
    )
    refused = notebook.capture("ask, sample=1")
    assert "--allow-net" in refused.told["fix"]
    assert "127.0.0.1:" in refused.told["fix"]
    assert notebook.capture("ask, sample=1, allow_net=True").proved == 1
    notebook.run("server.close()")


def test_a_file_reached_by_a_computed_name_is_copied(notebook: Kernel) -> None:
    (notebook.folder / "labels.txt").write_text("cat dog")
    notebook.run("kind = 'labels'\ndef label(i):\n    return open(kind + '.txt').read().split()[i]")
    found = notebook.capture("label, sample=1")
    assert found.proved == 1
    assert found.files["labels.txt"] == "cat dog"


def test_a_file_reached_by_its_full_path_is_refused_with_the_fix(notebook: Kernel) -> None:
    (notebook.folder / "labels.txt").write_text("cat dog")
    notebook.run("place = _os.getcwd()\ndef label(i):\n    return open(place + '/labels.txt').read().split()[i]")
    found = notebook.capture("label, sample=1")
    assert "open it by its relative name" in found.told["fix"]


def test_the_live_call_leaves_folder_and_environment_as_they_were(notebook: Kernel) -> None:
    notebook.run(
        "import os, tempfile\ndef wander(x):\n    os.chdir('/')\n    os.environ['LEFT'] = 'behind'\n    return x"
    )
    found = notebook.capture("wander, sample=1")
    assert found.proved == 1
    assert notebook.run("print(os.getcwd(), os.environ.get('LEFT'))").split() == [str(notebook.folder), "None"]


def test_a_model_that_forgets_its_home_is_found_out(notebook: Kernel) -> None:
    notebook.run(
        "import os\nopen(os.path.expanduser('~/.aibro-test-model'), 'w').write('w').__class__",
        "def weights(x):\n    return open(os.path.expanduser('~/.aibro-test-model')).read()",
    )
    found = notebook.capture("weights, sample=1")
    notebook.run("os.unlink(os.path.expanduser('~/.aibro-test-model'))")
    assert "FileNotFoundError" in found.refused


def test_the_suggested_machine_exists_and_grows_with_the_memory() -> None:
    from aibro_jupyter.capturing.proving.recommend import recommended

    small, large = recommended(200, 0.01), recommended(20_000, 0.01)
    for found, peak in ((small, 200), (large, 20_000)):
        assert machine(found.machine_id.removesuffix(".od")).memory_mib >= 1.5 * peak
    assert small.machine_id == "c5.large.od"
    assert large.machine_id != small.machine_id
    assert small.cooling == ""
    assert recommended(200, 5.0).cooling.endswith(".od")
    assert "the largest there is" in recommended(10**8, 0.1).why


def test_a_named_secret_never_gets_into_the_repo_however_short_or_plain(notebook: Kernel) -> None:
    notebook.run(
        "import os\nos.environ['SHOP_PIN'] = 'zq17'",
        "def open_shop(x):\n    return os.environ['SHOP_PIN'][0] + x",
    )
    found = notebook.capture("open_shop, sample='a', secrets={'SHOP_PIN': 'zq17'}")
    notebook.run("del os.environ['SHOP_PIN']")
    assert found.proved == 1
    assert not any("zq17" in text for text in found.files.values())


def test_a_typed_secret_reaches_the_live_call_and_the_proof_but_not_the_kernels_environment(notebook: Kernel) -> None:
    notebook.run("import os\ndef head(x):\n    return os.environ['TYPED'][:2]")
    assert notebook.capture("head, sample=1, secrets={'TYPED': 'hidden-value'}").proved == 1
    assert notebook.run("print('TYPED' in os.environ)").strip() == "False"


def test_the_same_value_held_by_a_variable_is_refused(notebook: Kernel) -> None:
    notebook.run("address = 'plain-looking-address'\ndef ask(x):\n    return len(address) + x")
    found = notebook.capture("ask, sample=1, secrets={'DB': 'plain-looking-address'}")
    assert "--secret DB delivers it" in found.told["fix"]


def test_a_file_of_credentials_does_not_come_along(notebook: Kernel) -> None:
    (notebook.folder / ".env").write_text("HOST=example\n")
    notebook.run("kind = '.e'\ndef first(x):\n    return open(kind + 'nv').read().split('=')[0] + x")
    found = notebook.capture("first, sample='a'")
    assert "'.env' (file): files of that name hold credentials" in found.refused
    assert "--secret NAME" in found.told["fix"]


def test_a_file_that_holds_a_named_secret_does_not_come_along(notebook: Kernel) -> None:
    (notebook.folder / "shop.txt").write_text("address plain-looking-address")
    notebook.run("def first(x):\n    return open('shop.txt').read().split()[0] + x")
    found = notebook.capture("first, sample='a', secrets={'DB': 'plain-looking-address'}")
    assert "'shop.txt' (file)" in found.refused
    assert "plain-looking-address" not in str(found.told)
