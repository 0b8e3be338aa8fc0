"""Exponential moving average of a module's weights: what is kept of a training run."""

import torch


class EMA:
    """decay grows from 0.1 to its final value, so that the first steps are forgotten quickly."""

    def __init__(self, module, decay):
        self.decay = decay
        self.n = 0  # updates so far
        self.s = [p.detach().clone() for p in module.parameters()]

    @torch.no_grad()
    def update(self, module):
        self.n += 1
        decay = min(self.decay, (1 + self.n) / (10 + self.n))
        torch._foreach_mul_(self.s, decay)
        torch._foreach_add_(self.s, [p.detach() for p in module.parameters()], alpha=1 - decay)

    @torch.no_grad()
    def copy_to(self, module):
        for p, s in zip(module.parameters(), self.s):
            p.copy_(s)
