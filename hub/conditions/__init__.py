"""The language of routes' conditions: read when it is saved, weighed on facts, never executed.

language = de and weekday in mon-fri and time in 09:00-17:30 and zone = Europe/Berlin
"""

from hub.conditions.reading import NAMES, BadCondition, parse
from hub.conditions.weighing import Condition, Term, clock, zones

__all__ = ["NAMES", "BadCondition", "Condition", "Term", "clock", "parse", "zones"]
