"""Words and values of sample tasks. The numbers in dictionaries are weights."""

IMAGE_MODELS = {"seedreamv4": 5, "seedreamv45": 4, "seedreamv5": 5, "zimage": 3}
VIDEO_MODELS = {"seedancev1": 3, "seedancev15pro": 4, "seedancev2": 4}
IMAGE_WAITING = ["queued", "processing"]
VIDEO_WAITING = ["queued", "processing", "uploading"]
IMAGE_SIZES = [(2048, 2048), (1024, 1024), (2304, 1728), (1728, 2304), (2560, 1440), (1440, 2560)]
VIDEO_SIZES = [(1280, 720), (1920, 1080), (720, 1280), (1080, 1080)]
ENDINGS = ["png", "jpg", "webp", "avif"]
HELD_REASONS = ["legal case", "customer audit", "legal case"]
DURATIONS = [5.0, 5.0, 5.0, 8.0, 10.0, 12.0]

SUBJECTS = [
    "two foxes in snow",
    "a red kite over white cliffs",
    "a retro robot watering a bonsai",
    "a ceramic teapot on linen",
    "an old fishing boat at low tide",
    "a glass of tea with steam",
    "a cellist in an empty hall",
    "a barn owl on a fence post",
    "a market stall of citrus fruit",
    "a night train at a country station",
    "a pair of running shoes",
    "a sleeping greyhound",
    "a lighthouse keeper's desk",
    "rice terraces seen from the air",
    "an isometric city block",
    "a child's kite in a blue sky",
    "a perfume bottle between river stones",
    "a baker dusting flour",
    "a tram climbing a steep street",
    "a tide pool",
    "a stack of hand-thrown bowls",
    "a violin maker's bench",
    "a greenhouse of ferns",
    "a mountain hut in a storm",
    "an espresso machine, chrome and brass",
    "wind over a wheat field",
    "a paper crane on a windowsill",
    "a desert observatory",
]
SETTINGS = [
    "at sunrise",
    "in morning fog",
    "after the rain",
    "under a full moon",
    "in late autumn",
    "in deep winter",
    "at blue hour",
    "in a cedar forest",
    "beside a frozen lake",
    "on a rooftop at night",
    "with neon reflections",
    "in a whitewashed room",
    "against a plain grey backdrop",
    "by candlelight",
    "in a summer meadow",
    "above the clouds",
]
STILL_STYLES = [
    "telephoto, soft light",
    "35 mm film, fine grain",
    "product shot, softbox",
    "watercolour on rough paper",
    "backlit",
    "macro",
    "wide angle, deep focus",
    "flat vector illustration",
    "oil painting, visible strokes",
    "low key, single source",
    "pastel palette",
    "editorial photo",
    "shallow depth of field",
    "long exposure",
    "risograph, two colours",
]
MOVING_STYLES = [
    "slow dolly in",
    "static camera, 5 s loop",
    "aerial, slow pan",
    "handheld, natural light",
    "orbit, half a turn",
    "time-lapse",
    "slow motion",
    "tracking shot from the left",
    "crane up to a wide view",
    "rack focus to the background",
]
ERRORS = [
    "The prompt was refused by the content filter.",
    "Generation timed out.",
    "The source image could not be read.",
    "Internal error of the model service.",
]
