"""Every read of the API with arguments for it, so that what is proved of reads is proved of all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# 五四广场 in Qingdao, as a phone in China reports it (GCJ-02), and the tile that holds it.
HERE = {"lon": "120.384392", "lat": "36.062345", "datum": "gcj02"}
_TILE = {"z": "12", "x": "3417", "y": "1607"}
_NEED = {"category": "refrigerator"}
_DISTRICT = {"district": "370202"}


class ReadWithoutArgumentsError(Exception):
    """The API has reads that nobody gave arguments for here; a proof that leaves them out proves nothing."""

    def __init__(self, *, paths: frozenset[str]) -> None:
        """Keep the paths; the message beside them names the place to add them."""
        super().__init__(f"add to stack/read_routes.py: {', '.join(sorted(paths))}")
        self.paths = paths


@dataclass(frozen=True, slots=True)
class Read:
    """One read: its path as the description writes it, arguments of path and query, and a role that may ask.

    A path argument that only a running system knows, an id, is left out here and given to `fill`. One read tells
    whether the other side is alive (`tells_of_life`), and so cannot stay the same when that is stopped.
    """

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    role: str = "salesperson"
    tells_of_life: bool = False

    def fill(self, **known: str) -> str:
        """Return the path with its arguments. Raises KeyError for one that is known to nobody."""
        return self.path.format(**{**self.places, **known})


READS = (
    Read("/healthz"),
    Read("/readyz"),
    Read("/v1/me"),
    Read("/v1/catalog"),
    Read("/v1/districts", {"city_code": "370200"}),
    Read("/v1/yingxiaobao/communities", HERE | _NEED),
    Read("/v1/yingxiaobao/heatmap", HERE | _NEED | {"radius_m": "5000"}),
    Read("/v1/yingxiaobao/tiles/{z}/{x}/{y}.mvt", _NEED, _TILE),
    Read("/v1/yingxiaobao/territory"),
    Read("/v1/yingxiaobao/outcomes"),
    Read("/v1/yingxiaobao/broadcasts"),
    Read("/v1/yingxiaobao/broadcasts/{broadcast_id}"),
    Read("/v1/jiaohubao/invitations", role="planner"),
    Read("/v1/jiaohubao/invitations/{invitation_id}", role="planner"),
    Read("/v1/jiaohubao/conversations", role="planner"),
    Read("/v1/jiaohubao/conversations/{handle}/messages", role="planner"),
    Read("/v1/reviews", role="reviewer"),
    Read("/v1/operations", role="operator"),
    Read("/v1/operations/pump", role="operator", tells_of_life=True),
    Read("/v1/jiaohubao/active-users", _DISTRICT, role="planner"),
    Read("/v1/jiaohubao/pain-points", _DISTRICT | _NEED, role="planner"),
    Read("/v1/jiaohubao/pain-points.csv", _DISTRICT | _NEED, role="planner"),
    Read("/v1/jiaohubao/interests", _DISTRICT, role="planner"),
    Read("/v1/jiaohubao/interests.csv", _DISTRICT, role="planner"),
    Read("/v1/jiaohubao/life-circle", _DISTRICT, role="planner"),
    Read("/v1/jiaohubao/life-circle.csv", _DISTRICT, role="planner"),
    Read("/v1/jiaohubao/months", role="planner"),
)


def find_reads(description: Mapping[str, Any]) -> list[Read]:
    """Return every read that an OpenAPI description names, in its order. Raises ReadWithoutArgumentsError."""
    known = {read.path: read for read in READS}
    paths = [path for path, item in description["paths"].items() if "get" in item]
    if missing := frozenset(paths) - known.keys():
        raise ReadWithoutArgumentsError(paths=missing)
    return [known[path] for path in paths]
