"""Makes a city and writes its drop: bounded memory, the same bytes of data for the same plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from field_apps_mock.city.chunks import City, Stream, make_chunk, make_communities, open_stream
from field_apps_mock.city.fields import draw_areas
from field_apps_mock.city.households import find_spots
from field_apps_mock.city.places import load_places
from field_apps_mock.city.scores import fit_model
from field_apps_mock.city.truth import Truth
from field_apps_mock.city.values import CityPlan, WrittenDrop
from field_apps_mock.city.writing import DropWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def found_city(plan: CityPlan) -> City:
    """Lay out what all chunks share: community sizes, building ages, lonely spots and the demand model."""
    ground = open_stream(plan, Stream.GROUND)
    places = load_places(plan.city, rng=ground)
    areas = draw_areas(places, rng=ground)
    spots = find_spots(places, rng=ground)
    model = fit_model(areas, places.weight, rng=open_stream(plan, Stream.FIT))
    return City(plan=plan, places=places, spots=spots, areas=areas, model=model)


def make_city(
    plan: CityPlan, *, folder: Path, on_progress: Callable[[int, int], None] = lambda _done, _total: None
) -> WrittenDrop:
    """Write the drop of a plan into a folder, and the true counts into its subfolder `truth`.

    The next month of the same city is the same plan with a later month: same households, phones and histories so far,
    needs that moved on. `on_progress` hears households done and in total after each chunk.
    """
    city = found_city(plan)
    truth = Truth.start(len(city.places.codes))
    done = 0
    with DropWriter(folder, plan=plan) as writer:
        writer.write("communities", make_communities(city.places, plan))
        for number in range(plan.chunks):
            chunk = make_chunk(city, number)
            for name, table in chunk.tables.items():
                writer.write(name, table)
            truth.add(chunk.homes, chunk.needs, customers=chunk.customers)
            done += len(chunk.homes.index)
            on_progress(done, plan.households)
        truth.write(folder / "truth", places=city.places, plan=plan)
        writer.write_manifest()
        return WrittenDrop(folder=folder, drop_id=plan.drop_id, rows=dict(writer.rows))
