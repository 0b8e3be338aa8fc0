"""What both VAE stages share: the edge loss, the learning rate and the log."""

import json
import math


def gradients(x):
    """Differences of neighbouring pixels, vertical and horizontal: comparing them keeps edges sharp."""
    return x[..., 1:, :] - x[..., :-1, :], x[..., :, 1:] - x[..., :, :-1]


def gradient_loss(a, b):
    return sum((u - v).abs().mean() for u, v in zip(gradients(a), gradients(b)))


def cosine_rate(peak, step, warmup, fraction, floor):
    """Linear warm-up over `warmup` steps, then a cosine over the run's wall-clock `fraction` down to `floor` x peak.

    It follows the clock and not the step count, so that a busy machine makes a shorter run and not an unfinished one.
    """
    return peak * min(1, (step + 1) / warmup) * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(1, fraction))))


def set_rate(optimizer, rate):
    for group in optimizer.param_groups:
        group['lr'] = rate


class RunLog:
    """One JSON object a line, to the terminal and to `log.jsonl`."""

    def __init__(self, folder):
        self.file = open(folder + '/log.jsonl', 'a')

    def write(self, **record):
        line = json.dumps(record)
        print(line, flush=True)
        self.file.write(line + '\n')
        self.file.flush()
