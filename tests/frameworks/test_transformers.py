from __future__ import annotations

from tests.capturing.kernel import Kernel

TINY = """
import torch, transformers
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast, pipeline
words = ["[PAD]", "[UNK]", "good", "bad", "day", "rain"]
core = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
core.pre_tokenizer = pre_tokenizers.Whitespace()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, unk_token="[UNK]", pad_token="[PAD]")
torch.manual_seed(0)
config = BertConfig(vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, id2label={0: "bad", 1: "good"}, label2id={"bad": 0, "good": 1})
model = BertForSequenceClassification(config)
"""


def test_38_model_and_tokenizer_come_along(notebook: Kernel) -> None:
    notebook.run(
        TINY,
        "def predict(text):\n    with torch.no_grad():\n        scores = model(**tokenizer(text, return_tensors='pt')).logits\n    return scores, model.config.id2label[int(scores.argmax())]",
    )
    state = "print(model.training, model.config.architectures, sorted(vars(model.config)), torch.get_rng_state().sum())"
    before = notebook.run(state)
    made = notebook.capture("predict, sample='good day'")
    assert made.proved == 1, made.told
    assert notebook.run(state) == before
    assert 'BertForSequenceClassification.from_pretrained("model/model", local_files_only=True)' in made.predict
    assert ".pkl" not in " ".join(made.told["files"])
    assert {"torch", "transformers"} <= set(made.manifest["packages"])


def test_38_a_pipeline_and_half_precision(notebook: Kernel) -> None:
    notebook.run(
        TINY,
        "ask = pipeline('text-classification', model=model.eval(), tokenizer=tokenizer)",
        "half = BertForSequenceClassification(config).to(torch.bfloat16).eval()",
        "class Mine(BertForSequenceClassification):\n    def both(self, ids):\n        return self(ids).logits * 2\nmine = Mine(config).eval()",
        """
        def predict(text):
            ids = tokenizer(text, return_tensors="pt")["input_ids"]
            return ask(text), str(half.dtype), half(ids).logits.float().detach(), mine.both(ids).detach()
        """,
    )
    made = notebook.capture("predict, sample='bad rain'")
    assert made.proved == 1, made.told
    assert 'transformers.pipeline("text-classification", model="model/ask", tokenizer="model/ask")' in made.predict
    assert "class Mine(BertForSequenceClassification):" in made.files["notebook_code.py"]
