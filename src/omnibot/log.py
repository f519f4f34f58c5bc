"""Logs as events with fields, on the standard library's loggers: `log.warning("channel_stopped", channel=name)`.

`cli.logs` decides how they are written. What people wrote and secrets are never fields.
"""

import logging


class Log:
    """One module's log."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, **fields: object) -> None:
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, *, error: BaseException | None = None, **fields: object) -> None:
        """With the traceback of `error`."""
        self._write(logging.ERROR, event, fields, error)

    def exception(self, event: str, **fields: object) -> None:
        """With the traceback of the exception that is being handled."""
        self._write(logging.ERROR, event, fields, True)

    def _write(
        self, level: int, event: str, fields: dict[str, object], error: BaseException | bool | None = None
    ) -> None:
        if self._logger.isEnabledFor(level):
            # Without arguments the event is never formatted, so that a stray "%" does no harm.
            self._logger.log(level, event, exc_info=error, extra={"fields": fields})
