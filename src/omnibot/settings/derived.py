"""What the rest of omnibot reads of the settings: the policy that decisions follow, and how long what is kept."""

from datetime import timedelta

from omnibot.domain import retention as domain
from omnibot.domain.calendar import Calendar
from omnibot.domain.discretion import Discretion, Protects
from omnibot.domain.policy import Policy
from omnibot.domain.promise import PromiseKind
from omnibot.domain.rating import RatingPolicy
from omnibot.domain.surge.policy import SurgePolicy
from omnibot.domain.ticket import Priority
from omnibot.settings import hours
from omnibot.settings.hours import CalendarSettings
from omnibot.settings.sections import Settings

# Open minutes until a ticket of each priority is resolved, unless the operator says otherwise.
RESOLUTION_MINUTES = {
    Priority.URGENT: 8 * 60,
    Priority.HIGH: 24 * 60,
    Priority.NORMAL: 3 * 24 * 60,
    Priority.LOW: 5 * 24 * 60,
}


def policy(settings: Settings) -> Policy:
    """The part that decisions read, of settings that were checked."""
    service = settings.service
    named = calendars(settings)
    return Policy(
        answer_threshold=settings.faq.thresholds.answer,
        suggest_threshold=settings.faq.thresholds.suggest,
        answer_margin=settings.faq.thresholds.margin,
        team=service.team,
        calendar=own_calendar(settings),
        first_reply=timedelta(minutes=service.first_reply_minutes),
        next_reply=timedelta(minutes=service.next_reply_minutes),
        resolution={
            priority: timedelta(minutes=service.resolution_minutes.get(priority.value, minutes))
            for priority, minutes in RESOLUTION_MINUTES.items()
        },
        reopen_window=timedelta(days=service.reopen_days),
        close_after=timedelta(days=service.close_days),
        automatic_per_hour=service.automatic_per_hour,
        dealer={
            PromiseKind.DEALER_REPLY: timedelta(hours=service.dealer_reply_hours),
            PromiseKind.DEALER_PLAN: timedelta(days=service.dealer_plan_days),
            PromiseKind.DEALER_CLOSING: timedelta(days=service.dealer_closing_days),
        },
        tiers=hours.tiers(service.tiers),
        calendars=named,
        calendar_of=hours.calendars_of(service.promise_calendars, named),
        ladder=hours.ladder(service.escalation_minutes, service.acknowledged_minutes),
        report_photos=service.report_photos,
        discretion=Discretion(quiet=hours.quiet(service.quiet_hours), protects=Protects(service.protect)),
        rating=RatingPolicy(
            is_on=settings.rating.enabled,
            delay=timedelta(minutes=settings.rating.delay_minutes),
            every=timedelta(days=settings.rating.every_days),
            change_within=timedelta(hours=settings.rating.change_hours),
        ),
        surge=SurgePolicy(
            least=settings.surge.incident_least,
            window=timedelta(minutes=settings.surge.incident_minutes),
            call_back_from=timedelta(minutes=settings.surge.call_back_minutes),
        ),
        dated=hours.dated(service.policies),
    )


def retention(settings: Settings) -> domain.Retention:
    """How long what is kept for."""
    kept = settings.retention
    return domain.Retention(
        conversations=_kept(kept.conversation_days),
        raw=_kept(kept.raw_days),
        originals=_kept(kept.original_days),
        dead=_kept(kept.dead_days),
    )


def _kept(days: int) -> timedelta | None:
    return timedelta(days=days) if days else None


def own_calendar(settings: Settings) -> Calendar:
    """Business hours; without any, the service is always open. Raises ValueError in words."""
    service = settings.service
    own = CalendarSettings(
        hours=service.hours,
        holidays=service.holidays,
        holiday_country=service.holiday_country,
        special_days=service.special_days,
    )
    return hours.calendar(own, name="default", timezone=settings.server.timezone)


def calendars(settings: Settings) -> dict[str, Calendar]:
    """Those beside the team's own. Raises ValueError in words."""
    found = {}
    for name, written in settings.service.calendars.items():
        try:
            found[name] = hours.calendar(written, name=name, timezone=settings.server.timezone)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return found
