"""A day that is under way, planned anew after events, with as few changes as pay."""

from routing.repair.aftermath import problem_after
from routing.repair.answer import repair
from routing.repair.warm import warm

__all__ = ["problem_after", "repair", "warm"]
