"""Schedule of a poller: the rule by which polls take no more than a share of a source's rate and of its time."""


def poll_interval(*, calls: int, seconds: float, per_minute: float, share: float, least: float) -> float:
    """
    Seconds between the starts of two polls, after one that took `calls` calls and `seconds`.

    On average polls then take `share` of the calls that the source allows in a minute (0: of any number), and of the
    time; and there are at least `least` seconds between them.

    >>> poll_interval(calls=8, seconds=2.0, per_minute=20, share=0.1, least=10)
    240.0
    >>> poll_interval(calls=8, seconds=2.0, per_minute=0, share=0.1, least=10)
    20.0
    """
    by_rate = calls * 60 / (per_minute * share) if per_minute > 0 else 0.0
    return max(least, by_rate, seconds / share)
