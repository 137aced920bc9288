"""A clock that stands until a test moves it."""


class Clock:
    """Seconds, as `time.monotonic` counts them."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self._seconds = 1000.0

    def __call__(self) -> float:
        """Now."""
        return self._seconds

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self._seconds += seconds
