"""Hard sharing in plain PyTorch, to be trained: what golden values and benchmarks share. Trained
networks of every architecture are in pytorch_network.py.

Parameter names are those of the weights files: words.weight, characters.weight, conv.*, lstm.*,
heads.{task}.{weight,bias} and, for a CRF, heads.{task}.{transitions,start,end}; a hidden layer
is heads.{task}.hidden.{weight,bias}.

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
    labels: torch.Tensor | None = None  # [N]

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


class Head(nn.Module):
    """A linear layer for one task, and a CRF's scores where `crf` is asked for."""

    def __init__(self, inputs: int, classes: int, crf: bool):
        super().__init__()
        self.crf = crf
        self.weight = nn.Parameter(torch.empty(classes, inputs))
        self.bias = nn.Parameter(torch.zeros(classes))
        nn.init.xavier_uniform_(self.weight)
        if crf:
            self.transitions = nn.Parameter(torch.zeros(classes, classes))
            self.start = nn.Parameter(torch.zeros(classes))
            self.end = nn.Parameter(torch.zeros(classes))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
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
    """Words and character CNN, BiLSTM, one head a task; `heads` maps a task to (C, is CRF)."""

    def __init__(self, vocabulary: int, word_dim: int, alphabet: int, char_dim: int, filters: int,
                 hidden: int, layers: int, heads: dict[str, tuple[int, bool]],
                 dropout: float = 0.0):
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
        self.heads = nn.ModuleDict(
            {task: Head(2 * hidden, classes, crf) for task, (classes, crf) in heads.items()})

    def prunable(self) -> dict[str, nn.Parameter]:
        """Weight matrices of the BiLSTM and the character CNN, by name."""
        return {n: p for n, p in self.named_parameters()
                if n.startswith("lstm.weight_") or n == "conv.weight"}

    def recurrent(self, inputs: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The BiLSTM over packed tokens: [N, D] to [N, 2H]."""
        return self.lstm(PackedSequence(inputs, batch.step_sizes))[0].data

    def forward(self, batch: Batch, task: str) -> torch.Tensor:
        """Logits of a task: [N, C], tokens packed as in the batch."""
        inputs = self.words(batch.words)
        if self.has_characters:
            forms = character_cnn(self.characters, self.conv, batch)
            inputs = torch.cat([inputs, forms[batch.forms]], dim=1)
        features = self.recurrent(self.dropout(inputs), batch)
        return self.heads[task](self.dropout(features))
