"""The answers from which a platform is made: defaults < spec file < environment < flags < prompt.

Each question is a field of a model, so that every one of them is a flag, a variable and a key of the spec file.
"""

from platform_new.answers.questions import QUESTIONS, Question, Start
from platform_new.answers.resolve import Answer, Answers, resolve
from platform_new.answers.settle import Settled, settle

__all__ = ["QUESTIONS", "Answer", "Answers", "Question", "Settled", "Start", "resolve", "settle"]
