"""Distances on the globe, as the crow flies."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
# The mean radius R1 of the Earth (IUGG; Moritz 2000, Journal of Geodesy 74, 128-133).
EARTH_KM = 6371.0088


def unit_vectors(latitudes: Numbers, longitudes: Numbers) -> Numbers:
    """Points on the unit sphere, shape (n, 3), of degrees, each of shape (n,)."""
    latitude, longitude = np.radians(latitudes), np.radians(longitudes)
    ground = np.cos(latitude)
    return np.stack(
        (ground * np.cos(longitude), ground * np.sin(longitude), np.sin(latitude)), axis=1
    )


def kilometres(ones: Numbers, others: Numbers) -> Numbers:
    """From each of n points to each of m, shape (n, m); both as unit vectors.

    The haversine formula (Sinnott 1984, Sky and Telescope 68, 159): half the chord between two
    points is the square root of their haversine, which stays exact for near ones.
    """
    haversines = (1 - ones @ others.T) / 2
    distances: Numbers = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(haversines, 0, 1)))
    return distances
