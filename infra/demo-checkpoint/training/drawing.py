"""Draws a spec at four times its size and averages it down, so that edges are smooth.

Coordinates in the drawing functions are super-sampled pixels: `u` is one pixel of the picture, `S` the side of the canvas.
Sizes, places and colours vary a little with the spec's own seed.
"""

import math
import random

import numpy as np
from PIL import Image, ImageDraw

from vocabulary import COLOURS, POSITIONS, SIZE, SIZES, SIZES_OFF

u = 4  # super-sampling factor
S = SIZE * u
SKY = ((70, 140, 235), (170, 210, 250))  # colours at the top and at the horizon
GRASS = ((70, 180, 60), (35, 120, 40))


def render(spec):
    """The picture of a spec: SIZE x SIZE x 3 bytes."""
    rng = random.Random(spec['seed'])
    im = Image.new('RGB', (S, S))
    draw = {'single': _single, 'pair': _pair}.get(spec['kind']) or SCENES[spec['scene']]
    draw(im, ImageDraw.Draw(im), spec, rng)
    return np.asarray(im.resize((SIZE, SIZE), Image.BOX))


def render_all(specs):
    """The pictures of many specs: N x SIZE x SIZE x 3 bytes."""
    out = np.empty((len(specs), SIZE, SIZE, 3), np.uint8)
    for i, spec in enumerate(specs):
        out[i] = render(spec)
    return out


def _jitter(c, rng, a=6):
    return tuple(int(min(255, max(0, v + rng.uniform(-a, a)))) for v in c)


def _star_points(cx, cy, r, n, rot, inner=None):
    pts = []
    m = n * 2 if inner else n
    for i in range(m):
        rr = r * (inner if (inner and i % 2) else 1)
        t = rot + 2 * math.pi * i / m
        pts.append((cx + rr * math.sin(t), cy - rr * math.cos(t)))
    return pts


def draw_shape(dr, shape, cx, cy, r, col, bgcol):
    if shape == 'circle':
        dr.ellipse([cx - r, cy - r, cx + r, cy + r], fill=col)
    elif shape == 'square':
        q = r * 0.86
        dr.rectangle([cx - q, cy - q, cx + q, cy + q], fill=col)
    elif shape == 'triangle':
        dr.polygon([(cx, cy - r * 1.0), (cx + r * 1.05, cy + r * 0.85), (cx - r * 1.05, cy + r * 0.85)], fill=col)
    elif shape == 'star':
        dr.polygon(_star_points(cx, cy + r * 0.05, r * 1.15, 5, 0, 0.42), fill=col)
    elif shape == 'diamond':
        dr.polygon([(cx, cy - r * 1.15), (cx + r * 0.85, cy), (cx, cy + r * 1.15), (cx - r * 0.85, cy)], fill=col)
    elif shape == 'cross':
        w = r * 0.33
        dr.rectangle([cx - r, cy - w, cx + r, cy + w], fill=col)
        dr.rectangle([cx - w, cy - r, cx + w, cy + r], fill=col)
    elif shape == 'ring':
        dr.ellipse([cx - r, cy - r, cx + r, cy + r], fill=col)
        q = r * 0.52
        dr.ellipse([cx - q, cy - q, cx + q, cy + q], fill=bgcol)
    elif shape == 'heart':
        pts = []
        for i in range(60):
            t = 2 * math.pi * i / 60
            x = 16 * math.sin(t) ** 3
            y = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
            pts.append((cx + x / 16 * r * 1.05, cy - (y + 2) / 16 * r * 1.05))
        dr.polygon(pts, fill=col)


def _gradient(im, top, bot, y0=0, y1=None):
    W, H = im.size
    y1 = H if y1 is None else y1
    dr = ImageDraw.Draw(im)
    for y in range(int(y0), int(y1)):
        f = (y - y0) / max(1, (y1 - y0 - 1))
        dr.line([(0, y), (W, y)], fill=tuple(int(a + (b - a) * f) for a, b in zip(top, bot)))


def _mix(a, b, f):
    return tuple(int(x + (y - x) * f) for x, y in zip(a, b))


def _background(dr, d, rng):
    bg = _jitter(COLOURS[d['bg']], rng)
    dr.rectangle([0, 0, S, S], fill=bg)
    return bg


def _single(im, dr, d, rng):
    bg = _background(dr, d, rng)
    sz, col, shape = d['obj']
    r = rng.uniform(*(SIZES if d['pos'] == 'center' else SIZES_OFF)[sz])
    px, py = POSITIONS[d['pos']]
    off = 16
    cx = 32 + px * off + rng.uniform(-2, 2)
    cy = 32 + py * off + rng.uniform(-2, 2)
    draw_shape(dr, shape, cx * u, cy * u, r * u, _jitter(COLOURS[col], rng), bg)


def _pair(im, dr, d, rng):
    bg = _background(dr, d, rng)
    rel = d['rel']
    pa, pb = {
        'left': ((16, 32), (48, 32)),
        'right': ((48, 32), (16, 32)),
        'above': ((32, 16), (32, 48)),
        'below': ((32, 48), (32, 16)),
    }[rel]
    R = {'small': (9, 10.3), 'medium': (12, 13.3), 'large': (14.5, 15.5)}
    for (sz, col, shape), (x, y) in ((d['a'], pa), (d['b'], pb)):
        r = rng.uniform(*R[sz])
        draw_shape(
            dr,
            shape,
            (x + rng.uniform(-1.2, 1.2)) * u,
            (y + rng.uniform(-1.2, 1.2)) * u,
            r * u,
            _jitter(COLOURS[col], rng),
            bg,
        )


def _sunset(im, dr, d, rng):
    hor = rng.uniform(0.55, 0.68) * S
    base = COLOURS[d['sky']]
    _gradient(im, _mix(base, (40, 20, 90), 0.35), _mix(base, (255, 225, 120), 0.55), 0, S)
    r = rng.uniform(6, 8) * u
    cx = rng.uniform(0.35, 0.65) * S
    cy = hor - rng.uniform(0, 6) * u
    dr.ellipse([cx - r, cy - r, cx + r, cy + r], fill=(255, 240, 150))
    lc = _mix(COLOURS[d['land']], (10, 5, 20), 0.25)
    for layer, f in ((0, 0.3), (1, 0)):
        pts = [(0, S)]
        x = -10.0 * u
        y = hor + (layer * 9 + 2) * u
        up = rng.random() < 0.5
        while x < S + 12 * u:
            pts.append((x, y + (-1 if up else 1) * rng.uniform(4, 8) * u))
            up = not up
            x += rng.uniform(9, 14) * u
        pts.append((S, S))
        dr.polygon(pts, fill=_mix(lc, base, f))


def _night(im, dr, d, rng):
    _gradient(im, (8, 8, 40), (35, 35, 95))
    hor = rng.uniform(0.66, 0.74) * S
    for _ in range(rng.randint(9, 14)):
        x, y, q = rng.uniform(2, 62) * u, rng.uniform(2, 36) * u, rng.uniform(1.0, 1.5) * u
        dr.ellipse([x - q, y - q, x + q, y + q], fill=(255, 255, 230))
    mx, my, r = rng.uniform(18, 46) * u, rng.uniform(14, 20) * u, rng.uniform(7, 9) * u
    dr.ellipse([mx - r, my - r, mx + r, my + r], fill=(250, 245, 205))
    if d['moon'] == 'crescent':
        q = r * 0.85
        dr.ellipse([mx - q + r * 0.55, my - q - r * 0.1, mx + q + r * 0.55, my + q - r * 0.1], fill=(14, 14, 52))
    dr.rectangle([0, hor, S, S], fill=(10, 35, 85) if d['water'] == 'sea' else (15, 60, 80))
    for i in range(4):
        y = hor + (2 + i * 4) * u
        w = (8 - i * 1.5) * u
        dr.rectangle([mx - w, y, mx + w, y + 1.4 * u], fill=(200, 200, 170))


def _meadow(im, dr, d, rng):
    hor = rng.uniform(0.55, 0.65) * S
    _gradient(im, *SKY, 0, hor)
    _gradient(im, *GRASS, hor, S)
    if d['sun']:
        x, y, r = rng.uniform(48, 54) * u, rng.uniform(9, 12) * u, 6 * u
        dr.ellipse([x - r, y - r, x + r, y + r], fill=(255, 235, 80))
    xs = {0: [], 1: [rng.uniform(18, 34)], 2: [rng.uniform(12, 16), rng.uniform(34, 40)]}[d['clouds']]
    for x in xs:
        y = rng.uniform(13, 20)
        for dx, dy, q in ((-6, 1, 4.5), (0, -1, 6), (6, 1, 4.5)):
            dr.ellipse(
                [(x + dx - q) * u, (y + dy - q * 0.8) * u, (x + dx + q) * u, (y + dy + q * 0.8) * u],
                fill=(252, 252, 252),
            )


def _house(im, dr, d, rng):
    hor = rng.uniform(0.66, 0.74) * S
    _gradient(im, *SKY, 0, hor)
    _gradient(im, *GRASS, hor, S)
    cx = rng.uniform(28, 36) * u
    w = rng.uniform(13, 15) * u
    top = 28 * u
    bot = 54 * u
    dr.rectangle([cx - w, top, cx + w, bot], fill=_jitter(COLOURS[d['wall']], rng))
    dr.polygon([(cx - w * 1.25, top), (cx, top - 15 * u), (cx + w * 1.25, top)], fill=_jitter(COLOURS[d['roof']], rng))
    dr.rectangle([cx - 3.5 * u, bot - 13 * u, cx + 3.5 * u, bot], fill=(95, 55, 30))
    for sx in (-1, 1):
        dr.rectangle(
            [cx + sx * 9 * u - 2.6 * u, top + 4 * u, cx + sx * 9 * u + 2.6 * u, top + 10 * u],
            fill=(150, 215, 245),
        )


def _boat(im, dr, d, rng):
    hor = rng.uniform(0.6, 0.68) * S
    _gradient(im, *SKY, 0, hor)
    _gradient(im, (30, 95, 190), (15, 55, 130), hor, S)
    cx = rng.uniform(26, 38) * u
    y = hor + 4 * u
    dr.polygon(
        [(cx - 15 * u, y), (cx + 15 * u, y), (cx + 10 * u, y + 7 * u), (cx - 10 * u, y + 7 * u)],
        fill=(120, 65, 30),
    )
    dr.rectangle([cx - 0.8 * u, y - 31 * u, cx + 0.8 * u, y], fill=(70, 40, 20))
    dr.polygon(
        [(cx + 1.5 * u, y - 30 * u), (cx + 1.5 * u, y - 3 * u), (cx + 15 * u, y - 3 * u)],
        fill=_jitter(COLOURS[d['sail']], rng),
    )
    dr.polygon(
        [(cx - 1.5 * u, y - 25 * u), (cx - 1.5 * u, y - 3 * u), (cx - 11 * u, y - 3 * u)],
        fill=_jitter(_mix(COLOURS[d['sail']], (255, 255, 255), 0.2), rng),
    )


def _flower(im, dr, d, rng):
    dr.rectangle([0, 0, S, S], fill=_jitter(COLOURS[d['bg']], rng))
    cx, cy = rng.uniform(30, 34) * u, rng.uniform(22, 26) * u
    stem = (20, 110, 40) if d['bg'] != 'green' else (10, 80, 25)
    dr.rectangle([cx - 1.5 * u, cy, cx + 1.5 * u, S], fill=stem)
    dr.ellipse([cx + 1 * u, 47 * u, cx + 13 * u, 53 * u], fill=stem)
    pc = _jitter(COLOURS[d['petal']], rng)
    n = 6
    rot = rng.uniform(0, 1)
    for i in range(n):
        t = rot + 2 * math.pi * i / n
        x, y = cx + 9.5 * u * math.cos(t), cy + 9.5 * u * math.sin(t)
        q = 6 * u
        dr.ellipse([x - q, y - q, x + q, y + q], fill=pc)
    q = 5.5 * u
    dr.ellipse(
        [cx - q, cy - q, cx + q, cy + q],
        fill=(245, 200, 40) if d['petal'] not in ('yellow', 'orange') else (120, 70, 30),
    )


def _tree(im, dr, d, rng):
    _gradient(im, *SKY, 0, S)
    hy = rng.uniform(46, 50) * u
    dr.ellipse([-20 * u, hy, S + 20 * u, S + 40 * u], fill=(60, 150, 55))
    cx = rng.uniform(26, 38) * u
    dr.rectangle([cx - 2.5 * u, 30 * u, cx + 2.5 * u, hy + 4 * u], fill=(100, 60, 30))
    lc = _jitter(COLOURS[d['leaf']] if d['leaf'] != 'green' else (25, 130, 45), rng)
    for dx, dy, q in ((-7, 3, 8), (7, 3, 8), (0, -4, 10), (0, 4, 9)):
        dr.ellipse([cx + (dx - q) * u, (22 + dy - q) * u, cx + (dx + q) * u, (22 + dy + q) * u], fill=lc)


def _face(im, dr, d, rng):
    dr.rectangle([0, 0, S, S], fill=_jitter(COLOURS[d['bg']], rng))
    cx, cy, r = rng.uniform(30, 34) * u, rng.uniform(30, 34) * u, rng.uniform(20, 23) * u
    dr.ellipse([cx - r, cy - r, cx + r, cy + r], fill=_jitter(COLOURS[d['col']], rng))
    for sx in (-1, 1):
        x, y, q = cx + sx * r * 0.38, cy - r * 0.28, r * 0.14
        dr.ellipse([x - q, y - q * 1.3, x + q, y + q * 1.3], fill=(25, 20, 20))
    m = r * 0.52
    if d['mood'] == 'happy':
        dr.arc([cx - m, cy - m * 0.75, cx + m, cy + m * 1.15], 20, 160, fill=(25, 20, 20), width=int(r * 0.2))
    else:
        dr.arc([cx - m, cy + m * 0.35, cx + m, cy + m * 2.0], 205, 335, fill=(25, 20, 20), width=int(r * 0.2))


SCENES = {
    'sunset': _sunset,
    'night': _night,
    'meadow': _meadow,
    'house': _house,
    'boat': _boat,
    'flower': _flower,
    'tree': _tree,
    'face': _face,
}
