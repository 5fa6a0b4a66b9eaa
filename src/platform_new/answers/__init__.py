"""The answers from which a platform is generated: defaults < spec file < environment < flags < prompt.

Each question is a field of a model, and therefore a flag, an environment variable and a key of the spec file.
"""

from platform_new.answers.answered_spec import AnsweredSpec, answered_spec
from platform_new.answers.questions import QUESTIONS, Question, Start
from platform_new.answers.resolve import Answer, Answers, resolve

__all__ = ["QUESTIONS", "Answer", "AnsweredSpec", "Answers", "Question", "Start", "answered_spec", "resolve"]
