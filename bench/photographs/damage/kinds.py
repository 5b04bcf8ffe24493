"""The kinds of damage by name, in families."""

import cv2

from bench.photographs.damage import coverings, drawings, geometry, light, noise, optics
from bench.photographs.damage.scene import Damage, Scene, on_pixels
from bench.photographs.degraded import Pixels, blurred, exposed


def _then(first: Damage, *others: Damage) -> Damage:
    """Return several kinds of damage, one after the other."""

    def damage(scene: Scene) -> Pixels:
        pixels = first(scene)
        for other in others:
            pixels = other(Scene(pixels, scene.landmarks, scene.other, scene.random))
        return pixels

    return damage


def _gaussian(sigma: float) -> Damage:
    return on_pixels(lambda image: blurred(image, sigma))


def _moved(length: float, degrees: float) -> Damage:
    return on_pixels(lambda image: optics.moved(image, length, degrees))


def _exposed(factor: float) -> Damage:
    return on_pixels(lambda image: exposed(image, factor))


def _jpeg(quality: int) -> Damage:
    return on_pixels(lambda image: noise.compressed(image, quality))


def _turned(turns: int) -> Damage:
    return on_pixels(lambda image: geometry.quarter_turned(image, turns))


def _tilted(degrees: float) -> Damage:
    return on_pixels(lambda image: geometry.tilted(image, degrees))


def _width(pixels: float, *, enlarged: bool = False) -> Damage:
    return lambda scene: optics.of_width(scene, pixels, enlarged=enlarged)


def _grain(deviation: float) -> Damage:
    return lambda scene: noise.grainy(scene, deviation)


FAMILIES: dict[str, dict[str, Damage]] = {
    "mild": {
        "turned 12°": _tilted(12),
        "turned 22°": _tilted(22),
        "turned -22°": _tilted(-22),
        "mirrored": on_pixels(lambda image: image[:, ::-1].copy()),
        "half the size": on_pixels(lambda image: geometry.stretched(image, 0.5, 0.5)),
        "enlarged, sharpened": _then(
            on_pixels(lambda image: geometry.stretched(image, 2, 2)),
            on_pixels(lambda image: drawings.sharpened(image, 1.5)),
        ),
        "light x 0.5": _exposed(0.5),
        "light x 1.5": _exposed(1.5),
        "warm light": on_pixels(lambda image: light.tinted(image, (1.2, 1.0, 0.7))),
        "narrow": on_pixels(lambda image: geometry.stretched(image, 0.85, 1)),
        "blur 1 px": _gaussian(1),
    },
    "turned": {
        "turned 30°": _tilted(30),
        "turned 45°": _tilted(45),
        "turned 60°": _tilted(60),
        "turned 90°": _turned(1),
        "turned 135°": _tilted(135),
        "turned 180°": _turned(2),
        "turned 225°": _tilted(225),
        "turned 270°": _turned(3),
        "upside down, mirrored": on_pixels(lambda image: image[::-1].copy()),
    },
    "blurred": {
        "blur 3 px": _gaussian(3),
        "blur 4 px": _gaussian(4),
        "blur 6 px": _gaussian(6),
        "blur 8 px": _gaussian(8),
        "blur 12 px": _gaussian(12),
        "blur, box of 15 px": on_pixels(lambda image: optics.boxed(image, 15)),
        "blur, box of 25 px": on_pixels(lambda image: optics.boxed(image, 25)),
        "defocus, disc of 8 px": on_pixels(lambda image: optics.defocused(image, 8)),
        "defocus, disc of 12 px": on_pixels(lambda image: optics.defocused(image, 12)),
        "zoom x 1.4": on_pixels(lambda image: optics.zoomed(image, 1.4)),
        "zoom x 2": on_pixels(lambda image: optics.zoomed(image, 2)),
        "spin of 20°": on_pixels(lambda image: optics.spun(image, 20)),
        "spin of 45°": on_pixels(lambda image: optics.spun(image, 45)),
    },
    "moved": {
        "motion 10 px, 0°": _moved(10, 0),
        "motion 15 px, 0°": _moved(15, 0),
        "motion 15 px, 30°": _moved(15, 30),
        "motion 15 px, 90°": _moved(15, 90),
        "motion 20 px, 135°": _moved(20, 135),
        "motion 25 px, 0°": _moved(25, 0),
        "motion 25 px, 45°": _moved(25, 45),
        "motion 25 px, 90°": _moved(25, 90),
        "motion 25 px, 120°": _moved(25, 120),
        "motion 35 px, 0°": _moved(35, 0),
        "motion 35 px, 90°": _moved(35, 90),
        "motion 50 px, 60°": _moved(50, 60),
        "shaken by 20 px": lambda scene: optics.shaken(scene, 20),
        "shaken by 35 px": lambda scene: optics.shaken(scene, 35),
    },
    "lit": {
        "light x 0.2": _exposed(0.2),
        "light x 0.1": _exposed(0.1),
        "light x 0.05": _exposed(0.05),
        "light x 0.03": _exposed(0.03),
        "light x 3": _exposed(3),
        "light x 5": _exposed(5),
        "fog of 85 %": on_pixels(lambda image: light.foggy(image, 0.85)),
        "fog of 95 %": on_pixels(lambda image: light.foggy(image, 0.95)),
        "contrast x 0.05": on_pixels(lambda image: light.foggy(image, 0.95, 128)),
        "gamma 4": on_pixels(lambda image: light.with_gamma(image, 4)),
        "gamma 0.2": on_pixels(lambda image: light.with_gamma(image, 0.2)),
        "half in shadow": lambda scene: light.half_dark(scene, 0.05),
    },
    "levels": {
        "2 levels of grey": on_pixels(lambda image: light.few_levels(image, 2)),
        "3 levels of grey": on_pixels(lambda image: light.few_levels(image, 3)),
        "4 levels of grey": on_pixels(lambda image: light.few_levels(image, 4)),
        "2 levels of each colour": on_pixels(lambda image: light.few_levels(image, 2, grey=False)),
        "2 levels by place": on_pixels(light.two_levels_by_place),
    },
    "colours": {
        "negative": on_pixels(light.negative),
        "negative, own hues": on_pixels(light.negative_luminance),
        "solarised": on_pixels(light.solarised),
        "colour map jet": on_pixels(lambda image: light.false_colours(image, cv2.COLORMAP_JET)),
        "colour map hot": on_pixels(lambda image: light.false_colours(image, cv2.COLORMAP_HOT)),
        "colour map ocean": on_pixels(lambda image: light.false_colours(image, cv2.COLORMAP_OCEAN)),
        "red and blue exchanged": on_pixels(lambda image: image[:, :, ::-1].copy()),
        "blue only": on_pixels(lambda image: light.one_channel(image, 2)),
        "green inverted": on_pixels(lambda image: light.one_inverted(image, 1)),
        "hues turned 120°": on_pixels(lambda image: light.hue_turned(image, 120)),
        "equalised": on_pixels(light.equalised),
    },
    "noise": {
        "noise of 30": _grain(30),
        "noise of 60": _grain(60),
        "noise of 100": _grain(100),
        "salt and pepper 20 %": lambda scene: noise.salted(scene, 0.2),
        "salt and pepper 45 %": lambda scene: noise.salted(scene, 0.45),
        "speckle of 0.7": lambda scene: noise.speckled(scene, 0.7),
        "8 photons": lambda scene: noise.starved(scene, 8),
        "2 photons": lambda scene: noise.starved(scene, 2),
    },
    "compressed": {
        "JPEG 1": _jpeg(1),
        "JPEG 3": _jpeg(3),
        "JPEG 5": _jpeg(5),
        "JPEG 10": _jpeg(10),
        "mosaic of 6 px": on_pixels(lambda image: optics.pixelated(image, 6)),
        "mosaic of 10 px": on_pixels(lambda image: optics.pixelated(image, 10)),
        "mosaic of 14 px": on_pixels(lambda image: optics.pixelated(image, 14)),
    },
    "small": {
        "face of 24 px": _width(24),
        "face of 16 px": _width(16),
        "face of 12 px": _width(12),
        "face of 24 px, enlarged": _width(24, enlarged=True),
        "face of 16 px, enlarged": _width(16, enlarged=True),
        "face of 12 px, enlarged": _width(12, enlarged=True),
        "face of 8 px, enlarged": _width(8, enlarged=True),
    },
    "covered": {
        "mask": coverings.masked,
        "black mask": lambda scene: coverings.masked(scene, (20, 20, 20)),
        "sunglasses": coverings.with_sunglasses,
        "bar over the eyes": coverings.eyes_barred,
        "sunglasses and mask": _then(coverings.with_sunglasses, coverings.masked),
        "left half black": coverings.half_covered,
        "left half white": lambda scene: coverings.half_covered(scene, (255, 255, 255)),
        "lower half black": coverings.lower_half_covered,
        "upper half black": coverings.upper_half_covered,
        "hand": coverings.behind_hand,
        "upright bars, half": lambda scene: coverings.behind_bars(scene, 0.5, upright=True),
        "level bars, half": lambda scene: coverings.behind_bars(scene, 0.5, upright=False),
        "upright bars, 75 %": lambda scene: coverings.behind_bars(scene, 0.75, upright=True),
        "text": coverings.written_over,
        "patches": lambda scene: coverings.with_patches(scene, 12, 0.4),
    },
    "bent": {
        "stretched 2:1": on_pixels(lambda image: geometry.stretched(image, 2, 1)),
        "stretched 1:2": on_pixels(lambda image: geometry.stretched(image, 1, 2)),
        "stretched 3:1": on_pixels(lambda image: geometry.stretched(image, 3, 1)),
        "sheared": on_pixels(lambda image: geometry.sheared(image, 0.7)),
        "left half twice": lambda scene: geometry.halves_mirrored(scene, left=True),
        "right half twice": lambda scene: geometry.halves_mirrored(scene, left=False),
        "swirl": on_pixels(lambda image: geometry.swirled(image, 0.2)),
        "bulge": on_pixels(lambda image: geometry.bulged(image, 1.8)),
        "pinch": on_pixels(lambda image: geometry.bulged(image, 0.6)),
        "ripple": on_pixels(lambda image: geometry.rippled(image, 4, 25)),
        "glass, fine": lambda scene: geometry.through_glass(scene, 4, 2),
        "glass, coarse": lambda scene: geometry.through_glass(scene, 6, 6),
    },
    "drawn": {
        "relief": on_pixels(drawings.embossed),
        "edges": on_pixels(drawings.edges),
        "strength of edges": on_pixels(drawings.edge_strength),
        "pencil": on_pixels(drawings.sketched),
        "oil painting": on_pixels(lambda image: drawings.oil_painted(image, 15)),
        "cartoon": on_pixels(drawings.cartooned),
        "sharpened x 8": on_pixels(lambda image: drawings.sharpened(image, 8)),
        "beauty filter": on_pixels(drawings.skin_smoothed),
    },
    "printed": {
        "halftone of 4 px": on_pixels(lambda image: noise.halftoned(image, 4)),
        "halftone of 8 px": on_pixels(lambda image: noise.halftoned(image, 8)),
        "dithered": on_pixels(noise.dithered),
        "dithered at random": noise.randomly_dithered,
        "moiré": on_pixels(lambda image: noise.with_moire(image, 5, 0.6)),
        "coarse screen": on_pixels(noise.on_screen),
    },
    "transmitted": {
        "interlaced by 8 px": on_pixels(lambda image: noise.interlaced(image, 8)),
        "interlaced by 20 px": on_pixels(lambda image: noise.interlaced(image, 20)),
        "40 % of lines lost": lambda scene: noise.with_lost_lines(scene, 0.4),
        "70 % of lines lost": lambda scene: noise.with_lost_lines(scene, 0.7),
        "torn lines": lambda scene: noise.with_torn_lines(scene, 6),
        "40 % of blocks lost": lambda scene: noise.with_lost_blocks(scene, 0.4),
    },
    "mixed": {
        "half another": lambda scene: coverings.blended(scene, 0.5),
        "a third another": lambda scene: coverings.blended(scene, 0.33),
        "left half of another": coverings.half_of_another,
    },
    "combined": {
        "light x 0.1, noise of 5": _then(_exposed(0.1), _grain(5)),
        "light x 0.1, JPEG 30": _then(_exposed(0.1), _jpeg(30)),
        "light x 0.1, regained": _then(_exposed(0.1), _grain(2), _exposed(10)),
        "light x 0.2, blur 3 px": _then(_exposed(0.2), _gaussian(3)),
        "24 px, JPEG 20, enlarged": _then(_width(24), _jpeg(20), on_pixels(lambda i: geometry.stretched(i, 4, 4))),
        "turned 180°, blur 3 px": _then(_turned(2), _gaussian(3)),
        "turned 90°, light x 0.2": _then(_turned(1), _exposed(0.2)),
        "turned 180°, grey, JPEG 20": _then(_turned(2), on_pixels(light.as_grey), _jpeg(20)),
        "blur 4 px, noise of 20": _then(_gaussian(4), _grain(20)),
        "blur 8 px, noise of 8": _then(_gaussian(8), _grain(8)),
        "motion 20 px, JPEG 50": _then(_moved(20, 20), _jpeg(50)),
        "motion 20 px, light x 0.3": _then(_moved(20, 75), _exposed(0.3)),
        "negative, blur 4 px": _then(on_pixels(light.negative), _gaussian(4)),
        "fog of 80 %, noise of 5": _then(on_pixels(lambda image: light.foggy(image, 0.8)), _grain(5)),
        "mask, light x 0.2": _then(coverings.masked, _exposed(0.2)),
        "2 levels, turned 180°": _then(on_pixels(lambda image: light.few_levels(image, 2)), _turned(2)),
    },
}
"""Of each family, the kinds of damage. The mild ones happen to ordinary photographs."""

KINDS: dict[str, Damage] = {name: damage for family in FAMILIES.values() for name, damage in family.items()}

PRINCIPAL = (
    "turned 45°",
    "turned 90°",
    "turned 180°",
    "blur 6 px",
    "blur 8 px",
    "motion 15 px, 0°",
    "motion 25 px, 45°",
    "light x 0.1",
    "light x 0.05",
    "2 levels of grey",
    "negative",
    "face of 24 px",
    "face of 12 px",
)
"""The kinds that are measured with everybody, so that rates of 1e-5 are seen."""
