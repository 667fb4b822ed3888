"""The network in plain PyTorch: the reference that golden values, checks and benchmarks share.

Parameter names are those of the weights files: words.weight, characters.weight, conv.*, lstm.*,
heads.{task}.{weight,bias} and, for a CRF, heads.{task}.{transitions,start,end}; a hidden layer
is heads.{task}.hidden.{weight,bias}. A task's own BiLSTM, lstm.{task}.* there, is private.{task}.*
here, because lstm is a module of its own.

Shapes: B sentences, T time steps, N tokens, F distinct forms, H hidden units, C classes.
Tokens are packed as in PyTorch's PackedSequence: longest sentence first, by time step, and
within a step by sentence.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence


@dataclass
class Batch:
    """One mini-batch; characters of form f are characters[form_starts[f]:form_starts[f + 1]]."""

    step_sizes: torch.Tensor  # [T], sentences with a token at each step
    words: torch.Tensor  # [N], 0 for unknown
    forms: torch.Tensor  # [N], index of the token's distinct form
    form_starts: torch.Tensor  # [F + 1]
    characters: torch.Tensor  # characters of all forms, one after the other, 0 for unknown
    labels: torch.Tensor | None = None  # [N], or [B] for a task of texts

    @property
    def rows(self) -> list[torch.Tensor]:
        """The rows of every sentence, first token to last."""
        starts = [0, *self.step_sizes.cumsum(0).tolist()]
        sizes = self.step_sizes.tolist()
        return [torch.tensor([starts[t] + i for t, size in enumerate(sizes) if i < size])
                for i in range(sizes[0])]

    def __post_init__(self):
        lengths = self.form_starts.diff()
        position = torch.arange(int(lengths.max()))
        self.inside = position < lengths[:, None]  # [F, longest form]
        self.padded = torch.zeros(self.inside.shape, dtype=torch.int64)
        self.padded[self.inside] = self.characters


def spread(table: nn.Embedding):
    """Initialises an embedding of width d uniformly in ±√(3/d)."""
    limit = (3 / table.embedding_dim) ** 0.5
    nn.init.uniform_(table.weight, -limit, limit)


def character_cnn(table: nn.Embedding, conv: nn.Conv1d, batch: Batch) -> torch.Tensor:
    """Embeddings, convolution of width 3, maximum over each form's own positions: [F, filters]."""
    # Past a form's end stands what the convolution pads with: zero vectors, not character 0.
    vectors = table(batch.padded) * batch.inside[:, :, None]
    values = conv(vectors.transpose(1, 2))
    return values.masked_fill(~batch.inside[:, None, :], float("-inf")).max(dim=2).values


def pool(states: torch.Tensor, batch: Batch, pooling: str, hidden: int) -> torch.Tensor:
    """One vector a sentence of its tokens' states, of one encoder [N, 2H] or several side by side."""
    def last(text):
        ends = torch.stack([text[-1], text[0]]).reshape(2, -1, 2, hidden)
        return torch.stack([ends[0, :, 0], ends[1, :, 1]], dim=1).flatten()

    texts = [states[rows] for rows in batch.rows]
    return torch.stack([
        text.mean(dim=0) if pooling == "mean" else text.max(dim=0).values if pooling == "max"
        else last(text) for text in texts])


class Head(nn.Module):
    """A linear layer for one task, with a ReLU layer of `hidden` units below it if that is not 0,
    a CRF's scores where `crf` is asked for, and over texts where there is a `pooling`."""

    def __init__(self, inputs: int, classes: int, crf: bool, hidden: int = 0,
                 pooling: str | None = None):
        super().__init__()
        self.crf = crf
        self.pooling = pooling
        self.hidden = nn.Linear(inputs, hidden) if hidden else None
        self.weight = nn.Parameter(torch.empty(classes, hidden or inputs))
        self.bias = nn.Parameter(torch.zeros(classes))
        nn.init.xavier_uniform_(self.weight)
        if crf:
            self.transitions = nn.Parameter(torch.zeros(classes, classes))
            self.start = nn.Parameter(torch.zeros(classes))
            self.end = nn.Parameter(torch.zeros(classes))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        if self.hidden is not None:
            features = nn.functional.relu(self.hidden(features))
        return nn.functional.linear(features, self.weight, self.bias)

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        if not self.crf:
            return nn.functional.cross_entropy(logits, batch.labels)
        return crf_loss(
            logits, batch.labels, batch.step_sizes, self.transitions, self.start, self.end)


def crf_loss(emissions, labels, step_sizes, transitions, start, end) -> torch.Tensor:
    """Negative log-likelihood of the labels, averaged over sentences (forward algorithm)."""
    sizes = step_sizes.tolist()
    steps = list(zip(emissions.split(sizes), labels.split(sizes)))
    scores, gold = steps[0]
    alpha = start + scores  # [B, C]
    path = alpha.gather(1, gold[:, None])[:, 0]  # [B], score of the gold labels
    last = gold
    for scores, gold in steps[1:]:
        n = len(gold)
        alive = torch.logsumexp(alpha[:n, :, None] + transitions, dim=1) + scores
        alpha = torch.cat([alive, alpha[n:]])
        added = transitions[last[:n], gold] + scores.gather(1, gold[:, None])[:, 0]
        path = torch.cat([path[:n] + added, path[n:]])
        last = torch.cat([gold, last[n:]])
    return (torch.logsumexp(alpha + end, dim=1) - path - end[last]).mean()


class Tagger(nn.Module):
    """Words and character CNN, BiLSTM, one head a task; `heads` maps a task to (C, is CRF), and
    `poolings` tasks of texts to what makes one vector of their states: mean, max or last. With
    `private` every task has a BiLSTM of its own too: "beside" the shared one, heads reading both,
    or "stacked" on it."""

    def __init__(self, vocabulary: int, word_dim: int, alphabet: int, char_dim: int, filters: int,
                 hidden: int, layers: int, heads: dict[str, tuple[int, bool]],
                 dropout: float = 0.0, head_hidden: int = 0,
                 poolings: dict[str, str] | None = None, private: str | None = None):
        super().__init__()
        self.words = nn.Embedding(vocabulary, word_dim)
        spread(self.words)
        self.has_characters = filters > 0
        if self.has_characters:
            self.characters = nn.Embedding(alphabet, char_dim)
            spread(self.characters)
            self.conv = nn.Conv1d(char_dim, filters, 3, padding=1)
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(word_dim + filters, hidden, layers, bidirectional=True)
        self.is_stacked = private == "stacked"
        self.private = nn.ModuleDict(
            {task: nn.LSTM(2 * hidden if self.is_stacked else word_dim + filters, hidden, layers,
                           bidirectional=True) for task in heads} if private else {})
        states = (4 if private == "beside" else 2) * hidden
        self.heads = nn.ModuleDict(
            {task: Head(states, classes, crf, head_hidden, (poolings or {}).get(task))
             for task, (classes, crf) in heads.items()})

    @staticmethod
    def shaped_like(weights: dict[str, torch.Tensor],
                    poolings: dict[str, str] | None = None) -> "Tagger":
        """The network whose sizes are those of a weights file, holding these weights; an adversary
        has no part in predictions."""
        def shape(name):
            return tuple(weights[name].shape) if name in weights else (0, 0)

        def named(name):
            is_private = name.startswith("lstm.") and name.count(".") == 2
            return name.replace("lstm", "private", 1) if is_private else name

        heads, units = {}, shape("lstm.weight_hh_l0")[1]
        for name in weights:
            if name.startswith("heads.") and name.endswith(".bias") and name.count(".") == 2:
                task = name.removeprefix("heads.").removesuffix(".bias")
                heads[task] = (len(weights[name]), f"heads.{task}.transitions" in weights)
        hidden = next((len(w) for n, w in weights.items() if n.endswith(".hidden.bias")), 0)
        layers = sum(f"lstm.weight_hh_l{k}" in weights for k in range(len(weights)))
        task = next(iter(heads))
        read = shape(f"heads.{task}.hidden.weight" if hidden else f"heads.{task}.weight")[1]
        private = "beside" if read == 4 * units else "stacked"
        model = Tagger(
            *shape("words.weight"), *shape("characters.weight"), shape("conv.weight")[0],
            units, layers, heads, head_hidden=hidden, poolings=poolings,
            private=private if f"lstm.{task}.weight_hh_l0" in weights else None)
        model.to(weights["words.weight"].dtype).load_state_dict(
            {named(n): w for n, w in weights.items() if not n.startswith("adversary.")})
        return model.eval()

    def prunable(self) -> dict[str, nn.Parameter]:
        """Weight matrices of the BiLSTM and the character CNN, by name."""
        return {n: p for n, p in self.named_parameters()
                if n.startswith("lstm.weight_") or n == "conv.weight"}

    def recurrent(self, inputs: torch.Tensor, batch: Batch,
                  lstm: nn.LSTM | None = None) -> torch.Tensor:
        """A BiLSTM, the shared one if none is given, over packed tokens: [N, D] to [N, 2H]."""
        return (lstm or self.lstm)(PackedSequence(inputs, batch.step_sizes))[0].data

    def forward(self, batch: Batch, task: str) -> torch.Tensor:
        """Logits of a task: [N, C], tokens packed as in the batch, or [B, C] for texts."""
        inputs = self.words(batch.words)
        if self.has_characters:
            forms = character_cnn(self.characters, self.conv, batch)
            inputs = torch.cat([inputs, forms[batch.forms]], dim=1)
        inputs = self.dropout(inputs)
        features = self.recurrent(inputs, batch)
        if self.private:
            own = self.recurrent(
                features if self.is_stacked else inputs, batch, self.private[task])
            features = own if self.is_stacked else torch.cat([features, own], dim=1)
        head = self.heads[task]
        if head.pooling:
            features = pool(features, batch, head.pooling, self.lstm.hidden_size)
        return head(self.dropout(features))
