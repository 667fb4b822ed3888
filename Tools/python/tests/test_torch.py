"""Tickets on PyTorch modules; skipped without PyTorch."""

import unittest

import numpy as np
from tickets import Ticket, TicketError, decode, encode

try:
    import torch
    from torch import nn
    from torch.nn.utils import prune

    from tickets.torch import apply, masks, ticket_of
except ImportError:
    torch = None

ORIGIN = "0" * 64


class Network(nn.Module if torch else object):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(3, 4, 3)
        self.lstm = nn.LSTM(4, 5, 2, bidirectional=True)

    def forward(self, x):
        return self.lstm(self.conv(x).transpose(1, 2))[0]


@unittest.skipUnless(torch, "needs torch")
class TorchTests(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)
        generator = np.random.default_rng(7)
        self.network = Network()
        self.ticket = Ticket(
            {name: generator.random(tuple(p.shape)) < 0.4
             for name, p in self.network.named_parameters() if "weight" in name}, "ner", ORIGIN)

    def test_masks_are_tensors(self):
        found = masks(self.ticket)
        self.assertEqual(list(found), list(self.ticket.masks))
        self.assertEqual(found["conv.weight"].dtype, torch.bool)
        np.testing.assert_array_equal(found["conv.weight"], self.ticket.masks["conv.weight"])
        self.assertEqual(masks(self.ticket, torch.float64)["conv.weight"].dtype, torch.float64)
        found["conv.weight"][:] = False
        self.assertTrue(self.ticket.masks["conv.weight"].any())

    def test_a_pruned_module_computes_with_masked_weights_and_learns_no_others(self):
        x, plain = torch.randn(2, 3, 9), Network()
        plain.load_state_dict({
            name: p * torch.tensor(self.ticket.masks[name]) if name in self.ticket.masks else p
            for name, p in self.network.state_dict().items()})
        self.assertIs(apply(self.network, self.ticket), self.network)
        torch.testing.assert_close(self.network(x), plain(x))
        optimiser = torch.optim.SGD(self.network.parameters(), lr=0.1)
        for _ in range(3):
            optimiser.zero_grad()
            self.network(x).square().sum().backward()
            optimiser.step()
        self.network(x)
        for name, mask in self.ticket.masks.items():
            weight = self.network.get_parameter(f"{name}_orig") * torch.tensor(mask)
            module, parameter = name.rsplit(".", 1)
            used = getattr(self.network.get_submodule(module), parameter)
            torch.testing.assert_close(used, weight)
            self.assertGreater(float((used - plain.get_parameter(name)).abs().max()), 0)
            self.assertEqual(float(used[~torch.tensor(mask)].abs().max()), 0)

    def test_there_and_back(self):
        apply(self.network, self.ticket)
        found = ticket_of(self.network, task="ner", origin=ORIGIN)
        self.assertEqual(found, self.ticket)
        self.assertEqual(decode(encode(found)), self.ticket)
        # Pruned once more, by half of what is left.
        narrower = Ticket({"conv.weight": np.arange(36).reshape(4, 3, 3) % 2 == 0}, "ner", ORIGIN)
        apply(self.network, narrower)
        np.testing.assert_array_equal(
            ticket_of(self.network, task="ner", origin=ORIGIN).masks["conv.weight"],
            self.ticket.masks["conv.weight"] & narrower.masks["conv.weight"])

    def test_modules_pruned_by_pytorch_become_tickets(self):
        linear = nn.Linear(10, 6)
        prune.l1_unstructured(linear, "weight", amount=0.5)
        found = ticket_of(nn.Sequential(linear, nn.ReLU()), task="any", origin=ORIGIN, round=3,
                          criterion="l1", scope="layer", dev_score=0.5)
        self.assertEqual((list(found.masks), found.alive, found.round), (["0.weight"], 30, 3))
        np.testing.assert_array_equal(found.masks["0.weight"], linear.weight_mask.bool())
        self.assertEqual(list(ticket_of(linear, task="any", origin=ORIGIN).masks), ["weight"])
        # Everything together, the tensors in the module's order.
        network = Network()
        prune.global_unstructured(
            [(network.lstm, "weight_hh_l1"), (network.conv, "weight")], prune.L1Unstructured, amount=0.2)
        found = ticket_of(network, task="any", origin=ORIGIN)
        self.assertEqual(list(found.masks), ["conv.weight", "lstm.weight_hh_l1"])
        self.assertEqual(found.alive, round(0.8 * found.prunable))

    def test_what_does_not_fit_is_named_and_nothing_is_pruned(self):
        good = self.ticket.masks["conv.weight"]
        for more, problem in (({"lstm.weight_hh_l2": np.ones((20, 5), bool)}, "'lstm.weight_hh_l2'$"),
                              ({"conv.forward": np.ones(3, bool)}, "no parameter 'conv.forward'"),
                              ({"dense.weight": np.ones(3, bool)}, "no parameter 'dense.weight'"),
                              ({"weight": np.ones(3, bool)}, "no parameter 'weight'"),
                              ({"conv.bias": np.ones(5, bool)}, r"'conv.bias' is \[5\], but \[4\]")):
            with self.assertRaisesRegex(TicketError, "^ticket of task 'ner': .*" + problem):
                apply(self.network, Ticket({"conv.weight": good} | more, "ner", ORIGIN))
            self.assertFalse(prune.is_pruned(self.network))
        with self.assertRaisesRegex(TicketError, "no parameter that torch.nn.utils.prune has pruned"):
            ticket_of(self.network, task="ner", origin=ORIGIN)
        prune.identity(self.network.conv, "weight")
        self.network.conv.weight_mask[0] = 0.5
        with self.assertRaisesRegex(TicketError, "'conv.weight' holds other numbers than 0 and 1"):
            ticket_of(self.network, task="ner", origin=ORIGIN)


if __name__ == "__main__":
    unittest.main()
