"""Judges by plain image processing, without any learned model, whether a picture shows what its spec says.

Background: nearest named colour of the median border pixel. Foreground: pixels far from the background, their largest
connected part. Colour: nearest named colour of its eroded interior. Shape: nearest prototype of five geometric features,
which come from the geometry of the drawings and were not fitted to any output of the checkpoint.
"""

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull

from vocabulary import COLOURS, POSITIONS

NAMES = list(COLOURS)
RGB = np.array([COLOURS[n] for n in NAMES], float)


def lab(c):
    """sRGB (0..255, last axis) to CIELAB, so that 'nearest' follows the eye."""
    c = np.asarray(c, float) / 255
    c = np.where(c > 0.04045, ((c + 0.055) / 1.055) ** 2.4, c / 12.92)
    xyz = (
        c
        @ np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]).T
        / np.array([0.9505, 1, 1.089])
    )
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


LAB = lab(RGB)


def name_of(rgb):
    """The nearest named colour."""
    return NAMES[int(np.argmin(((LAB - lab(rgb)) ** 2).sum(-1)))]


def regions(im, thr=70, minarea=25, adapt=True):
    """The background colour and the connected regions that differ from it, the largest first."""
    im = im.astype(float)
    border = np.concatenate(
        [im[:2].reshape(-1, 3), im[-2:].reshape(-1, 3), im[:, :2].reshape(-1, 3), im[:, -2:].reshape(-1, 3)]
    )
    bg = np.median(border, 0)
    mask = np.sqrt(((im - bg) ** 2).sum(-1)) > thr
    # contrast-adaptive: half-way between background and object colour
    if adapt and mask.sum() > 10:
        col = np.median(im[mask], 0)
        mask = np.sqrt(((im - bg) ** 2).sum(-1)) > max(45, 0.5 * np.linalg.norm(col - bg))
    lb, n = ndimage.label(mask, np.ones((3, 3)))
    out = []
    for i in range(1, n + 1):
        m = lb == i
        a = int(m.sum())
        if a < minarea:
            continue
        e = ndimage.binary_erosion(m)
        e = e if e.sum() >= 8 else m
        out.append(dict(mask=m, area=a, rgb=np.median(im[e], 0)))
    return bg, sorted(out, key=lambda r: -r['area'])


def features(m):
    """Extent, solidity, centroid height, hole fraction and height over width of a mask."""
    ys, xs = np.nonzero(m)
    h = ys.max() - ys.min() + 1
    w = xs.max() - xs.min() + 1
    fill = ndimage.binary_fill_holes(m)
    a = m.sum()
    pts = np.concatenate([np.stack([xs + dx, ys + dy], 1) for dx in (0, 1) for dy in (0, 1)])
    hull = ConvexHull(pts).volume
    fy, _ = np.nonzero(fill)
    return np.array(
        [
            fill.sum() / (h * w),
            fill.sum() / hull,
            (fy.mean() + 0.5 - ys.min()) / h,
            (fill.sum() - a) / fill.sum(),
            h / w,
        ]
    )


# what `features` gives for each shape, from its geometry, and how far they scatter
PROTOTYPES = {
    'circle': (0.785, 0.98, 0.5, 0, 1),
    'ring': (0.785, 0.98, 0.5, 0.27, 1),
    'square': (1, 1, 0.5, 0, 1),
    'triangle': (0.52, 0.95, 0.655, 0, 0.88),
    'diamond': (0.52, 0.94, 0.5, 0, 1.35),
    'star': (0.36, 0.54, 0.53, 0, 0.95),
    'cross': (0.55, 0.72, 0.5, 0, 1),
    'heart': (0.66, 0.92, 0.41, 0, 0.95),
}
SCALES = np.array([0.08, 0.08, 0.06, 0.08, 0.25])


def shape_of(m):
    """The shape with the nearest prototype."""
    f = features(m)
    return min(PROTOTYPES, key=lambda s: (((f - np.array(PROTOTYPES[s])) / SCALES) ** 2).sum())


def judge_single(im, d):
    """Whether a picture shows the background, colour and shape of a spec of one object; its place is told, but not asked for."""
    bg, rs = regions(im)
    r = dict(bg=name_of(bg) == d['bg'], colour=False, shape=False, pos=False, found=(name_of(bg), None, None))
    if rs:
        q = rs[0]
        c, s = name_of(q['rgb']), shape_of(q['mask'])
        r['found'] = (name_of(bg), c, s)
        r['colour'] = c == d['obj'][1]
        r['shape'] = s == d['obj'][2]
        cy, cx = ndimage.center_of_mass(q['mask'])
        px, py = POSITIONS[d['pos']]
        r['pos'] = abs((cx - 31.5) - 16 * px) < 8 and abs((cy - 31.5) - 16 * py) < 8
    r['all'] = r['bg'] and r['colour'] and r['shape']
    return r


def judge_pair(im, d):
    """Whether a picture shows both objects of a spec, in their relation."""
    bg, rs = regions(im, thr=55, minarea=12, adapt=False)
    r = dict(bg=name_of(bg) == d['bg'], colours=False, shapes=False, relation=False)
    by = {name_of(q['rgb']): q for q in rs[:2]}
    ca, cb = d['a'][1], d['b'][1]
    if len(rs) >= 2 and ca in by and cb in by:
        r['colours'] = True
        qa, qb = by[ca], by[cb]
        r['shapes'] = shape_of(qa['mask']) == d['a'][2] and shape_of(qb['mask']) == d['b'][2]
        (ya, xa), (yb, xb) = ndimage.center_of_mass(qa['mask']), ndimage.center_of_mass(qb['mask'])
        r['relation'] = {'left': xa < xb - 8, 'right': xa > xb + 8, 'above': ya < yb - 8, 'below': ya > yb + 8}[
            d['rel']
        ]
    r['all'] = all(r[k] for k in ('bg', 'colours', 'shapes', 'relation'))
    return r
