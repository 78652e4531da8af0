from __future__ import annotations

from tests.capturing.kernel import Kernel


def test_38_pipelines_with_rules_weights_and_cell_components(notebook: Kernel) -> None:
    notebook.run(
        "import spacy\nfrom spacy.language import Language\nfrom spacy.training import Example",
        "LIMIT = 3\n@Language.component('short')\ndef short(doc):\n    doc.user_data['short'] = [t.text for t in doc if len(t) <= LIMIT]\n    return doc",
        """
        class Shout:
            def __init__(self, mark): self.mark = mark
            def __call__(self, doc):
                doc.user_data["shout"] = doc.text.upper() + self.mark
                return doc
        @Language.factory("shout", default_config={"mark": "!"})
        def make_shout(nlp, name, mark):
            return Shout(mark)
        """,
        """
        nlp = spacy.blank("en")
        ruler = nlp.add_pipe("entity_ruler")
        ruler.add_patterns([{"label": "CITY", "pattern": "Oslo"}])
        cats = nlp.add_pipe("textcat")
        cats.add_label("good"); cats.add_label("bad")
        spacy.util.fix_random_seed(0)
        examples = [Example.from_dict(nlp.make_doc(t), {"cats": {"good": g, "bad": 1 - g}}) for t, g in [("fine day", 1.0), ("awful rain", 0.0)]]
        optimizer = nlp.initialize(lambda: examples)
        for _ in range(3):
            nlp.update(examples, sgd=optimizer)
        nlp.add_pipe("short"); nlp.add_pipe("shout", config={"mark": "?"})
        """,
        "def predict(text):\n    doc = nlp(text)\n    return [(e.text, e.label_) for e in doc.ents], doc.cats, doc.user_data['short'], doc.user_data['shout']",
    )
    made = notebook.capture("predict, sample='A fine day in Oslo'")
    assert made.proved == 1, made.told
    assert 'nlp = spacy.load("model/nlp")' in made.predict
    assert "from notebook_code import" in made.predict
    assert "@Language.component('short')\ndef short(doc):" in made.files["notebook_code.py"]


def test_34_a_vectorizer_whose_tokenizer_reads_a_blank_pipeline(notebook: Kernel) -> None:
    notebook.run(
        "import spacy\nfrom sklearn.feature_extraction.text import CountVectorizer\nnlp = spacy.blank('en')",
        "def tokens(text):\n    return [t.lower_ for t in nlp(text) if not t.is_punct]",
        "vec = CountVectorizer(tokenizer=tokens, token_pattern=None).fit(['Hello there.', 'Bye, then!'])",
        "def predict(text):\n    return vec.transform([text]).toarray(), vec.get_feature_names_out()",
    )
    made = notebook.capture("predict, sample='Hello, hello then.'")
    assert made.proved == 1, made.told
    assert 'nlp = spacy.blank("en")' in made.files["notebook_code.py"] + made.predict
    assert not (notebook.folder / "aibro_repo/model/nlp").exists()


def test_38_a_model_package_that_a_function_loads_by_name_is_required(notebook: Kernel) -> None:
    site = notebook.folder / "site"
    (site / "tiny_model-1.2.dist-info").mkdir(parents=True)
    (site / "tiny_model").mkdir()
    (site / "tiny_model/__init__.py").write_text("import spacy\ndef load(**options):\n    return spacy.blank('en')\n")
    (site / "tiny_model-1.2.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.2\n")
    (site / "tiny_model-1.2.dist-info/entry_points.txt").write_text("[spacy_models]\ntiny_model = tiny_model\n")
    (site / "tiny_model-1.2.dist-info/RECORD").write_text(
        "tiny_model/__init__.py,,\ntiny_model-1.2.dist-info/METADATA,,\n"
    )
    notebook.run(
        "import sys; sys.path.append('site')\nimport spacy",
        "from aibro_jupyter.capturing.values.savers.spacy import model_packages",
    )
    assert notebook.run("print(model_packages(['tiny_model', 'other', 'tiny_model']))").strip() == "['tiny_model']"
    notebook.run("from aibro_jupyter.capturing.writing.requirements import requirements_of")
    assert (
        notebook.run("print(requirements_of(model_packages(['tiny_model'])).lines)").strip() == "('tiny-model==1.2',)"
    )
