"""Why a transaction must leave nothing: somebody else was quicker."""


class Unowned(Exception):
    """Another worker has given this event its outcome; our transaction must leave nothing."""


class MovedOn(Exception):
    """The conversation changed while we decided."""
