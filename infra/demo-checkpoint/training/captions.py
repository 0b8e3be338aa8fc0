"""Captions: each spec can be put in several ways, so that the text encoder meets synonyms and different word orders."""

from vocabulary import COLOUR_WORDS, SHAPE_WORDS


def _with_article(words):
    return ('an ' if words[0] in 'aeiou' else 'a ') + words


def _colour(c, rng):
    return rng.choice(COLOUR_WORDS.get(c, [c]))


def _shape(s, rng):
    return rng.choice(SHAPE_WORDS.get(s, [s]))


def _object(o, rng, article=True):
    size, col, shape = o
    w = {'small': ['small', 'small', 'little', 'tiny'], 'large': ['large', 'large', 'big'], 'medium': ['']}[size]
    s = rng.choice(w)
    t = (s + ' ' if s else '') + _colour(col, rng) + ' ' + _shape(shape, rng)
    return _with_article(t) if article else t


def caption(spec, rng):
    """One of the wordings of a spec; `rng` chooses."""
    if spec['kind'] == 'single':
        return _single(spec, rng)
    if spec['kind'] == 'pair':
        return _pair(spec, rng)
    return SCENE_CAPTIONS[spec['scene']](spec, rng)


def _single(d, rng):
    o = d['obj']
    bg = _colour(d['bg'], rng)
    p = d['pos']
    if p == 'center':
        pos = rng.choice(['', '', '', '', ' in the center', ' in the middle'])
    elif ' ' in p:
        pos = rng.choice([f' in the {p}', f' in the {p} corner'])
    elif p in ('left', 'right'):
        pos = rng.choice([f' on the {p}', f' on the {p} side'])
    else:
        pos = f' at the {p}'
    t = rng.randrange(8)
    if t <= 2:
        s = _object(o, rng) + pos + f' on {_with_article(bg)} background'
    elif t == 3:
        s = _object(o, rng, False) + pos + f' on {bg}'
    elif t == 4:
        s = _object(o, rng, False) + pos + f', {bg} background'
    elif t == 5:
        s = (
            rng.choice(['a picture of ', 'a drawing of ', 'an image of '])
            + _object(o, rng)
            + pos
            + f' on {_with_article(bg)} background'
        )
    elif t == 6:
        s = f'{_with_article(bg)} background with ' + _object(o, rng) + pos
    else:
        s = _object(o, rng) + pos + f' against {_with_article(bg)} backdrop'
    return s


def _pair(d, rng):
    bg = _colour(d['bg'], rng)
    a, b = _object(d['a'], rng), _object(d['b'], rng)
    rel = {
        'left': ['left of', 'to the left of'],
        'right': ['right of', 'to the right of'],
        'above': ['above', 'over'],
        'below': ['below', 'under'],
    }[d['rel']]
    t = rng.randrange(5)
    tail = rng.choice([f' on {_with_article(bg)} background', f' on {bg}', f', {bg} background'])
    if t == 4 and d['rel'] in ('left', 'right'):
        return f'{a} next to {b}' + tail
    if t == 3:
        return f'{a} and {b}' + tail
    return f'{a} {rng.choice(rel)} {b}' + tail


def _sunset(d, rng):
    m = rng.choice(['mountains', 'mountains', 'hills'])
    return rng.choice(
        [
            f"{_with_article(_colour(d['sky'], rng))} sunset over {_colour(d['land'], rng)} {m}",
            f"a sunset over {m}",
            f"{_colour(d['land'], rng)} {m} under {_with_article(_colour(d['sky'], rng))} sky at sunset",
            f"{_with_article(_colour(d['sky'], rng))} sunset over the {m}",
        ]
    )


def _night(d, rng):
    m = {
        'full': rng.choice(['a full moon', 'the moon', 'a moon']),
        'crescent': rng.choice(['a crescent moon', 'the crescent moon']),
    }[d['moon']]
    w = d['water']
    return rng.choice(
        [
            f'a night sky with stars and {m} over the {w}',
            f'{m} over the {w} at night',
            f'a starry night with {m} above the {w}',
            f'stars and {m} in the night sky over a dark {w}',
        ]
    )


def _meadow(d, rng):
    c = ['', ' with a white cloud', ' with white clouds'][d['clouds']]
    sun = ' and the sun' if d['sun'] else ''
    if not c and sun:
        c, sun = ' with the sun', ''
    return rng.choice(
        [
            f'a green meadow under a blue sky{c}{sun}',
            f'a meadow under a blue sky{c}{sun}',
            f'green grass and a blue sky{c}{sun}',
            f'a sunny green field with a blue sky{c}{sun}' if d['sun'] else f'a green field under a blue sky{c}',
        ]
    )


def _house(d, rng):
    r, w = _colour(d['roof'], rng), _colour(d['wall'], rng)
    return rng.choice(
        [
            f'{_with_article(w)} house with {_with_article(r)} roof',
            f'a house with {_with_article(r)} roof and {w} walls on green grass',
            f'a small {w} house with {_with_article(r)} roof under a blue sky',
            f'a house with {_with_article(r)} roof',
        ]
    )


def _boat(d, rng):
    c = _colour(d['sail'], rng)
    return rng.choice(
        [
            f'a sailboat with {_with_article(c)} sail on the sea',
            f'a boat with {_with_article(c)} sail on blue water',
            f'{_with_article(c)} sailboat on the sea',
            f'a ship with {_with_article(c)} sail on the ocean',
        ]
    )


def _flower(d, rng):
    c, bg = _colour(d['petal'], rng), _colour(d['bg'], rng)
    return rng.choice(
        [
            f'{_with_article(c)} flower on {_with_article(bg)} background',
            f'{_with_article(c)} flower on {bg}',
            f'a flower with {c} petals, {bg} background',
            f'a picture of {_with_article(c)} flower on {_with_article(bg)} background',
        ]
    )


def _tree(d, rng):
    c = _colour(d['leaf'], rng)
    return rng.choice(
        [
            f'a tree with {c} leaves',
            f'{_with_article(c)} tree on a hill',
            f'a tree with {c} leaves under a blue sky',
            f'{_with_article(c)} tree',
        ]
    )


def _face(d, rng):
    c, bg = _colour(d['col'], rng), _colour(d['bg'], rng)
    w = {'happy': rng.choice(['happy', 'smiling']), 'sad': 'sad'}[d['mood']]
    return rng.choice(
        [
            f'a {w} {c} face on {_with_article(bg)} background',
            f'{_with_article(c)} {w} face on {bg}',
            f'a {w} {c} face, {bg} background',
        ]
    )


SCENE_CAPTIONS = {
    'sunset': _sunset,
    'night': _night,
    'meadow': _meadow,
    'house': _house,
    'boat': _boat,
    'flower': _flower,
    'tree': _tree,
    'face': _face,
}
