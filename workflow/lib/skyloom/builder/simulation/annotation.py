"""What a simulated volunteer drew, as the annotation JSON of the Zooniverse.

The inverse of `drawings.coordinates`, trap by trap (their numbers are in its
table): from image pixels back to what was drawn on the screen.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

import numpy as np

from skyloom.builder.drawings.coordinates import DISK_RULE, OUTLINE, SLIDERS, Screen
from skyloom.builder.model import DrawnArm, Sersic, replace
from skyloom.builder.simulation.crowd import Drawing

# The front end's task of each slider, in its order.
TASKS = {
    "disk": {"scale": "scaleSlider", "I": "T13"},
    "bulge": {"scale": "scaleSlider", "I": "intensitySlider", "n": "sersicSlider"},
    "bar": {"scale": "scaleSlider", "I": "T16", "n": "T15", "c": "shapeSlider"},
    "spiral": {"falloff": "falloffSlider"},
}
DRAW_TASK = {k: f"draw{k.title()}" for k in TASKS}
LABELS = {
    "disk": "Draw an ellipse around the outer edge of the galaxy",
    "bulge": "If the galaxy has a bulge, draw it!",
    "bar": "Draw on a galaxy bar if you see one",
    "spiral": "Draw any spiral arms you see (requires you to have drawn a disc)",
}
TOOL_LABELS = {"disk": "Galactic Disk ", "bulge": "Galactic Bulge "}
TOOL_LABELS |= {"bar": "Galactic Bar ", "spiral": "Spiral Arm"}
TOOLS = {k: {"tool": 0, "frame": 0, "tool_label": v} for k, v in TOOL_LABELS.items()}


def annotation(drawing: Drawing, screen: Screen, digits: int | None = None) -> list:
    """Return the annotations of one classification: tasks disk, bulge, bar, spiral.

    A moved slider is a number, an untouched one text; what was not drawn is an empty
    list. `digits` are the decimals of drawn coordinates, as a browser's; None: all.
    """
    shapes, tasks = _shapes(drawing, screen), []
    for task, sliders in TASKS.items():
        drawn = {"task": DRAW_TASK[task], "task_label": LABELS[task]}
        answers = [
            {"task": name, "value": _slider(drawing.sliders, task, key)}
            for key, name in sliders.items()
        ]
        value = [drawn | {"value": shapes[task]}, *answers]
        tasks.append({"task": task, "task_label": None, "value": value})
    if digits is None:
        return tasks
    return json.loads(json.dumps(tasks), parse_float=lambda x: round(float(x), digits))


def _slider(sliders: Mapping, part: str, key: str, of: str | None = None):
    """Return a slider as exported: a number when moved, or else text."""
    moved = sliders.get(f"{of or part}.{key}")
    return f"{SLIDERS[part][key].default:g}" if moved is None else moved


def _shapes(drawing: Drawing, screen: Screen) -> dict[str, list[dict]]:
    arms = enumerate(drawing.model.spiral)
    shapes = {"spiral": [drawn_line(a, i, drawing.sliders, screen) for i, a in arms]}
    for name, part in drawing.model.components().items():
        outline = drawn_rectangle if name == "bar" else drawn_ellipse
        rule = DISK_RULE if name == "disk" else 1
        shapes[name] = [outline(replace(part, Re=part.Re / rule), screen)]
    return {
        name: [shape | tool for shape in shapes.get(name, [])]
        for name, tool in TOOLS.items()
    }


def drawn_position(x, y, screen: Screen):
    """Return drawn coordinates of pixel positions (traps 1, 2 and 3 undone)."""
    return (x + 0.5) / screen.scale, screen.height - (y + 0.5) / screen.scale


def drawn_ellipse(part: Sersic, screen: Screen) -> dict:
    """Return the drawn ellipse of a component (traps 1 to 4, 7 and 8 undone).

    A disk's Re is that before the rule that doubles it.
    """
    x, y = drawn_position(part.mux, part.muy, screen)
    major = part.Re * OUTLINE / screen.scale
    angle = math.degrees(part.roll) - 90
    return {"x": x, "y": y, "rx": major, "ry": major * part.q, "angle": angle}


def drawn_rectangle(part: Sersic, screen: Screen) -> dict:
    """Return the drawn rectangle of a bar (traps 1 to 3 and 5 to 8 undone).

    It is turned by 45 degrees at most: a longer side lies along x or along y first.
    """
    x, y = drawn_position(part.mux, part.muy, screen)
    length = part.Re * OUTLINE / screen.scale
    breadth = length * part.q
    roll = math.degrees(part.roll) % 180
    flat = 45 <= roll < 135
    width, height = (length, breadth) if flat else (breadth, length)
    # No sign of zero: a rectangle that was never turned has angle 0.
    angle = (90 - roll if flat else (180 - roll if roll >= 135 else -roll)) + 0.0
    corner = {"x": x - width / 2, "y": y - height / 2}
    return corner | {"angle": angle, "width": width, "height": height}


def drawn_line(arm: DrawnArm, index: int, sliders: Mapping, screen: Screen) -> dict:
    """Return the drawn polyline of an arm with its two sliders."""
    x, y = drawn_position(*np.asarray(arm.points, float).T, screen)
    points = [{"x": float(a), "y": float(b)} for a, b in zip(x, y, strict=True)]
    details = [
        {"value": _slider(sliders, "arm", name, f"arm{index}")}
        for name in SLIDERS["arm"]
    ]
    return {"points": points, "details": details}
