"""The tests with a `configuration` get every pair of choices, and those with an `executed` every pair that a run uses.

A few configurations that have every choice are quick if they are generated only, and proofs if they are run; the others
are exhaustive.
"""

from __future__ import annotations

import pytest
from configurations import CONFIGURATIONS, EXECUTED, FULLEST, few_of, spec_of
from promises import Tree

from platform_new import flow


def pytest_generate_tests(metafunc) -> None:
    """Parametrize `configuration`, whose tests share a generated repository and so a worker, and `executed`."""
    for name, configurations, others, shared in (
        ("configuration", CONFIGURATIONS, [], True),
        ("executed", EXECUTED, [FULLEST], False),
    ):
        if name not in metafunc.fixturenames:
            continue
        few = few_of(configurations, others)
        parameters = []
        for each in configurations:
            id_ = "-".join(each.values())
            marks = [] if each in few else [pytest.mark.exhaustive]
            parameters.append(
                pytest.param(each, id=id_, marks=[*marks, pytest.mark.xdist_group(id_)] if shared else marks)
            )
        metafunc.parametrize(name, parameters, scope="module" if shared else None)


@pytest.fixture(scope="module")
def generated(configuration, tmp_path_factory) -> Tree:
    """The repository of a configuration."""
    folder, spec = tmp_path_factory.mktemp("generated") / "acme", spec_of(configuration)
    flow.create(folder, spec, git=False)
    return Tree(folder, flow.plan_for(spec))
