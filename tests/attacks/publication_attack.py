"""Who stands in the published figures? The best test on all of them, and differences that seem to say more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privacy.release.figures import ReleasedFigures
from privacy.release.mechanism import NoiseSource, OpenDpNoise
from privacy.release.plan import DRAWN_MONTHLY, FIRST_MONTH_SHARE, PRODUCTS, get_rho
from tests.attacks.published import TARGET, Counted, LinearTest, Publication, World, flatten, open_world, rehearse
from tests.attacks.values import (
    Accuracy,
    Progress,
    Row,
    get_best_accuracy,
    judge_against_bound,
    judge_fact,
)
from tests.privacy.release.worlds import KEYS

GROUP = "published figures"
_SUM_ERROR = 1e-6

Floats = NDArray[np.float64]
_LEAF = int(np.searchsorted(KEYS.leaf_ids, TARGET.leaf_id))
_PARENT = int(np.searchsorted(np.unique(KEYS.parents), KEYS.parents[_LEAF]))


def get_first_month_bound() -> float:
    """Return the accuracy that no test exceeds on one first month of everything that is drawn today."""
    rho = sum(get_rho(product, month_share=FIRST_MONTH_SHARE) for product in DRAWN_MONTHLY)
    return get_best_accuracy(float(np.sqrt(2 * rho)))


def subtract_categories(figures: ReleasedFigures) -> Floats:
    """Return any need minus the sum of the categories, in the target's leaf."""
    leaves = figures.leaves
    return np.array([leaves.any_need[_LEAF] - leaves.needs[_LEAF].sum()])


def subtract_parent(figures: ReleasedFigures) -> Floats:
    """Return the target's leaf minus its parent, a number each category."""
    return np.asarray(figures.leaves.needs[_LEAF] - figures.parents.needs[_PARENT])


def subtract_city(figures: ReleasedFigures) -> Floats:
    """Return the city minus all leaves but the target's, a number each category."""
    others = np.delete(figures.leaves.needs, _LEAF, axis=0).sum(axis=0)
    return np.asarray(figures.city.needs - others)


QUESTIONS: Mapping[str, Callable[[ReleasedFigures], Floats]] = {
    "every published figure, best linear test learnt by rehearsal": flatten,
    "any need minus the sum of the categories": subtract_categories,
    "leaf minus parent": subtract_parent,
    "city minus all other leaves": subtract_city,
}


@dataclass(frozen=True, slots=True)
class Trials:
    """What was published with and without the target."""

    present: list[Publication]
    absent: list[Publication]


def publish_pairs(world: World, *, count: int, noise: NoiseSource, progress: Progress) -> Trials:
    """Publish `count` times in all, half of them without the target, which stands in the database at first."""
    published: list[Publication] = []
    for number in range(count):
        if number == count // 2:
            world.remove_target()
        published.append(world.publish(noise=noise))
        progress(number + 1, count)
    return Trials(published[: count // 2], published[count // 2 :])


def try_test(test: LinearTest, trials: Trials, *, question: Callable[[ReleasedFigures], Floats]) -> Accuracy:
    """Return how often a test is right about the publications."""
    present = test.guess(np.array([question(each.figures) for each in trials.present]))
    absent = test.guess(np.array([question(each.figures) for each in trials.absent]))
    return Accuracy.of_guesses(np.concatenate([present, ~absent]))


def try_draws(trials: Trials, *, without: Counted, with_target: Counted) -> Accuracy:
    """Return how often the likelihood ratio of the draws is right: nobody behind the figures could do better."""

    def score(published: Publication) -> float:
        total = 0.0
        for draw in published.draws:
            exact = without[draw.product].counts
            shift = with_target[draw.product].counts - exact
            total += float((shift * (draw.values - exact - shift / 2)).sum()) / draw.sigma**2
        return total

    right = [score(each) > 0 for each in trials.present] + [score(each) < 0 for each in trials.absent]
    return Accuracy.of_guesses(np.array(right))


def attack_publications(
    *, publications: int, rehearsals: int, progress: Progress, noise: NoiseSource | None = None
) -> list[Row]:
    """Publish pairs by the real code; return a row about the draws and one a question to the figures."""
    total = publications + rehearsals
    with open_world() as world:
        with_target = world.count()
        trials = publish_pairs(
            world, count=publications, noise=noise or OpenDpNoise(), progress=lambda done, _: progress(done, total)
        )
        without = world.count()
    rehearsed = rehearse(
        without,
        with_target,
        keys=KEYS,
        rounds=rehearsals,
        seed=5,
        progress=lambda done, _: progress(publications + done, total),
    )
    bound = get_first_month_bound()
    drawn = try_draws(trials, without=without, with_target=with_target)
    rows = [
        judge_against_bound(GROUP, "what was drawn, before smoothing (nobody sees it), best test", drawn, bound=bound)
    ]
    for name, question in QUESTIONS.items():
        test = LinearTest.learn(*(np.array([question(each) for each in part]) for part in rehearsed))
        rows.append(judge_against_bound(GROUP, name, try_test(test, trials, question=question), bound=bound))
    return [*rows, _judge_sums(trials), _judge_target(without=without, with_target=with_target)]


def _judge_target(*, without: Counted, with_target: Counted) -> Row:
    """Check that this is the worst attack: the target changes every product as far as its bound lets it."""
    fits = [
        int(((with_target[product].counts - without[product].counts) ** 2).sum()) == plan.sensitivity_squared
        for product, plan in PRODUCTS.items()
        if product in DRAWN_MONTHLY
    ]
    return judge_fact(
        GROUP,
        "products that the target changes as far as its bounds allow",
        goal=f"{len(fits)} of {len(DRAWN_MONTHLY)}",
        measured=str(sum(fits)),
        is_met=all(fits),
    )


def _judge_sums(trials: Trials) -> Row:
    """Leaves, parents and city are one estimate, so their differences hold nothing."""
    worst = max(
        float(np.abs(each.figures.city.needs - table.sum(axis=0)).max())
        for each in [*trials.present, *trials.absent]
        for table in (each.figures.leaves.needs, each.figures.parents.needs)
    )
    return judge_fact(
        GROUP,
        "city minus the sum of its leaves, and of its parents",
        goal="0: nothing to read",
        measured=f"{worst:.0e}",
        is_met=worst < _SUM_ERROR,
    )
