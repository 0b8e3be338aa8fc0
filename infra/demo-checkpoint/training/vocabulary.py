"""The words of the demo checkpoint's world, and what they mean in pixels."""

SIZE = 64  # width and height of a picture in pixels

COLOURS = {
    'red': (220, 30, 30),
    'green': (30, 160, 50),
    'blue': (35, 70, 220),
    'yellow': (245, 222, 40),
    'orange': (245, 140, 25),
    'purple': (130, 45, 175),
    'pink': (250, 140, 190),
    'cyan': (40, 210, 220),
    'brown': (125, 75, 35),
    'white': (250, 250, 250),
    'black': (12, 12, 12),
    'gray': (128, 128, 128),
}
COLOUR_WORDS = {
    'gray': ['gray', 'grey'],
    'purple': ['purple', 'purple', 'violet'],
    'cyan': ['cyan', 'cyan', 'turquoise'],
}
SHAPES = ['circle', 'square', 'triangle', 'star', 'diamond', 'cross', 'ring', 'heart']
SHAPE_WORDS = {
    'circle': ['circle', 'circle', 'disc', 'ball'],
    'diamond': ['diamond', 'diamond', 'rhombus'],
    'cross': ['cross', 'cross', 'plus sign'],
}
SIZES = {'small': (9.5, 11.5), 'medium': (15.0, 18.0), 'large': (22.0, 25.0)}  # radius in px, centred object
SIZES_OFF = {'small': (9.5, 11.0), 'medium': (12.5, 14.0)}  # object away from the centre
POSITIONS = {
    'center': (0, 0),
    'left': (-1, 0),
    'right': (1, 0),
    'top': (0, -1),
    'bottom': (0, 1),
    'top left': (-1, -1),
    'top right': (1, -1),
    'bottom left': (-1, 1),
    'bottom right': (1, 1),
}
SCENES = ['sunset', 'night', 'meadow', 'house', 'boat', 'flower', 'tree', 'face']
