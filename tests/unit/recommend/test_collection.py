"""Which collection is read where no question names a model."""

from pathlib import Path

import pytest

from libs.errors import Unavailable
from libs.vectors.collections import Roles
from libs.vectors.opening import open_collections
from libs.vectors.settings import VectorSettings
from services.recommend.collection import active_collection
from tests.unit.recommend.stage import SPEC


def test_it_is_the_active_one_and_none_before_embed_has_made_it(tmp_path: Path) -> None:
    collections = open_collections(VectorSettings(path=tmp_path))
    with pytest.raises(Unavailable, match="embed makes it"):
        active_collection(collections)
    collections.index(SPEC)
    name = collections.name_of(SPEC)
    collections.assign(Roles(active=name))
    assert active_collection(collections) == (name, collections.index(SPEC))
    collections.close()
